"""Calls to the outside: bounded in time and size, and at the address that was looked at."""

import asyncio
import datetime as dt
import ssl
import time
from collections import Counter
from contextlib import suppress
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from shared.platform.outside.guard import Guard
from shared.platform.outside.outbound import Outbound, Unanswered
from tests.services.notify.receiver import Receiver

LOCAL = [ip_network("127.0.0.0/8")]


def names(*answers: list[str]) -> Any:
    """A name server that gives these answers, the last one for ever."""
    left = list(answers)

    async def resolve(_host: str, _port: int) -> list[str]:
        return left.pop(0) if len(left) > 1 else left[0]

    return resolve


async def test_a_name_that_changes_its_mind_gets_nowhere(receiver: Receiver) -> None:
    """Harmless when looked at, ours when called: what was looked at is what is called."""
    flips = Guard(insecure=True, resolve=names(["203.0.113.7"], ["127.0.0.1"]))
    for resolve in (flips, Guard(insecure=True, resolve=names(["127.0.0.1"]))):
        outbound = Outbound("test", deadline=2, guard=resolve)
        for _ in range(3):
            with pytest.raises(Unanswered) as no:
                await outbound.ask("POST", f"http://feira.example:{receiver.port}/")
            assert (no.value.why, no.value.reached) == ("forbidden", False)
        await outbound.stop()
    assert receiver.connections == 0


async def test_the_name_is_asked_for_once_and_its_answer_is_called(receiver: Receiver) -> None:
    asked: list[str] = []

    async def resolve(host: str, _port: int) -> list[str]:
        asked.append(host)
        return ["127.0.0.1"] if len(asked) == 1 else ["10.0.0.1"]

    outbound = Outbound("test", guard=Guard(insecure=True, allow=LOCAL, resolve=resolve))
    answer = await outbound.ask("POST", f"http://feira.example:{receiver.port}/x", content=b"hi")
    await outbound.stop()
    assert (answer.status, answer.body) == (200, b"ok")
    assert receiver.heard[0].headers["host"] == f"feira.example:{receiver.port}"
    assert asked == ["feira.example"]


def certificate(host: str, folder: Path) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """TLS for a server called *host*, and for a client that trusts nobody else."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, host)])
    now = dt.datetime.now(dt.UTC)
    signed = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(hours=1))
        .not_valid_after(now + dt.timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(host)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem = signed.public_bytes(serialization.Encoding.PEM)
    (folder / "cert.pem").write_bytes(pem)
    (folder / "key.pem").write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    server = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    server.load_cert_chain(folder / "cert.pem", folder / "key.pem")
    return server, ssl.create_default_context(cadata=pem.decode())


async def test_tls_speaks_of_the_host_by_its_name_though_its_address_is_called(
    tmp_path: Path,
) -> None:
    tls, trust = certificate("feira.example", tmp_path)
    spoken: list[str | None] = []
    tls.sni_callback = lambda _socket, name, _context: spoken.append(name)
    guard = Guard(insecure=True, allow=LOCAL, resolve=names(["127.0.0.1"]))
    outbound = Outbound("test", guard=guard, tls=trust)
    async with Receiver.listening(tls) as receiver:
        answer = await outbound.ask("GET", f"https://feira.example:{receiver.port}/")
        assert answer.status == 200
        assert spoken == ["feira.example"]
        assert receiver.heard[0].headers["host"] == f"feira.example:{receiver.port}"
        with pytest.raises(Unanswered) as no:  # the certificate is not of that name
            await outbound.ask("GET", f"https://other.example:{receiver.port}/")
        assert no.value.why == "unreachable"
        assert len(receiver.heard) == 1
    await outbound.stop()


async def test_the_strict_guard_holds_at_the_call_itself(receiver: Receiver) -> None:
    outbound = Outbound("test", guard=Guard())
    for url in (receiver.url, f"https://127.0.0.1:{receiver.port}/", "https://127.1/", "x"):
        with pytest.raises(Unanswered) as no:
            await outbound.ask("POST", url)
        assert no.value.why == "forbidden"
    await outbound.stop()
    assert receiver.connections == 0


@pytest.mark.parametrize("reads", [0, 30])
async def test_a_call_ends_by_its_deadline_however_slowly_the_other_side_goes(
    reads: int,
) -> None:
    over = asyncio.Event()

    async def drip(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if reads:
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
        while not over.is_set():
            writer.write(b"x" if reads else b"")
            with suppress(TimeoutError):
                await asyncio.wait_for(over.wait(), 0.05)
        writer.transport.abort()

    server = await asyncio.start_server(drip, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    outbound = Outbound("test", deadline=0.5)
    began = time.monotonic()
    with pytest.raises(Unanswered) as no:
        await outbound.ask("GET", f"http://127.0.0.1:{port}/")
    assert (no.value.why, no.value.reached) == ("timeout", True)
    assert time.monotonic() - began < 2
    over.set()
    await outbound.stop()
    server.close()


async def test_one_who_hung_is_called_again_however_many_had_to_wait(receiver: Receiver) -> None:
    outbound = Outbound("test", deadline=0.5, connections=2)
    receiver.always = None

    async def call() -> tuple[str, bool]:
        with pytest.raises(Unanswered) as no:
            await outbound.ask("POST", receiver.url)
        return no.value.why, no.value.reached

    ends = Counter(await asyncio.gather(*(call() for _ in range(10))))
    assert set(ends) == {("timeout", True), ("unreachable", False)}
    assert 2 <= len(receiver.heard) <= ends["timeout", True]
    receiver.always = 200
    answers = await asyncio.gather(*(outbound.ask("POST", receiver.url) for _ in range(10)))
    await outbound.stop()
    assert [answer.status for answer in answers] == [200] * 10


async def test_of_an_endless_answer_only_the_beginning_is_read(receiver: Receiver) -> None:
    receiver.always = b"HTTP/1.1 200 OK\r\nContent-Length: 9999999999\r\n\r\n" + b"x" * 300_000
    outbound = Outbound("test", most=1000)
    answer = await outbound.ask("GET", receiver.url)
    await outbound.stop()
    assert (answer.status, answer.body, answer.whole) == (200, b"x" * 1000, False)


async def test_what_is_packed_is_not_unpacked(receiver: Receiver) -> None:
    receiver.always = (
        b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 4\r\n\r\n\x1f\x8b\x08\x00"
    )
    outbound = Outbound("test")
    answer = await outbound.ask("GET", receiver.url)
    await outbound.stop()
    assert answer.body == b"\x1f\x8b\x08\x00"


async def test_a_redirect_is_an_answer_like_any_other(receiver: Receiver) -> None:
    receiver.headers = f"Location: {receiver.url}/elsewhere\r\n"
    receiver.always = 302
    outbound = Outbound("test")
    answer = await outbound.ask("GET", receiver.url)
    await outbound.stop()
    assert (answer.status, len(receiver.heard)) == (302, 1)


async def test_nobody_home_is_certain_not_to_have_heard(receiver: Receiver) -> None:
    await receiver.down()
    outbound = Outbound("test")
    with pytest.raises(Unanswered) as no:
        await outbound.ask("POST", receiver.url)
    await outbound.stop()
    await receiver.up()
    assert (no.value.why, no.value.reached) == ("unreachable", False)


async def test_the_proxy_of_the_environment_is_no_way_round_the_guard(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy"):
        monkeypatch.setenv(name, receiver.url)
    outbound = Outbound("test", deadline=1, guard=Guard(insecure=True, resolve=names(["10.0.0.1"])))
    with pytest.raises(Unanswered) as no:
        await outbound.ask("GET", "http://feira.example/")
    await outbound.stop()
    assert no.value.why == "forbidden"
    assert receiver.connections == 0
