"""What the server logs at each event: the words are ours, number and size of the lines the real server's.

Bytes for each sink: connect, handshake and registration 2,356; list 923, over HTTP 519; clean close 1,236;
a poll without a token ~70 lines (real-cloud-server.md §2); a network service or an actor 1,310 (12 lines,
~22 kB a phone); a VPN's end 6 to 10 lines, a message through it 2 (cloud-server.md H8).
"""

from __future__ import annotations

from itertools import cycle, islice

from cloudserver.standin.clients import Connection

_ENDPOINT = "WebSocketCloudServerChannel     - "
_CLIENT = "ClientConnection     - "
_REGISTRATION = "ComponentRegistrationProcessor     - "
_LIST = "RequestListProcessor     - "
_CACHE = "MemoryCache     - "
_SERVER = "WebSocketCommunicationServer     - "
_VPN = "WebSocketVpnServerChannel     - "
_HTTP = "ComponentRegistered     - "
_RULE = "-" * 40
_FRAMES = (
    "org.eclipse.jetty.server.handler.ContextHandler.doHandle(ContextHandler.java:1340)",
    "org.eclipse.jetty.servlet.ServletHandler.doScope(ServletHandler.java:473)",
    "org.eclipse.jetty.server.handler.HandlerWrapper.handle(HandlerWrapper.java:132)",
    "org.eclipse.jetty.server.Server.handle(Server.java:501)",
    "org.eclipse.jetty.server.HttpChannel.handle(HttpChannel.java:383)",
    "org.eclipse.jetty.util.thread.QueuedThreadPool.runJob(QueuedThreadPool.java:806)",
    "java.base/java.lang.Thread.run(Thread.java:840)",
)


def started(uri: str) -> list[str]:
    """Say that it serves: `Server URI` stands in the log once per start."""
    return [f"{_SERVER}Server is running", f"{_SERVER}Server URI = {uri}"]


def trace(error: str, depth: int = 7) -> str:
    """Make a Java stack trace of `depth` frames under an error such as ``java.net.BindException: …``."""
    return "\n".join([error, *(f"\tat {frame}" for frame in islice(cycle(_FRAMES), depth))])


def failed(error: str, depth: int = 7) -> list[str]:
    """An exception while the server was at work."""
    return [f"{_ENDPOINT}Exception\n{trace(error, depth)}"]


def unauthorized() -> list[str]:
    """A request without a token: two traces."""
    return 2 * failed("javax.ws.rs.NotAuthorizedException: HTTP 401 Unauthorized", depth=33)


def connected(connection: Connection) -> list[str]:
    """A handshake."""
    return [
        f"{_ENDPOINT}{_RULE}",
        f"{_ENDPOINT}New connection on the main endpoint",
        f"{_CLIENT}temporary identity = {connection.temporary}",
        f"{_CLIENT}server identity = {connection.server_key}",
        f"{_ENDPOINT}Handshake sent",
    ]


def registered_client(connection: Connection, answer: str) -> list[str]:
    """A cloud client's registration, answered by a packet of type `answer`."""
    return [
        *_received(connection.temporary, "COMPONENT_REGISTRATION_REQUEST"),
        f"{_REGISTRATION}Processing packet",
        f"{_REGISTRATION}component type = COMMUNICATION_CLOUD_CLIENT",
        f"{_REGISTRATION}network service type = UNDEFINED",
        f"{_REGISTRATION}identity = {connection.key}",
        f"{_CACHE}Client leaves the pending connections",
        f"{_CACHE}Client joins the registered connections = {connection.key}",
        f"{_CACHE}Total of registered connections has changed",
        f"{_REGISTRATION}Answer = {answer}",
        f"{_CLIENT}Send to {connection.temporary}",
        f"{_REGISTRATION}Done",
    ]


def registered_component(connection: Connection, kind: str) -> list[str]:
    """A network service's or an actor's registration."""
    return [
        *_received(connection.key, "COMPONENT_REGISTRATION_REQUEST"),
        f"{_REGISTRATION}Processing packet",
        f"{_REGISTRATION}component type = {kind}",
        f"{_CACHE}Component of {connection.key}",
        f"{_CACHE}Component added",
        f"{_REGISTRATION}Answer = COMPLETE_COMPONENT_REGISTRATION",
        f"{_CLIENT}Send to {connection.key}",
        f"{_CLIENT}Sent",
        f"{_REGISTRATION}Done",
    ]


def listed(connection: Connection, found: int) -> list[str]:
    """A list request on the WebSocket."""
    return [
        *_received(connection.key, "REQUEST_LIST_COMPONENT_REGISTERED"),
        f"{_LIST}Processing packet",
        f"{_LIST}{found} components found, filtered and written as JSON",
        f"{_CLIENT}Send to {connection.key}",
        f"{_LIST}Done",
    ]


def listed_over_http(requester: str, found: int) -> list[str]:
    """A list request over HTTP."""
    return [
        f"{_HTTP}{_RULE}",
        f"{_HTTP}Request for the list of components",
        f"{_HTTP}requester = {requester}",
        f"{_HTTP}{found} components found and filtered",
        f"{_HTTP}Done",
    ]


def invited(connection: Connection, kind: str) -> list[str]:
    """A request for a VPN, which is offered to both."""
    return [
        *_received(connection.key, kind),
        f"{_VPN}Processing packet",
        f"{_VPN}Answer = COMPONENT_CONNECTION_RESPOND, to both",
        f"{_VPN}Done",
    ]


def vpn_opened(own: str, remote: str, service: str, client_key: str) -> list[str]:
    """One end of a VPN."""
    return [
        f"{_VPN}{_RULE}",
        f"{_VPN}New connection on the VPN endpoint",
        f"{_VPN}network service type = {service}",
        f"{_VPN}client identity = {client_key}",
        f"{_VPN}participant = {own}",
        f"{_VPN}remote participant = {remote}",
        f"{_VPN}Registered",
        f"{_VPN}Done",
    ]


def vpn_message(sender: str) -> list[str]:
    """A message through the relay."""
    return [f"{_VPN}{_RULE}", f"{_VPN}New message from {sender}"]


def vpn_closed(own: str, code: int) -> list[str]:
    """The end of one end of a VPN; how much the real server logs here is not known."""
    return [f"{_VPN}{_RULE}", f"{_VPN}Connection closed, code = {code}", f"{_VPN}participant = {own}"]


def closed(connection: Connection, code: int, removed: int) -> list[str]:
    """The end of a connection, with its clean-up."""
    return [
        f"{_ENDPOINT}{_RULE}",
        f"{_ENDPOINT}Connection closed",
        f"{_ENDPOINT}code = {code}",
        f"{_ENDPOINT}identity = {connection.key}",
        f"{_CACHE}Clean up everything of {connection.key}",
        f"{_CACHE}Removing from pending connections",
        f"{_CACHE}Removing from registered connections",
        f"{_CACHE}Removing network services",
        f"{_CACHE}Removing other components",
        f"{_CACHE}{removed} profiles removed of {connection.key}",
        f"{_CACHE}Done",
        f"{_ENDPOINT}End",
    ]


def note(text: str) -> list[str]:
    """Anything else the endpoint mentions in a line."""
    return [_ENDPOINT + text]


def _received(sender: str | None, kind: str) -> list[str]:
    """How what follows from a packet begins."""
    return [
        f"{_ENDPOINT}{_RULE}",
        f"{_ENDPOINT}New message received",
        f"{_ENDPOINT}sender = {sender}",
        f"{_ENDPOINT}type = {kind}",
    ]
