"""A real mail server whose moods can be ordered."""

import asyncio
import socket
from collections import deque
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any, cast

from aiosmtpd.smtp import SMTP, Envelope, Session


@dataclass(frozen=True)
class Letter:
    """One letter as it was handed over."""

    to: str
    raw: bytes

    @property
    def message(self) -> EmailMessage:
        return cast("EmailMessage", message_from_bytes(self.raw, policy=policy.default))

    @property
    def id(self) -> str:
        return str(self.message["Message-ID"])

    @property
    def subject(self) -> str:
        return str(self.message["Subject"])

    @property
    def text(self) -> str:
        return str(self.message.get_content())


class Postbox:
    """What was handed over, and how the next letters are answered.

    Attributes:
        replies: Answers to the next recipients, instead of taking them.
        cuts: After how many more letters the line is cut, the letter taken but no word said.
        patience: Set while letters are taken; cleared, whoever hands one over has to wait.
    """

    def __init__(self, listener: socket.socket) -> None:
        self._listener = listener
        self.url = f"smtp://127.0.0.1:{listener.getsockname()[1]}"
        self.letters: list[Letter] = []
        self.begun: list[Letter] = []
        self.replies: deque[str] = deque()
        self.cuts = 0
        self.patience = asyncio.Event()
        self.patience.set()
        self._lines: set[SMTP] = set()
        self._server: asyncio.Server | None = None

    @classmethod
    @asynccontextmanager
    async def open(cls) -> AsyncGenerator["Postbox"]:
        postbox = cls(socket.create_server(("127.0.0.1", 0)))
        await postbox.up()
        try:
            yield postbox
        finally:
            postbox.patience.set()
            await postbox.down()
            postbox._listener.close()

    async def up(self) -> None:
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(self._line, sock=self._listener.dup())

    async def down(self) -> None:
        """Close the door and hang up on everybody; the address stays ours, but nobody answers."""
        assert self._server
        self._server.close()
        for line in self._lines:
            if line.transport:
                line.transport.abort()
        self._lines.clear()

    def to(self, address: str) -> list[Letter]:
        return [letter for letter in self.letters if letter.to == address]

    def _line(self) -> SMTP:
        line = SMTP(self, hostname="postbox", loop=asyncio.get_running_loop())
        self._lines.add(line)
        return line

    async def handle_RCPT(  # noqa: N802 - the server looks for this name
        self, _: SMTP, _session: Session, envelope: Envelope, address: str, _options: Any
    ) -> str:
        if self.replies:
            return self.replies.popleft().replace("%", address)
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(  # noqa: N802 - the server looks for this name
        self, line: SMTP, _session: Session, envelope: Envelope
    ) -> str:
        raw = envelope.content
        assert isinstance(raw, bytes)
        letter = Letter(envelope.rcpt_tos[0], raw)
        self.begun.append(letter)
        await self.patience.wait()
        self.letters.append(letter)
        if self.cuts:
            self.cuts -= 1
            line.transport.abort()
        return "250 OK"
