"""Where the sandbox is put together: settings in, one ASGI application out."""

import asyncio
import logging
import socket
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from urllib.parse import urlsplit

from aiosmtpd.smtp import SMTP
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from deploy.sandbox.callbacks import Courier
from deploy.sandbox.carrier import TRIES_AGAIN, Carrier
from deploy.sandbox.customs import Customs
from deploy.sandbox.ledger import Ledger
from deploy.sandbox.mail import Ear, Mailbox
from deploy.sandbox.mailroom import Mailroom
from deploy.sandbox.payments import Refused
from deploy.sandbox.problem import Problem, answer, json
from deploy.sandbox.provider import Provider
from deploy.sandbox.settings import Settings
from deploy.sandbox.signing import Signer

LETTER_LIMIT = 5 * 1024 * 1024


def build(
    settings: Settings, ledger: Ledger, signer: Signer, url: str, smtp: socket.socket
) -> Starlette:
    """Build the sandbox reachable at *url*, receiving mail on the listening socket *smtp*."""
    courier = Courier(signer, settings.resend, settings.answer_within)
    provider = Provider(ledger, courier, settings.key, url)
    customs = Customs(ledger, courier, settings.key)
    pushes = Courier(signer, settings.resend[:TRIES_AGAIN], settings.answer_within)
    carrier = Carrier(customs, pushes, settings.key, settings.secret)
    mailbox = Mailbox()
    smtp_url = smtp_at(url, smtp)

    async def index(_: Request) -> Response:
        return json(
            {
                "payments": url,
                "customs": url,
                "carrier": url,
                "mail": url,
                "smtp": smtp_url,
                "callbacks": {
                    **_tally(courier),
                    "replayed": courier.replayed,
                    "tricks_refused": courier.tricks_refused,
                    "tricks_taken": courier.tricks_taken,
                },
                "pushes": _tally(pushes),
            }
        )

    async def keys(_: Request) -> Response:
        return PlainTextResponse(signer.public_keys())

    async def live(_: Request) -> Response:
        return json({"status": "ok"})

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncGenerator[None]:
        logging.getLogger("mail.log").setLevel(logging.ERROR)  # a client that hangs up is no news
        loop = asyncio.get_running_loop()
        ear = Ear(mailbox)
        post = await loop.create_server(lambda: _smtp(ear, loop), sock=smtp)
        provider.resume()
        yield
        post.close()
        await courier.close()
        await pushes.close()
        ledger.close()

    return Starlette(
        routes=[
            Route("/", index),
            Route("/livez", live),
            Route("/keys", keys),
            *provider.routes(),
            *customs.routes(),
            *carrier.routes(),
            *Mailroom(mailbox).routes(),
        ],
        exception_handlers={
            Problem: answer,
            Refused: answer,
            HTTPException: answer,
            Exception: answer,
        },
        lifespan=lifespan,
    )


def _tally(courier: Courier) -> dict[str, int]:
    return {
        "pending": courier.pending,
        "tries": courier.tries,
        "taken": courier.taken,
        "given_up": courier.given_up,
    }


def smtp_at(url: str, smtp: socket.socket) -> str:
    """Mail is brought to the same host as HTTP, by whatever name that is reached."""
    host = urlsplit(url).hostname or ""
    return f"smtp://{f'[{host}]' if ':' in host else host}:{smtp.getsockname()[1]}"


def _smtp(ear: Ear, loop: asyncio.AbstractEventLoop) -> SMTP:
    return SMTP(
        ear,
        data_size_limit=LETTER_LIMIT,
        enable_SMTPUTF8=True,
        hostname="sandbox",
        ident="Feira sandbox",
        timeout=60,
        loop=loop,
    )
