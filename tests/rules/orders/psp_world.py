"""The other side of payments: keys of a provider's and of ours, and a provider that listens."""

import asyncio
import base64
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from typing import TypeVar

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256
from hypothesis import settings
from hypothesis import strategies as st

from services.orders.outside import Forged
from services.orders.psp.adapter import Adapter
from services.orders.psp.keys import PrivateKey, PublicKeys
from services.orders.psp.provider import Notice, Provider
from services.orders.psp.trade import trade_number

NOW = datetime(2026, 5, 24, 14, 0, tzinfo=UTC)
ORDER = "0197f1c2-6f3a-7d60-8a4e-3f1d0b6c9a11"
TRADE = trade_number(ORDER, "first-try")


at_leisure = settings(deadline=None)
"""Signatures take the time they take."""


@cache
def key_of(name: str) -> RSAPrivateKey:
    """The one key of somebody: theirs, ours, a thief's."""
    return generate_private_key(65537, 2048)


def pem_of(name: str) -> str:
    return (
        key_of(name)
        .private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        .decode()
    )


def public_pem_of(name: str) -> str:
    return (
        key_of(name)
        .public_key()
        .public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
        .decode()
    )


@cache
def ours(id: str) -> PrivateKey:
    return PrivateKey(pem_of("ours"), id)


@cache
def theirs(id: str) -> PublicKeys:
    """What is known of the provider: its key of now under *id*, and the next one."""
    return PublicKeys.read(f"{id}\n{public_pem_of('theirs')}\n{id}-next\n{public_pem_of('next')}")


def sign(content: str | bytes, name: str = "theirs") -> str:
    raw = content.encode() if isinstance(content, str) else content
    return base64.b64encode(key_of(name).sign(raw, PKCS1v15(), SHA256())).decode()


def verify(content: str | bytes, signature: str, name: str = "ours") -> None:
    """As the provider does with our public key. Raises InvalidSignature."""
    raw = content.encode() if isinstance(content, str) else content
    key_of(name).public_key().verify(base64.b64decode(signature), raw, PKCS1v15(), SHA256())


@dataclass
class Letter:
    """A callback as it came in: changed in one place by whoever wants to cheat."""

    headers: Mapping[str, str]
    body: bytes

    def read_by(self, adapter: Provider, now: datetime = NOW) -> Notice:
        return adapter.read_callback(self.headers, self.body, now)

    def is_refused_by(self, adapter: Provider, now: datetime = NOW) -> bool:
        with pytest.raises(Forged):
            self.read_by(adapter, now)
        return True


T = TypeVar("T", bytes, str)


def spoilt(draw: st.DrawFn, text: T) -> T:
    """*text* with one byte changed, put in or left out."""
    raw = text.encode("latin-1") if isinstance(text, str) else text
    place = draw(st.integers(0, len(raw) - 1))
    byte = draw(st.integers(33, 126).map(lambda code: bytes([code])))
    how = draw(st.sampled_from(("change", "insert", "delete")))
    after = raw[place if how == "insert" else place + 1 :]
    changed = raw[:place] + (b"" if how == "delete" else byte) + after
    return changed.decode("latin-1") if isinstance(text, str) else changed  # type: ignore[return-value]


@st.composite
def bodies_spoilt(draw: st.DrawFn, letter: Letter) -> Letter:
    return Letter(letter.headers, spoilt(draw, letter.body))


@st.composite
def headers_spoilt(draw: st.DrawFn, letter: Letter, names: tuple[str, ...]) -> Letter:
    name = draw(st.sampled_from(names))
    kept = {known: value for known, value in letter.headers.items() if known != name}
    if draw(st.booleans()):
        kept[name] = spoilt(draw, letter.headers[name])
    return Letter(kept, letter.body)


@dataclass
class Asked:
    """One request as the provider sees it."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes


Answering = Callable[[Asked], tuple[int, Mapping[str, str], bytes]]


@dataclass
class Teller:
    """A provider on a port: remembers what it was asked, and answers as the test says."""

    url: str = ""
    asked: list[Asked] = field(default_factory=list[Asked])

    @classmethod
    @asynccontextmanager
    async def listening(cls, answers: Answering) -> AsyncGenerator["Teller"]:
        teller = cls()

        async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            lines = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
            method, path, _ = lines[0].split(" ")
            headers = {
                name.lower(): value
                for name, _, value in (line.partition(": ") for line in lines[1:] if line)
            }
            body = await reader.readexactly(int(headers.get("content-length", "0")))
            asked = Asked(method, path, headers, body)
            teller.asked.append(asked)
            status, said, answer = answers(asked)
            head = [f"HTTP/1.1 {status} So", f"Content-Length: {len(answer)}", "Connection: close"]
            head += [f"{name}: {value}" for name, value in said.items()]
            writer.write("\r\n".join(head).encode() + b"\r\n\r\n" + answer)
            await writer.drain()
            writer.close()

        async with await asyncio.start_server(talk, "127.0.0.1", 0) as server:
            teller.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
            yield teller


A = TypeVar("A", bound=Adapter)


@asynccontextmanager
async def speaking(
    build: Callable[[str], A], answers: Answering
) -> AsyncGenerator[tuple[A, Teller]]:
    """An adapter, and the provider it speaks to."""
    async with Teller.listening(answers) as teller:
        adapter = build(teller.url)
        try:
            yield adapter, teller
        finally:
            await adapter.stop()
