"""How callbacks are signed: with a secret the merchant shares, or with a key only we have."""

import base64
import hashlib
import hmac
import secrets
import time

from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_pem_private_key,
)

from deploy.sandbox.payments import Signature

BITS = 2048
LONG_AGO = 3600
"""How old, in seconds, a notification says it is when it is to look old."""


class Signer:
    """Signs `timestamp.nonce.body`; a resend is the same body under a new moment and nonce."""

    def __init__(self, secret: str, private_key: str = "") -> None:
        """Sign with *secret*, or with an RSA key: the one given in PEM, or one made now.

        Raises:
            ValueError: The key given is no RSA key.
        """
        self._secret = secret.encode()
        self._key = _read(private_key) if private_key else generate_private_key(65537, BITS)
        written = self._key.public_key().public_bytes(
            Encoding.DER, PublicFormat.SubjectPublicKeyInfo
        )
        self._key_id = hashlib.sha256(written).hexdigest()[:16]
        self._secret_id = hashlib.sha256(self._secret).hexdigest()[:8]

    def public_keys(self) -> str:
        """Our public keys in PEM, each under a line with its id."""
        pem = self._key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
        return f"{self._key_id}\n{pem.decode()}"

    def headers(self, body: bytes, how: Signature, *, age: int = 0) -> dict[str, str]:
        """Sign *body* as of *age* seconds ago."""
        timestamp, nonce = str(int(time.time()) - age), secrets.token_hex(16)
        content = f"{timestamp}.{nonce}.".encode() + body
        if how == "rsa-sha256":
            key_id = self._key_id
            raw = self._key.sign(content, PKCS1v15(), SHA256())
            signature = base64.b64encode(raw).decode()
        else:
            key_id = self._secret_id
            signature = hmac.digest(self._secret, content, hashlib.sha256).hex()
        return {
            "X-Sandbox-Timestamp": timestamp,
            "X-Sandbox-Nonce": nonce,
            "X-Sandbox-Key-Id": key_id,
            "X-Sandbox-Signature": signature,
        }


def _read(pem: str) -> RSAPrivateKey:
    try:
        key = load_pem_private_key(pem.encode(), None)
    except (ValueError, TypeError):
        key = None
    if not isinstance(key, RSAPrivateKey):
        raise ValueError("it is no RSA private key in PEM")  # noqa: TRY004 - the text is at fault
    return key
