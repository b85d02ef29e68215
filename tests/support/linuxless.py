"""A program for ``python -c``: what macOS has not is taken away, and then `main` is the program after it.

What is others' is imported before, and keeps what it has: psutil reads /proc, which ours is refused.
"""

WITHOUT_LINUX = """
import asyncio, os, platform, resource, select, signal, socket, sys, urllib.request
import aiohttp, aiohttp.web, apprise, msgspec, psutil, structlog

apprise.Apprise()
sys.modules |= {"uvloop": None, "dbus_fast": None}
sys.platform = "darwin"
psutil.LINUX, psutil.MACOS = False, True
for module, names in {
    os: ("pidfd_open", "P_PIDFD", "sched_getaffinity", "eventfd", "memfd_create", "setns", "splice"),
    select: ("epoll",),
    signal: ("pidfd_send_signal", "sigtimedwait"),
    socket: ("AF_NETLINK", "SO_PEERCRED", "SOCK_NONBLOCK", "SO_INCOMING_CPU", "TCP_USER_TIMEOUT"),
    resource: ("prlimit",),
}.items():
    for name in names:
        if hasattr(module, name):
            delattr(module, name)
OURS = {"fermatkit", "cloudserver", "sidecar", "loadgen"}

def refuse(event, arguments):
    if event in ("open", "os.scandir", "os.listdir") and str(arguments[0]).startswith(("/proc", "/sys")):
        frame = sys._getframe(1)
        while frame is not None:
            package = frame.f_globals.get("__name__", "").partition(".")[0]
            if package == "psutil":
                return
            if package in OURS:
                raise FileNotFoundError(2, "No such file or directory", arguments[0])
            frame = frame.f_back

sys.addaudithook(refuse)
"""
