"""Who may see the administration."""

from __future__ import annotations

import time

import jwt
import pytest

from cloudserver.standin.tokens import Tokens, Unauthorized

KEY = 32 * "ab"


def test_a_token_names_its_user_and_the_documented_claims():
    token = Tokens(KEY).issue("fermat")
    assert Tokens(KEY).user(f"Bearer {token}") == "fermat"
    claims = jwt.decode(token, KEY, ["HS256"])
    assert claims["iss"] == "/fermat/api/monitoring/"
    assert claims["exp"] - claims["iat"] == 1800


@pytest.mark.parametrize("header", [None, "", "Basic abc", "bearer x"])
def test_no_token(header: str | None):
    with pytest.raises(Unauthorized):
        Tokens(KEY).user(header)


def test_another_process_signs_with_another_key():
    with pytest.raises(Unauthorized):
        Tokens(32 * "cd").user("Bearer " + Tokens(KEY).issue("fermat"))


def test_malformed_and_expired_tokens_break_the_filter():
    old = jwt.encode({"sub": "fermat", "exp": int(time.time()) - 1}, KEY, "HS256")
    for token in ("nodots", "a.b.c", old):
        with pytest.raises(ValueError, match=r"\w"):
            Tokens(KEY).user(f"Bearer {token}")
