"""Requests that nobody should make: whole ones with anything in them, and broken ones."""

from __future__ import annotations

from random import Random

CANARY = "c4n4ry-never-logged"
_METHODS = (
    "GET",
    "GET",
    "GET",
    "HEAD",
    "POST",
    "POST",
    "POST",
    "PUT",
    "DELETE",
    "OPTIONS",
    "TRACE",
    "get",
    "F-O",
)
_PATHS = (
    *("/", "/health", "/livez", "/readyz", "/page.js", "/api/v1/state", "/api/v1/pause", "/api/v1/ack"),
    *(
        "/metrics",
        "/monit/",
        "/api/v1/samples",
        "/api/v1/samples?since=1e999&points=-1",
        "/api/v1/incidents?limit=x",
    ),
    *(
        "/api/v1/silence",
        "/api/v1/incidents",
        "/api/v1/events/",
        "/api/v1/",
        "/api",
        "/other",
        "//evil.example",
    ),
    *(
        "/../../etc/passwd",
        "/%2e%2e/%2e%2e/etc/passwd",
        "/health%00",
        "/%ff%fe",
        "/api/v1/%C3%A9",
        "/;a=b",
        "*",
    ),
    *("http://evil.example/health", "https://localhost/", f"/{CANARY}", "/a b", "/\u00e9", "/[", "/?", "/#x"),
)
_HOSTS = (
    *("localhost",) * 12,
    *("127.0.0.1:1", "[::1]", "evil.example", "", "[", "a b", "\u00e9", "localhost:99999"),
)
_ORIGINS = ("http://evil.example", "null", "http://localhost", "", "://", f"http://{CANARY}")
_HEADERS = (
    *(
        "Range: bytes=0-1",
        "If-None-Match: *",
        'If-None-Match: "',
        "Cookie: a=b",
        "Accept: a/b;q=x",
        "X: \x7f",
    ),
    *(
        "Accept-Encoding: gzip",
        "Content-Type: application/json",
        "Content-Type: text/plain",
        "Content-Type: ;",
    ),
    *(
        "Sec-Fetch-Site: cross-site",
        "Sec-Fetch-Site: same-site",
        "If-Modified-Since: yesterday",
        "Upgrade: h2c",
    ),
    *(
        f"Authorization: Bearer {CANARY}",
        f"Authorization: Basic {CANARY}",
        "Authorization: ",
        "Expect: miracles",
    ),
    *(
        "Authorization: Bearer \u00e9\udcff",
        "X-Forwarded-For: 10.0.0.1",
        "Content-Encoding: deflate",
        "Via: 1",
    ),
)
_BODIES = (
    *(b"", b"{}", b"[]", b"null", b'{"seconds": 1e400}', b'{"number": 99999999999999999999}', b"{" * 900),
    *(b'{"seconds": 0, "why": "' + CANARY.encode() + b'"}', b'"\xff"', b"\x00", b"x" * 5000, b"[" * 3000),
)
_BROKEN = (
    *(
        b"\x16\x03\x01\x02\x00\x01",
        b"nonsense\r\n\r\n",
        b"GET\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        b"\r\n" * 50,
    ),
    *(
        b"GET / HTTP/1.1\r\nHost localhost\r\n\r\n",
        b"GET / HTTP/1.1\r\n Host: x\r\n\r\n",
        b"GET  /  HTTP/1.1\r\n\r\n",
    ),
    *(
        b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
        b"GET /\x00 HTTP/1.1\r\n\r\n",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    ),
    *(
        b"POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
        b"POST / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
    ),
    b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\nabc",
    b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n\r\n",
    b"CONNECT evil.example:80 HTTP/1.1\r\nHost: evil.example\r\n\r\n" + CANARY.encode(),
    b"GET /health HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n"
    + b"\xff" * 99,
    b"GET / HTTP/1.1\r\n" + b"A: b\r\n" * 200 + b"\r\n",
    b"GET /" + b"x" * 5000 + b" HTTP/1.1\r\n\r\n",
)


def whole(chance: Random, token: str) -> bytes:
    """A request that is one by its form, and is answered; the token is sometimes shown."""
    path = chance.choice(_PATHS)
    if chance.random() < 0.3:
        path += "?" + "".join(chance.choice("ab=&%;+\u00e9[]{}0") for _ in range(chance.randrange(200)))
    headers = chance.sample(_HEADERS, chance.choice((0, 0, 1, 1, 2, 5)))
    if chance.random() < 0.3:
        headers += [f"Authorization: Bearer {token}", "Content-Type: application/json"]
    if chance.random() < 0.95:
        headers.append(f"Host: {chance.choice(_HOSTS)}")
    if chance.random() < 0.1:
        headers.append(f"Origin: {chance.choice(_ORIGINS)}")
    method = chance.choice(_METHODS)
    body = chance.choice(_BODIES) if method in ("POST", "PUT") else b""
    lines = (f"{method} {path} HTTP/1.1", *headers, f"Content-Length: {len(body)}")
    return "\r\n".join(lines).encode(errors="surrogateescape") + b"\r\n\r\n" + body


def broken(chance: Random) -> bytes:
    """One that is none; or any bytes."""
    return chance.choice(_BROKEN) if chance.random() < 0.8 else chance.randbytes(chance.randrange(400))
