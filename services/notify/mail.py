"""Mail: letters put into envelopes, and handed to a mail server over connections that are kept."""

import asyncio
import re
import time
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from email.header import Header
from email.mime.text import MIMEText
from email.policy import compat32
from email.utils import format_datetime, formataddr, parseaddr
from typing import Protocol
from urllib.parse import unquote, urlsplit

from aiosmtplib import (
    SMTP,
    SMTPException,
    SMTPRecipientsRefused,
    SMTPResponseException,
)

from shared.events.ids import Locale

_TEMPORARY, _PERMANENT = 400, 500
_ENHANCED = re.compile(r"[245]\.\d{1,3}\.\d{1,3}")
_CONTROLS = re.compile(r"[\x00-\x1f\x7f]")
_WIRE = compat32.clone(linesep="\r\n")

_IDLE_SECONDS = 30.0
_LETTERS_EACH = 200
_AWAY_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class Mail:
    """One letter in its envelope; every attempt sends the very same bytes."""

    message_id: str
    email: str = field(repr=False)
    name: str = field(repr=False)
    locale: Locale
    subject: str
    text: str
    at: datetime


class Refusal(Exception):
    """The letter was not taken.

    Attributes:
        reason: Why, in codes: what a server says may repeat the address.
        permanent: Whether trying again is of no use.
    """

    def __init__(self, reason: str, *, permanent: bool) -> None:
        super().__init__(reason)
        self.reason, self.permanent = reason, permanent


class Mailer(Protocol):
    """Hands mail to those who carry it."""

    @property
    def away(self) -> bool:
        """Whether nobody could be found to hand it to, a moment ago."""
        ...

    async def send(self, mail: Mail) -> None:
        """Hand over; comes back when it was taken. Raises Refusal."""
        ...


class SmtpMailer:
    """A mail server, over a few connections that are kept. A part of the service."""

    def __init__(
        self, url: str, sender: str, *, connections: int = 8, deadline: float = 60.0
    ) -> None:
        """Send as *sender* through the server at *url*, each letter within *deadline* seconds."""
        parts = urlsplit(url)
        self._host, self._tls = parts.hostname or "", parts.scheme == "smtps"
        self._port = parts.port or (465 if self._tls else 25)
        self._user = unquote(parts.username) if parts.username else None
        self._password = unquote(parts.password) if parts.password else None
        self._from = sender
        self._sender = parseaddr(sender)[1]
        self._deadline = deadline
        self._slots = asyncio.Semaphore(connections)
        self._idle: list[_Line] = []
        self._away_until = 0.0

    async def start(self) -> None:
        """Nothing to begin: connections are made when there is mail."""

    async def stop(self) -> None:
        for line in self._idle:
            await line.close()
        self._idle.clear()

    def trouble(self) -> str | None:
        """Mail waits for its server; nothing else does."""
        return None

    @property
    def away(self) -> bool:
        return time.monotonic() < self._away_until

    async def send(self, mail: Mail) -> None:
        letter = compose(self._from, mail)
        async with self._slots:
            try:
                async with asyncio.timeout(self._deadline):
                    await self._hand_over(mail.email, letter)
            except TimeoutError:
                raise Refusal("timeout", permanent=False) from None

    async def _hand_over(self, email: str, letter: bytes) -> None:
        line = await self._line()
        try:
            await line.smtp.sendmail(self._sender, [email], letter)
        except BaseException as error:
            refusal = _refusal(error)
            # A server that said no is still there; in any other case nobody knows what it heard.
            if refusal and refusal.reason.startswith("smtp-"):
                self._keep(line)
            else:
                line.smtp.close()
            if refusal is None:
                raise
            raise refusal from None
        line.letters += 1
        self._keep(line)

    async def _line(self) -> "_Line":
        """A connection at rest, or a new one. Raises Refusal."""
        while self._idle:
            line = self._idle.pop()
            if line.usable:
                return line
            await line.close()
        smtp = SMTP(
            hostname=self._host,
            port=self._port,
            use_tls=self._tls,
            username=self._user,
            password=self._password,
            timeout=min(30.0, self._deadline),
        )
        try:
            await smtp.connect()
        except (SMTPException, OSError) as error:
            smtp.close()
            self._away_until = time.monotonic() + _AWAY_SECONDS
            raise Refusal(f"server-{type(error).__name__}", permanent=False) from None
        return _Line(smtp)

    def _keep(self, line: "_Line") -> None:
        if line.smtp.is_connected and line.letters < _LETTERS_EACH:
            line.rested_at = time.monotonic()
            self._idle.append(line)
        else:
            line.smtp.close()


@dataclass(slots=True)
class _Line:
    """One connection to the mail server."""

    smtp: SMTP
    letters: int = 0
    rested_at: float = 0.0

    @property
    def usable(self) -> bool:
        return self.smtp.is_connected and time.monotonic() - self.rested_at < _IDLE_SECONDS

    async def close(self) -> None:
        with suppress(SMTPException, OSError):  # it may be gone already
            await self.smtp.quit(timeout=1)
        self.smtp.close()


def compose(sender: str, mail: Mail) -> bytes:
    """Write the letter as it goes over the wire. Raises Refusal if it would not be safe."""
    if _CONTROLS.search(f"{mail.email}{mail.name}{mail.subject}"):  # a line break, say
        raise Refusal("letter-unsafe", permanent=True)
    # The older of Python's two ways to write mail, at a fifth of the time of the newer.
    letter = MIMEText(mail.text.replace("\n", "\r\n"), "plain", "utf-8", policy=_WIRE)
    letter["From"] = sender
    letter["To"] = _named(mail.name, mail.email)
    letter["Subject"] = Header(mail.subject, header_name="Subject").encode()
    letter["Date"] = format_datetime(mail.at)
    letter["Message-ID"] = f"<{mail.message_id}@{parseaddr(sender)[1].rpartition('@')[2]}>"
    letter["Content-Language"] = mail.locale
    letter["Auto-Submitted"] = "auto-generated"
    return letter.as_bytes()


def _named(name: str, email: str) -> str:
    if name.isascii():
        return formataddr((name, email))
    named = Header(name, "utf-8", header_name="To")
    named.append(f"<{email}>", "us-ascii")
    return named.encode()


def _refusal(error: BaseException) -> Refusal | None:
    """What an error of the client means for the letter; None for a fault of our own."""
    match error:
        case SMTPRecipientsRefused(recipients=[first, *_]):
            return _by_code(first.code, first.message)
        case SMTPResponseException(code=code, message=said) if code >= _TEMPORARY:
            return _by_code(code, said)
        case SMTPException() | OSError():
            return Refusal(f"connection-{type(error).__name__}", permanent=False)
        case ValueError():
            return Refusal("address-unsafe", permanent=True)
        case _:
            return None


def _by_code(code: int, said: str) -> Refusal:
    enhanced = _ENHANCED.match(said)
    reason = f"smtp-{code}" + (f" {enhanced[0]}" if enhanced else "")
    return Refusal(reason, permanent=code >= _PERMANENT)
