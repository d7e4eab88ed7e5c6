"""Canaries: words that must be nowhere, looked for wherever a service leaves anything.

    since = Mark.now(mongo)
    canaries = Canaries(name, id_number)
    ... let the system do all it does with them ...
    assert canaries.in_database(mongo["orders"]) == []
    assert canaries.in_oplog(mongo, since) == []
    assert await canaries.in_topics(kafka, since) == []
    assert await canaries.in_mail(sandbox) == []
    assert canaries.in_text("log", captured) == []

Each answer is a list of sightings, "where: form", never with the word itself. Every sweep fails if
it looked at nothing, for then it would prove nothing.
"""

import base64
import hashlib
import json
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from typing import Any, NamedTuple, Self
from urllib.parse import quote

import httpx
import orjson
from bson import Timestamp
from bson.codec_options import CodecOptions
from bson.raw_bson import RawBSONDocument
from pymongo import MongoClient
from pymongo.collection import Collection
from pymongo.database import Database

from tests.support.reading import every_record

_ENCODINGS = ("utf-8", "utf-16-le", "utf-16-be", "gb18030")
_DIGESTS = ("md5", "sha1", "sha224", "sha256", "sha384", "sha512", "blake2s", "blake2b")
_SHORTEST = 6
_LARGEST_INT64 = (1 << 63) - 1


class Mark(NamedTuple):
    """A moment before which nobody knew the words: what is older need not be looked at."""

    at: datetime
    entry: Timestamp
    databases: frozenset[str]

    @classmethod
    def now(cls, mongo: MongoClient[dict[str, Any]]) -> Self:
        """This moment, by the clock of MongoDB and its log."""
        said = mongo.admin.command("hello")
        names = frozenset(mongo.list_database_names())
        return cls(said["localTime"].replace(tzinfo=UTC), said["lastWrite"]["opTime"]["ts"], names)


class Canaries:
    """Some words, in every form in which they might have been written down."""

    def __init__(self, *words: str, verbatim: Iterable[str] = ()) -> None:
        """Look for *words* in all forms, and for others (digests of them, say) letter for letter.

        Words of less than six bytes would be found by chance.
        """
        verbatim = list(verbatim)
        every = [*words, *verbatim]
        shortest = min(len(word.encode(how)) for word in every for how in _ENCODINGS)
        if shortest < _SHORTEST:
            raise ValueError("a canary takes at least six bytes, or chance finds it")
        self._needles: dict[bytes, str] = {}
        for number, word in enumerate(words, 1):
            for form, needle in _forms(word):
                self._needles.setdefault(needle, f"word {number} as {form}")
        for number, word in enumerate(verbatim, 1):
            self._needles.setdefault(word.encode(), f"verbatim {number}")

    def seen(self, where: str, data: bytes) -> list[str]:
        """The forms in which *data*, found at *where*, has one of the words."""
        return [f"{where}: {form}" for needle, form in self._needles.items() if needle in data]

    def in_text(self, where: str, text: str | bytes) -> list[str]:
        """What a text has of them: a log, an answer, a page."""
        data = text.encode(errors="surrogatepass") if isinstance(text, str) else text
        assert data, f"{where} is empty: nothing was looked at"
        return self.seen(where, data)

    def in_collection(
        self, collection: Collection[dict[str, Any]], asked: dict[str, Any] | None = None
    ) -> list[str]:
        """What the documents of a collection have of them, byte for byte as MongoDB keeps them."""
        raw = collection.with_options(CodecOptions(document_class=RawBSONDocument))
        name = collection.full_name
        return [
            sighting
            for number, document in enumerate(raw.find(asked or {}))
            for sighting in self.seen(f"{name}, document {number}", bytes(document.raw))
        ]

    def in_database(self, database: Database[dict[str, Any]]) -> list[str]:
        """What all collections of a database have of them, their names included."""
        names = database.list_collection_names()
        assert names, f"{database.name} has no collections: nothing was looked at"
        sightings = self.seen(f"{database.name}, names", "\n".join(names).encode())
        for name in names:
            sightings += self.in_collection(database[name])
        return sightings

    def in_oplog(self, mongo: MongoClient[dict[str, Any]], since: Mark) -> list[str]:
        """What was written *since* then, in whatever database, as MongoDB's log has it."""
        log, later = mongo["local"]["oplog.rs"], {"ts": {"$gt": since.entry}}
        assert log.find_one(later), "nothing was written: nothing was looked at"
        return self.in_collection(log, later)

    async def in_topics(self, kafka: str, since: Mark) -> list[str]:
        """What was said *since* then on any topic of the services."""
        sightings: list[str] = []
        looked = 0
        async for record in every_record(kafka, since=since.at):
            looked += 1
            where = f"{record.topic}[{record.partition}]@{record.offset}"
            headers = b"\0".join(name.encode() + b"\0" + value for name, value in record.headers)
            data = b"\0".join((record.key or b"", record.value or b"", headers))
            sightings += self.seen(where, data)
        assert looked, "no topic has a record: nothing was looked at"
        return sightings

    async def in_mail(self, sandbox: str) -> list[str]:
        """What the letters that the sandbox at that URL received have of them, decoded."""
        sightings: list[str] = []
        cursor: str | None = "0"
        async with httpx.AsyncClient(base_url=sandbox, timeout=30) as client:
            while cursor is not None:
                found = await client.get("/mail", params={"cursor": cursor, "limit": 1000})
                page = found.raise_for_status().json()
                for letter in page["mail"]:
                    sightings += self.seen(f"mail {letter['id']}", orjson.dumps(letter))
                cursor = page["next_cursor"]
        return sightings


def _forms(word: str) -> Iterator[tuple[str, bytes]]:
    """Every way in which *word* may stand somewhere, the digests anybody can make among them."""
    for spelt in dict.fromkeys((word, word.lower(), word.upper())):
        for encoding in _ENCODINGS:
            data = spelt.encode(encoding)
            yield encoding, data
            yield f"hex of {encoding}", data.hex().encode()
            yield f"HEX of {encoding}", data.hex().upper().encode()
            for shift in range(3):
                for alphabet, encode in (
                    ("base64", base64.b64encode),
                    ("base64url", base64.urlsafe_b64encode),
                ):
                    yield f"{alphabet} of {encoding}", _inner(data, shift, encode)
        yield "JSON escapes", json.dumps(spelt)[1:-1].encode()
        yield "URL escapes", quote(spelt, safe="").encode()
        for name in _DIGESTS:
            yield from _digest(name, hashlib.new(name, spelt.encode()).digest())
        yield from _digest("blake2b-16", hashlib.blake2b(spelt.encode(), digest_size=16).digest())
        if spelt.isascii() and spelt.isdigit() and int(spelt) <= _LARGEST_INT64:
            yield "64-bit integer", int(spelt).to_bytes(8, "little")


def _inner(data: bytes, shift: int, encode: Callable[[bytes], bytes]) -> bytes:
    """The part of the base64 of anything with *data* in it that is the same whatever is around."""
    encoded = encode(bytes(shift) + data)
    first = 0 if shift == 0 else shift + 1
    return encoded[first : (shift + len(data)) * 8 // 6]


def _digest(name: str, digest: bytes) -> Iterator[tuple[str, bytes]]:
    yield name, digest
    yield f"{name}, hex", digest.hex().encode()
    yield f"{name}, HEX", digest.hex().upper().encode()
    yield f"{name}, base64", base64.b64encode(digest).rstrip(b"=")
    yield f"{name}, base64url", base64.urlsafe_b64encode(digest).rstrip(b"=")
