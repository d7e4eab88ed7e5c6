"""The sandbox as a process of its own, and a merchant who really listens."""

import asyncio
import hashlib
import hmac
import json
import os
import signal
import sys
import time
from collections import deque
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import httpx

ROOT = Path(__file__).parents[2]
KEY = "festival-api-key"
SECRET = "festival-callback-secret"  # noqa: S105 - the sandbox of this test has no other
ENVIRONMENT = {
    "FEIRA_ORDERS_PAYMENTS_KEY": KEY,
    "FEIRA_ORDERS_PAYMENTS_SECRET": SECRET,
    "FEIRA_SANDBOX_RESEND": "0.05,0.05,0.05,0.1,0.1,0.2,0.5,1,2",
}


async def launch(**environment: str) -> asyncio.subprocess.Process:
    ours = {k: v for k, v in os.environ.items() if not k.startswith("FEIRA_")}
    return await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "deploy.sandbox",
        cwd=ROOT,
        env={**ours, **ENVIRONMENT, **environment},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )


class Sandbox:
    """One running sandbox, as a merchant and a buyer see it."""

    def __init__(self, process: asyncio.subprocess.Process, url: str, smtp_port: int) -> None:
        self.process = process
        self.smtp_port = smtp_port
        self.http = httpx.AsyncClient(
            base_url=url,
            headers={"Authorization": f"Bearer {KEY}"},
            limits=httpx.Limits(keepalive_expiry=2),  # before the server hangs up on its own
            trust_env=False,
        )

    @classmethod
    @asynccontextmanager
    async def running(cls, **environment: str) -> AsyncGenerator["Sandbox"]:
        process = await launch(**environment)
        assert process.stdout is not None
        said = (await process.stdout.readline()).decode().split()
        sandbox = cls(process, said[1], urlsplit(said[3]).port or 0)
        try:
            yield sandbox
        finally:
            await sandbox.http.aclose()
            if process.returncode is None:
                process.terminate()
            _, complaints = await process.communicate()
            assert complaints == b"", complaints.decode()
            assert process.returncode in {0, -signal.SIGKILL}

    async def ask(
        self, merchant: "Merchant", amount: int = 4800, *, key: str | None = None, **more: Any
    ) -> httpx.Response:
        wish = {
            "merchant_order": f"order-{uuid4()}",
            "amount": amount,
            "currency": "MOP",
            "callback_url": merchant.url,
            **more,
        }
        headers = {"Idempotency-Key": key or str(uuid4())}
        return await self.http.post("/payments", json=wish, headers=headers)

    async def asked(self, merchant: "Merchant", amount: int = 4800, **more: Any) -> str:
        response = await self.ask(merchant, amount, **more)
        assert response.status_code == 201, response.text
        return response.json()["payment_id"]

    async def pay(self, payment_id: str, **how: object) -> httpx.Response:
        return await self.http.post(
            f"/payments/{payment_id}/pay", json=how, headers={"Authorization": ""}
        )

    async def paid(self, merchant: "Merchant", amount: int = 4800, **how: object) -> str:
        payment_id = await self.asked(merchant, amount)
        response = await self.pay(payment_id, **how)
        assert response.status_code == 200, response.text
        return payment_id

    async def refund(self, payment_id: str, amount: int, key: str | None = None) -> httpx.Response:
        return await self.http.post(
            f"/payments/{payment_id}/refunds",
            json={"amount": amount, "reason": "the tart was broken"},
            headers={"Idempotency-Key": key or str(uuid4())},
        )

    async def look(self, path: str) -> Any:
        response = await self.http.get(path)
        assert response.status_code == 200, response.text
        return response.json()

    async def payment(self, payment_id: str) -> dict[str, Any]:
        return await self.look(f"/payments/{payment_id}")


@dataclass(frozen=True)
class Heard:
    """One callback as the merchant heard it."""

    headers: dict[str, str]
    body: bytes
    at: float

    @property
    def says(self) -> dict[str, Any]:
        return json.loads(self.body)

    @property
    def age(self) -> float:
        """For how many seconds it has been signed, as it says itself."""
        return time.time() - int(self.headers["x-sandbox-timestamp"])

    def is_signed(self) -> bool:
        signed = f"{self.headers['x-sandbox-timestamp']}.{self.headers['x-sandbox-nonce']}."
        expected = hmac.new(SECRET.encode(), signed.encode() + self.body, hashlib.sha256)
        return self.headers["x-sandbox-signature"] == expected.hexdigest()

    def is_fresh(self) -> bool:
        return abs(self.age) < 60


class Merchant:
    """An HTTP server of the merchant's own: it answers what it is told to, or nothing at all."""

    def __init__(self) -> None:
        self.heard: list[Heard] = []
        self.answers: deque[int] = deque()
        self.always = 200
        self.hangs = False
        self.closed = False
        self.url = ""
        self._talks: set[asyncio.Task[None]] = set()

    @classmethod
    @asynccontextmanager
    async def listening(cls) -> AsyncGenerator["Merchant"]:
        merchant = cls()

        def welcome(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            if merchant.closed:  # it was at the door as the door closed
                writer.close()
                return
            talk = asyncio.create_task(merchant._talk(reader, writer))
            merchant._talks.add(talk)
            talk.add_done_callback(merchant._talks.discard)
            # Here and not in the talk: a talk cancelled before it began would leave the line open.
            talk.add_done_callback(lambda _: writer.close())

        server = await asyncio.start_server(welcome, "127.0.0.1", 0)
        merchant.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/callbacks?of=feira"
        try:
            yield merchant
        finally:
            merchant.closed = True
            server.close()
            await server.wait_closed()
            talks = list(merchant._talks)
            for talk in talks:
                talk.cancel()
            await asyncio.gather(*talks, return_exceptions=True)

    def about(self, payment_id: str) -> list[Heard]:
        return [heard for heard in self.heard if heard.says["payment_id"] == payment_id]

    def all(self, count: int) -> list[Heard]:
        """Return what was heard once it is *count* callbacks, and nothing before."""
        return self.heard if len(self.heard) == count else []

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
                assert head[0] == "POST /callbacks?of=feira HTTP/1.1"
                headers = {
                    name.lower(): value
                    for name, _, value in (line.partition(": ") for line in head[1:] if line)
                }
                body = await reader.readexactly(int(headers["content-length"]))
                self.heard.append(Heard(headers, body, time.monotonic()))
                if self.hangs:
                    await reader.read()
                status = self.answers.popleft() if self.answers else self.always
                writer.write(
                    b"HTTP/1.1 %d So\r\nLocation: /\r\nContent-Length: 2\r\n\r\nok" % status
                )
                await writer.drain()
