"""Sealed records: what the vault makes of somebody's data, and all that is kept of it."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Sealed:
    """A record as the vault keeps it.

    Attributes:
        version: How it was sealed.
        key_id: Which key-encryption key wraps the record's own key.
        wrapped: That key, encrypted.
        ciphertext: What is sealed, encrypted under it.
        tag: A keyed digest of what is sealed: two records of one token with the same one hold the
            same.
    """

    version: int
    key_id: str
    wrapped: bytes = field(repr=False)
    ciphertext: bytes = field(repr=False)
    tag: str = field(repr=False)
