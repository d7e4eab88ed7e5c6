import asyncio
from email.message import EmailMessage
from email.utils import make_msgid
from typing import Any

import aiosmtplib
import pytest

from tests.sandbox.world import Sandbox


def letter(to: str = "ana@example.mo", subject: str = "A sua encomenda") -> EmailMessage:
    message = EmailMessage()
    message["From"] = "feira@example.mo"
    message["To"] = to
    message["Subject"] = subject
    message["Message-ID"] = make_msgid(domain="example.mo")
    message["List-Unsubscribe"] = "<https://example.mo/x>"
    message.set_content(f"{subject}\nObrigado.\n")
    message.add_alternative(f"<p>{subject}</p>", subtype="html")
    return message


async def send(sandbox: Sandbox, *letters: EmailMessage) -> None:
    async with aiosmtplib.SMTP(hostname="127.0.0.1", port=sandbox.smtp_port) as post:
        for one in letters:
            await post.send_message(one)


async def mail(sandbox: Sandbox, query: str = "") -> list[dict[str, Any]]:
    return (await sandbox.look(f"/mail{query}"))["mail"]


@pytest.mark.parametrize(
    "subject", ["Encomenda 48,00 MOP$ à porta", "杏仁餅已寄出", "杏仁饼已寄出"]
)
async def test_a_letter_arrives_as_it_was_written(sandbox: Sandbox, subject: str) -> None:
    sent = letter(subject=subject)
    await send(sandbox, sent)
    (came,) = await mail(sandbox)
    assert came["message_id"] == sent["Message-ID"]
    assert came["from"] == "feira@example.mo"
    assert came["to"] == ["ana@example.mo"]
    assert came["subject"] == subject
    assert came["headers"]["List-Unsubscribe"] == "<https://example.mo/x>"
    assert came["text"].replace("\r\n", "\n") == f"{subject}\nObrigado.\n"
    assert came["received_at"].endswith("Z")


async def test_mail_is_found_by_reader_and_by_page(sandbox: Sandbox) -> None:
    letters = [letter(f"bUyer{n % 3}@example.cn", f"letter {n}") for n in range(9)]
    await send(sandbox, *letters)
    mine = await mail(sandbox, "?to=Buyer1@example.cn")
    assert [one["subject"] for one in mine] == ["letter 1", "letter 4", "letter 7"]

    read: list[list[str]] = []
    cursor: str | None = "0"
    while cursor is not None:
        page = await sandbox.look(f"/mail?limit=3&cursor={cursor}")
        read.append([one["subject"] for one in page["mail"]])
        cursor = page["next_cursor"]
    assert read == [[f"letter {first + n}" for n in range(3)] for first in (0, 3, 6)]


async def test_a_letter_sent_twice_is_counted_as_such(sandbox: Sandbox) -> None:
    twice, once = letter(), letter("rui@example.mo")
    await send(sandbox, twice, once)
    await send(sandbox, twice)
    assert await sandbox.look("/mail/stats") == {
        "total": 3,
        "kept": 3,
        "by_message_id_duplicates": 1,
        "recipients": 2,
    }
    assert (await sandbox.http.delete("/mail")).status_code == 204
    assert (await sandbox.look("/mail/stats"))["total"] == 0
    assert await mail(sandbox) == []


async def test_an_address_refuses_as_often_as_ordered(sandbox: Sandbox) -> None:
    order = {"domain": "full.example", "code": 451, "times": 2}
    assert (await sandbox.http.post("/mail/faults", json=order)).status_code == 201
    order = {"address_regex": "^nobody@", "code": 550, "times": 1}
    await sandbox.http.post("/mail/faults", json=order)

    await send(sandbox, letter("ana@not-full.example"))
    for _ in range(2):
        with pytest.raises(aiosmtplib.SMTPRecipientsRefused) as refused:
            await send(sandbox, letter("ana@full.example"))
        assert refused.value.recipients[0].code == 451
    with pytest.raises(aiosmtplib.SMTPRecipientsRefused) as refused:
        await send(sandbox, letter("nobody@example.mo"))
    assert refused.value.recipients[0].code == 550
    assert len(await mail(sandbox)) == 1

    await send(sandbox, letter("ana@full.example"))
    assert len(await mail(sandbox)) == 2
    assert await sandbox.look("/mail/faults") == {"faults": []}


@pytest.mark.parametrize(
    "wrong",
    [
        {"code": 550},
        {"domain": "a.example", "address_regex": "a", "code": 550},
        {"address_regex": "(", "code": 550},
        {"domain": "a.example", "code": 250},
        {"domain": "a.example", "code": 451, "times": 0},
    ],
)
async def test_an_order_that_makes_no_sense_is_refused(
    sandbox: Sandbox, wrong: dict[str, object]
) -> None:
    answer = await sandbox.http.post("/mail/faults", json=wrong)
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_body")


async def test_a_crippled_letter_is_shown_all_the_same(sandbox: Sandbox) -> None:
    raw = (
        b"Subject: =?utf-8?b?!!!?= =?no-such-charset?q?a?=\r\nMessage-ID:\r\n <folded@example>\r\n"
        b"X-Odd: \xff\xfe\r\nContent-Type: text/plain; charset=no-such\r\n\r\n\xff hello\r\n"
    )
    reader, writer = await asyncio.open_connection("127.0.0.1", sandbox.smtp_port)
    for line in (
        b"EHLO fair\r\n",
        b"MAIL FROM:<>\r\n",
        b"RCPT TO:<\xff@example.mo>\r\n",
        b"RCPT TO:<ana@example.mo>\r\n",
        b"DATA\r\n",
        raw + b".\r\n",
        b"QUIT\r\n",
    ):
        writer.write(line)
    answers = (await reader.read()).decode()
    writer.close()
    await writer.wait_closed()
    assert "250 2.0.0 OK: kept as" in answers
    (came,) = await mail(sandbox, "?to=ana@example.mo")
    assert came["message_id"] == "<folded@example>"
    assert came["from"] == "<>"
    assert "hello" in came["text"]
