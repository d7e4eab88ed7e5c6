"""The mail of everyone: an SMTP server's ear, the letters it kept, and the refusals ordered."""

import re
from binascii import Error as BadBase64
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from email.errors import HeaderParseError
from email.header import decode_header, make_header
from email.message import Message
from email.parser import BytesParser

from aiosmtpd.smtp import SMTP, Envelope, Session

KEPT_LETTERS = 20_000
KEPT_BYTES = 64 * 1024 * 1024
REMEMBERED = 200_000  # message ids and recipients counted apart
MESSAGE_ID = re.compile(
    rb"^message-id:[ \t]*(?:\r?\n[ \t]+)?([^\r\n]*)", re.IGNORECASE | re.MULTILINE
)
REPLIES = {
    451: "451 4.3.0 try again later, as ordered",
    550: "550 5.1.1 no such mailbox, as ordered",
}


@dataclass(frozen=True, slots=True)
class Letter:
    """One letter as it came: read only when somebody asks for it."""

    id: int
    received_at: str
    message_id: str | None
    sender: str
    to: tuple[str, ...]
    raw: bytes

    def view(self) -> dict[str, object]:
        message = BytesParser().parsebytes(self.raw)
        headers: dict[str, str] = {}
        for name, value in message.items():
            plain = _plain(value)
            headers[name] = f"{headers[name]}, {plain}" if name in headers else plain
        return {
            "id": str(self.id),
            "message_id": self.message_id,
            "from": self.sender,
            "to": self.to,
            "subject": _plain(message.get("Subject", "")),
            "headers": headers,
            "text": _text(message),
            "received_at": self.received_at,
        }


@dataclass(slots=True)
class Refusal:
    """An order to refuse the next letters to some addresses."""

    pattern: re.Pattern[str]
    code: int
    left: int


class Mailbox:
    """The letters received, the newest kept, all counted."""

    def __init__(self) -> None:
        self.refusals: list[Refusal] = []
        self._next_id = 1
        self.clear()

    def clear(self) -> None:
        self._letters: deque[Letter] = deque()
        self._bytes = self._total = self._repeated = 0
        self._message_ids: dict[str, None] = {}
        self._recipients: dict[str, None] = {}

    def refusal(self, address: str) -> str | None:
        """Tell how the server must answer for *address*, if it was ordered to refuse it."""
        for order in self.refusals:
            if order.pattern.search(address):
                order.left -= 1
                if not order.left:
                    self.refusals.remove(order)
                return REPLIES[order.code]
        return None

    def receive(self, sender: str, to: list[str], raw: bytes) -> Letter:
        found = MESSAGE_ID.search(raw.partition(b"\r\n\r\n")[0])
        message_id = found[1].decode("utf-8", "replace").strip() if found else None
        now = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        to = [_readable(address) for address in to]
        letter = Letter(self._next_id, now, message_id, _readable(sender), tuple(to), raw)
        self._next_id += 1
        self._total += 1
        if message_id:
            self._repeated += message_id in self._message_ids
            _remember(self._message_ids, message_id)
        for address in to:
            _remember(self._recipients, address.lower())
        self._letters.append(letter)
        self._bytes += len(raw)
        while len(self._letters) > KEPT_LETTERS or self._bytes > KEPT_BYTES:
            self._bytes -= len(self._letters.popleft().raw)
        return letter

    def letters(self, *, after: int, to: str | None) -> Iterator[Letter]:
        """Letters in order of arrival, from the one after id *after*."""
        address = to.lower() if to else None
        for letter in self._letters:
            if letter.id > after and (
                address is None or address in (known.lower() for known in letter.to)
            ):
                yield letter

    def stats(self) -> dict[str, int]:
        return {
            "total": self._total,
            "kept": len(self._letters),
            "by_message_id_duplicates": self._repeated,
            "recipients": len(self._recipients),
        }


class Ear:
    """What the SMTP server calls as a letter comes in."""

    def __init__(self, mailbox: Mailbox) -> None:
        self._mailbox = mailbox

    async def handle_RCPT(  # noqa: N802 - the SMTP server looks for this name
        self, _: SMTP, _session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        refused = self._mailbox.refusal(address)
        if refused is None:
            envelope.rcpt_tos.append(address)
            envelope.rcpt_options.extend(options)
        return refused or "250 2.1.5 OK"

    async def handle_DATA(  # noqa: N802 - the SMTP server looks for this name
        self, _: SMTP, _session: Session, envelope: Envelope
    ) -> str:
        raw = envelope.content or b""
        raw = raw if isinstance(raw, bytes) else raw.encode()
        letter = self._mailbox.receive(envelope.mail_from or "", envelope.rcpt_tos, raw)
        return f"250 2.0.0 OK: kept as {letter.id}"


def _remember(known: dict[str, None], name: str) -> None:
    known[name] = None
    if len(known) > REMEMBERED:
        del known[next(iter(known))]


def _readable(address: str) -> str:
    """Return *address* as text that can be shown: the server passes odd bytes on as surrogates."""
    return address.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def _plain(value: object) -> str:
    try:
        plain = str(make_header(decode_header(str(value))))
    except (HeaderParseError, LookupError, UnicodeError, BadBase64):
        plain = str(value)  # a header that decodes to nothing sensible is shown as it came
    return re.sub(r"\r?\n[ \t]", " ", plain)


def _text(message: Message) -> str:
    """Return the plain part, or the HTML one where a letter has no other."""
    parts = [part for part in message.walk() if not part.is_multipart()]
    for wanted in ("text/plain", "text/html"):
        for part in parts:
            if part.get_content_type() == wanted:
                content = part.get_payload(decode=True)
                content = content if isinstance(content, bytes) else b""
                try:
                    return content.decode(part.get_content_charset("utf-8"), "replace")
                except LookupError:
                    return content.decode("utf-8", "replace")
    return ""
