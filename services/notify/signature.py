"""Signing webhooks as Standard Webhooks has it: HMAC-SHA256 over id, time and body."""

import hmac
from base64 import b64decode, b64encode
from collections.abc import Iterable
from hashlib import sha256
from secrets import token_bytes

PREFIX = "whsec_"
_BYTES = 32


def new_secret() -> str:
    """Make a secret nobody can guess."""
    return PREFIX + b64encode(token_bytes(_BYTES)).decode()


def signature(secrets: Iterable[str], id: str, timestamp: int, body: bytes) -> str:
    """The value of `webhook-signature`: one signature per secret, blanks between."""
    signed = b"%s.%d.%s" % (id.encode(), timestamp, body)
    return " ".join(f"v1,{_sign(secret, signed)}" for secret in secrets)


def _sign(secret: str, signed: bytes) -> str:
    key = b64decode(secret.removeprefix(PREFIX))
    return b64encode(hmac.digest(key, signed, sha256)).decode()
