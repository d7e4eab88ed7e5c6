"""The vault: seals and opens who somebody is, or where. Its keys are here and nowhere else.

Each record has an AES-256-GCM key of its own (NIST SP 800-38D), wrapped by one of the
key-encryption keys; both ciphertexts are bound to the record's token, nonces are random. Tokens and
tags are HMAC-SHA256 (RFC 2104) under a further key: without it nobody can try out ID numbers, of
which there are few enough to try them all.
"""

import hashlib
import hmac
import re
from base64 import b32encode, b64decode
from collections.abc import Mapping
from os import urandom

import orjson
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from services.orders.border.documents import Consignee
from services.orders.people.identity import Identity
from services.orders.people.sealed import Sealed
from shared.events.ids import ConsigneeToken, PersonToken

VERSION = 1
KEY_BYTES = 32

_NONCE_BYTES = 12
_PLAIN_BYTES = {"person": 256, "consignee": 1280}
"""What every record of a kind is filled up to, so that no length tells of a name."""
_TOKEN_BYTES = 20

_KEY_ID = re.compile(r"[a-z0-9][a-z0-9-]{0,31}")


class Unopenable(Exception):
    """A record cannot be opened: another key, another person's, or not what was sealed.

    It never says which; that would help whoever tries.
    """

    def __init__(self) -> None:
        super().__init__("a sealed record cannot be opened")


class Vault:
    """Seals under the first of its key-encryption keys, opens what any of them wraps."""

    def __init__(self, keys: Mapping[str, bytes], index_key: bytes) -> None:
        """Take the key-encryption keys by id, the one in force first, and the key of tokens.

        Raises ValueError without a key, or if *index_key* is one of the others.
        """
        if not keys:
            raise ValueError("a vault has at least one key")
        if index_key in keys.values():
            raise ValueError("the index key wraps nothing")
        self._wrapping = {key_id: AESGCM(key) for key_id, key in keys.items()}
        self._index_key = index_key
        self.key_id = next(iter(keys))
        """The key in force."""

    @property
    def retired(self) -> list[str]:
        """The keys that only open."""
        return [key_id for key_id in self._wrapping if key_id != self.key_id]

    def token(self, id_number: str) -> PersonToken:
        """The token of whoever has that number, as `Identity` holds it; always the same."""
        digest = self._digest("person-token", id_number)[:_TOKEN_BYTES]
        return f"person-{b32encode(digest).decode().lower()}"

    def fingerprint(self, *asked: str) -> str:
        """A keyed digest of what was asked, in place of one that anybody could recompute."""
        return self._digest("fingerprint", *asked)[:16].hex()

    def consignee_token(self, cause: str) -> ConsigneeToken:
        """A token for whom a wish names: as good as random, but one when the wish is repeated."""
        digest = self._digest("consignee-token", cause)[:_TOKEN_BYTES]
        return f"consignee-{b32encode(digest).decode().lower()}"

    def seal(self, identity: Identity) -> Sealed:
        """Seal an identity under the token of its number."""
        tag = self._digest("person-tag", identity.id_number, identity.name)
        plain = {"name": identity.name, "id_number": identity.id_number}
        return self._seal(self.token(identity.id_number), plain, tag)

    def open(self, token: PersonToken, sealed: Sealed) -> Identity:
        """Who the person called *token* is. Raises Unopenable."""
        plain = self._open(token, sealed)
        try:
            return Identity(**plain)
        except TypeError:
            raise Unopenable from None

    def seal_consignee(self, token: ConsigneeToken, consignee: Consignee) -> Sealed:
        """Seal who receives parcels under their token; no tag tells two tokens' addresses alike."""
        name, phone, address = consignee.name, consignee.phone, consignee.address
        tag = self._digest("consignee-tag", token, name, phone, address)
        return self._seal(token, {"name": name, "phone": phone, "address": address}, tag)

    def open_consignee(self, token: ConsigneeToken, sealed: Sealed) -> Consignee:
        """Who receives what is sent to *token*, and where. Raises Unopenable."""
        plain = self._open(token, sealed)
        try:
            return Consignee(**plain)
        except TypeError:
            raise Unopenable from None

    def _seal(self, token: str, plain: Mapping[str, str], tag: bytes) -> Sealed:
        data_key = AESGCM.generate_key(KEY_BYTES * 8)
        filled = orjson.dumps(plain).ljust(_PLAIN_BYTES[_kind(token)])
        return Sealed(
            version=VERSION,
            key_id=self.key_id,
            wrapped=self._wrap(token, data_key),
            ciphertext=_encrypt(AESGCM(data_key), filled, _data_of(token)),
            tag=tag[:16].hex(),
        )

    def _open(self, token: str, sealed: Sealed) -> dict[str, str]:
        data_key = self._unwrap(token, sealed)
        try:
            return orjson.loads(_decrypt(AESGCM(data_key), sealed.ciphertext, _data_of(token)))
        except (InvalidTag, ValueError):
            raise Unopenable from None

    def rewrap(self, token: str, sealed: Sealed) -> Sealed:
        """Wrap the key of a record by the key in force; what it seals stays. Raises Unopenable."""
        return Sealed(
            version=sealed.version,
            key_id=self.key_id,
            wrapped=self._wrap(token, self._unwrap(token, sealed)),
            ciphertext=sealed.ciphertext,
            tag=sealed.tag,
        )

    def _wrap(self, token: str, data_key: bytes) -> bytes:
        return _encrypt(self._wrapping[self.key_id], data_key, _key_of(token, self.key_id))

    def _unwrap(self, token: str, sealed: Sealed) -> bytes:
        key = self._wrapping.get(sealed.key_id)
        if key is None or sealed.version != VERSION:
            raise Unopenable
        try:
            return _decrypt(key, sealed.wrapped, _key_of(token, sealed.key_id))
        except (InvalidTag, ValueError):
            raise Unopenable from None

    def _digest(self, purpose: str, *parts: str) -> bytes:
        """Nothing that is digested has a NUL in it, so no two lists of parts read alike."""
        said = "\0".join((f"feira/{purpose}/1", *parts)).encode()
        return hmac.new(self._index_key, said, hashlib.sha256).digest()


def read_keys(told: str) -> dict[str, bytes]:
    """Key-encryption keys as `id:base64[,id:base64…]`. Raises ValueError without repeating them."""
    keys: dict[str, bytes] = {}
    for each in told.split(","):
        key_id, colon, key = each.strip().partition(":")
        if not colon or not _KEY_ID.fullmatch(key_id) or key_id in keys:
            raise ValueError("it should look like id:key,id:key, each id once")
        keys[key_id] = read_key(key)
    return keys


def read_key(told: str) -> bytes:
    """A key of 32 bytes in base64 (RFC 4648), plain or for URLs, padded or not.

    Raises ValueError without repeating it.
    """
    text = told.strip().rstrip("=").replace("-", "+").replace("_", "/")
    try:
        key = b64decode(text + "=" * (-len(text) % 4), validate=True)
    except ValueError:
        key = b""
    if len(key) != KEY_BYTES:
        raise ValueError(f"a key should be {KEY_BYTES} bytes in base64")
    return key


def _encrypt(key: AESGCM, plain: bytes, bound_to: bytes) -> bytes:
    nonce = urandom(_NONCE_BYTES)
    return nonce + key.encrypt(nonce, plain, bound_to)


def _decrypt(key: AESGCM, ciphertext: bytes, bound_to: bytes) -> bytes:
    return key.decrypt(ciphertext[:_NONCE_BYTES], ciphertext[_NONCE_BYTES:], bound_to)


def _kind(token: str) -> str:
    """Whether a token is a person's or a consignee's, as it begins."""
    return token.partition("-")[0]


def _data_of(token: str) -> bytes:
    return f"feira/{_kind(token)}/{VERSION}/{token}".encode()


def _key_of(token: str, key_id: str) -> bytes:
    return f"feira/{_kind(token)}-key/{VERSION}/{key_id}/{token}".encode()
