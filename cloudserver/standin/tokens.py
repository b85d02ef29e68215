"""Login tokens: JWT, HS256, half an hour, with a key that dies with the process (cloud-server.md §2.3)."""

from __future__ import annotations

import time

import jwt

LIFE_SECONDS = 1800
_ISSUER = "/fermat/api/monitoring/"
_ALGORITHM = "HS256"
_BEARER = "Bearer "


class Unauthorized(Exception):
    """No token, or one that was signed with another key."""


class Tokens:
    """Issues tokens and reads them back; `key` is hex text, whose ASCII bytes are the HMAC key."""

    def __init__(self, key: str) -> None:
        self._key = key

    def issue(self, user: str) -> str:
        """Make a token for `user`, good for `LIFE_SECONDS`."""
        now = int(time.time())
        claims = {"sub": user, "iat": now, "exp": now + LIFE_SECONDS, "iss": _ISSUER}
        return jwt.encode(claims, self._key, _ALGORITHM)

    def user(self, authorization: str | None) -> str:
        """Whose token this header bears. `Unauthorized`, or ValueError where the real filter breaks down."""
        if authorization is None or not authorization.startswith(_BEARER):
            raise Unauthorized
        try:
            claims = jwt.decode(authorization.removeprefix(_BEARER), self._key, [_ALGORITHM])
        except jwt.InvalidSignatureError:
            raise Unauthorized from None
        except jwt.InvalidTokenError as error:
            raise ValueError(str(error)) from None
        return str(claims.get("sub", ""))
