"""Keys that providers and we sign with, found by id, so that an old and a new one can overlap."""

import base64
import hashlib
import hmac
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_private_key, load_pem_public_key

from services.orders.outside import Forged

TOLERANCE_SECONDS = 300
"""How far a callback's time may be from ours, to either side (OWASP ASVS 4.1.5)."""

_SHORTEST = 2048
_LONGEST_STAMP = 12
_PEM = re.compile(
    r"(?:^[ \t]*(?P<id>[\w.:-]+)[ \t]*\r?\n)?"
    r"(?P<pem>-----BEGIN PUBLIC KEY-----[^-]+-----END PUBLIC KEY-----)",
    re.MULTILINE,
)


class PublicKeys:
    """The RSA keys that a provider signs with, by id."""

    def __init__(self, keys: Mapping[str, RSAPublicKey]) -> None:
        self._keys = keys

    @classmethod
    def read(cls, text: str) -> "PublicKeys":
        """Read public keys in PEM, each under a line that is its id, if keys have ids.

        Raises ValueError, with a sentence that repeats nothing of the text.
        """
        keys: dict[str, RSAPublicKey] = {}
        for found in _PEM.finditer(text):
            try:
                key = load_pem_public_key(found["pem"].encode())
            except ValueError:
                raise ValueError("a key in it cannot be read") from None
            if not isinstance(key, RSAPublicKey) or key.key_size < _SHORTEST:
                raise ValueError(f"keys are RSA, of {_SHORTEST} bits or more")
            keys[found["id"] or f"#{len(keys) + 1}"] = key
        if not keys:
            raise ValueError("it should be public keys in PEM, each under a line with its id")
        return cls(keys)

    def verify(self, id: str | None, signature: str, content: bytes) -> None:
        """See that *content* was signed (RSASSA-PKCS1-v1_5, SHA-256). Raises Forged.

        Args:
            id: Which key; None where the provider names none, then any will do.
            signature: In base64, as it is written canonically: no other text is the same signature.
            content: What was signed.
        """
        raw = unbase64(signature)
        named = self._keys.values() if id is None else filter(None, [self._keys.get(id)])
        if not any(_fits(key, raw, content) for key in named):
            raise Forged("the signature does not fit")


class PrivateKey:
    """The RSA key that we sign with, and the id it is known by."""

    def __init__(self, pem: str, id: str = "") -> None:
        """Read a private key in PEM. Raises ValueError, repeating nothing of it."""
        try:
            key = load_pem_private_key(pem.encode(), password=None)
        except (ValueError, TypeError):
            raise ValueError("it should be a private key in PEM, without a password") from None
        if not isinstance(key, RSAPrivateKey) or key.key_size < _SHORTEST:
            raise ValueError(f"it should be an RSA key of {_SHORTEST} bits or more")
        self.id, self._key = id, key

    def sign(self, content: bytes) -> str:
        """Sign (RSASSA-PKCS1-v1_5, SHA-256); in base64."""
        return base64.b64encode(self._key.sign(content, PKCS1v15(), SHA256())).decode()


class Secrets:
    """Secrets shared with a provider, by the beginning of their SHA-256."""

    def __init__(self, secrets: Sequence[str]) -> None:
        self._secrets = {secret_id(secret): secret.encode() for secret in secrets}

    def verify(self, id: str | None, signature: str, content: bytes) -> None:
        """See that *content* was signed (HMAC, SHA-256, hexadecimal). Raises Forged."""
        named = self._secrets.values() if id is None else filter(None, [self._secrets.get(id)])
        for secret in named:
            expected = hmac.new(secret, content, hashlib.sha256).hexdigest()
            if hmac.compare_digest(expected.encode(), signature.encode()):
                return
        raise Forged("the signature does not fit")


def secret_id(secret: str) -> str:
    """What a shared secret is called where it must not be shown."""
    return hashlib.sha256(secret.encode()).hexdigest()[:8]


def unbase64(text: str) -> bytes:
    """Decode base64 in its one canonical form (RFC 4648 §3.5). Raises Forged."""
    try:
        raw = base64.b64decode(text.encode(), validate=True)
    except ValueError:
        raise Forged("it is no base64") from None
    if base64.b64encode(raw).decode() != text:
        raise Forged("it is no canonical base64")
    return raw


def at(stamp: str) -> datetime:
    """Read seconds since 1970 in decimal digits. Raises Forged."""
    if not (stamp.isascii() and stamp.isdecimal() and len(stamp) <= _LONGEST_STAMP):
        raise Forged("it has no time")
    try:
        return datetime.fromtimestamp(int(stamp), UTC)
    except (ValueError, OverflowError, OSError):
        raise Forged("it has no time") from None


def check_sandbox(
    keys: PublicKeys | Secrets, headers: Mapping[str, str], body: bytes, now: datetime
) -> str:
    """See that the sandbox signed *body*, over time, nonce and raw body, and just now; the nonce.

    Raises Forged.
    """
    stamp, nonce = headers.get("x-sandbox-timestamp", ""), headers.get("x-sandbox-nonce", "")
    signature = headers.get("x-sandbox-signature", "")
    keys.verify(headers.get("x-sandbox-key-id"), signature, f"{stamp}.{nonce}.".encode() + body)
    check_fresh(at(stamp), now)
    return nonce


def check_fresh(sent: datetime, now: datetime) -> None:
    """See that what is heard *now* was sent just now. Raises Forged."""
    if abs((now - sent).total_seconds()) > TOLERANCE_SECONDS:
        raise Forged("it is too old, or from the future")


def _fits(key: RSAPublicKey, signature: bytes, content: bytes) -> bool:
    try:
        key.verify(signature, content, PKCS1v15(), SHA256())
    except InvalidSignature:
        return False
    return True
