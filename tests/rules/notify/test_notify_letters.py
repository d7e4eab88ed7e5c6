"""Letters in their envelopes: safe to hand over, readable where they arrive, always the same."""

import re
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.header import decode_header, make_header
from email.message import EmailMessage
from email.utils import parseaddr
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.notify.mail import Mail, Refusal, compose

SENDER = "Feira de Macau <feira@festival.example>"
CONTROLS = st.characters(codec="utf-8", categories=["Cc"], max_codepoint=0x7F)
WORDS = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs", "Zl", "Zp"])).map(
    lambda text: re.sub(r"\s+", " ", text).strip()
)


def letter(**changes: Any) -> Mail:
    told: dict[str, Any] = {
        "message_id": "m1",
        "email": "ana@example.mo",
        "name": "",
        "locale": "pt",
        "subject": "Encomenda",
        "text": "Bom dia\n",
        "at": datetime(2025, 5, 24, 2, tzinfo=UTC),
    }
    return Mail(**{**told, **changes})


def arrived(raw: bytes) -> EmailMessage:
    return cast("EmailMessage", message_from_bytes(raw, policy=policy.default))


@given(name=WORDS.filter(bool), subject=WORDS.filter(bool), text=WORDS)
def test_what_is_written_arrives_whatever_the_language(name: str, subject: str, text: str) -> None:
    raw = compose(SENDER, letter(name=name, subject=subject, text=f"{text}\n{text}\n"))
    came = arrived(raw)
    [to] = came["To"].addresses
    assert to.addr_spec == "ana@example.mo"
    assert came["Subject"] == subject
    assert came.get_content().replace("\r\n", "\n") == f"{text}\n{text}\n"
    assert len(came.keys()) == 10
    assert raw.isascii()
    assert all(len(line) <= 998 for line in raw.split(b"\r\n"))
    assert b"\n" not in raw.replace(b"\r\n", b"")


@pytest.mark.parametrize(
    "name",
    [
        "Ana",
        "Ana, Rui",
        'Rui "o Padeiro" <rui@example.mo>',
        "何美玲",
        " ".join(["何美玲"] * 14),
        "J. Sá, 李",
    ],
)
def test_a_name_is_shown_as_it_was_given(name: str) -> None:
    raw = message_from_bytes(compose(SENDER, letter(name=name)))["To"]
    shown, address = parseaddr(raw)
    assert (str(make_header(decode_header(shown))), address) == (name, "ana@example.mo")


def test_every_attempt_writes_the_same_letter() -> None:
    assert compose(SENDER, letter()) == compose(SENDER, letter())
    assert arrived(compose(SENDER, letter()))["Message-ID"] == "<m1@festival.example>"


@given(
    where=st.sampled_from(["email", "name", "subject"]),
    mark=CONTROLS,
    before=st.text(max_size=5),
    after=st.sampled_from(["", "Bcc: rui@example.mo", " folded", "\n\nA body of its own"]),
)
def test_no_line_break_gets_into_a_header(where: str, mark: str, before: str, after: str) -> None:
    with pytest.raises(Refusal) as no:
        compose(SENDER, letter(**{where: before + mark + after}))
    assert no.value.permanent
    assert no.value.reason == "letter-unsafe"
