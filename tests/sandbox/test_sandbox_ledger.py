import asyncio
import json
import socket
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from tests.sandbox.world import Merchant, Sandbox, launch
from tests.support.eventually import eventually


async def test_the_ledger_adds_up_to_its_entries(merchant: Merchant) -> None:
    async with Sandbox.running() as sandbox:
        paid = await asyncio.gather(*(sandbox.paid(merchant, 100 + n) for n in range(30)))
        await sandbox.paid(merchant, outcome="fail")
        await sandbox.asked(merchant)
        await sandbox.asked(merchant, expires_at="2020-01-01T00:00:00Z")
        await sandbox.refund(paid[0], 60)

        entries: list[dict[str, Any]] = []
        cursor: str | None = "0"
        while cursor is not None:
            page = await sandbox.look(f"/ledger/entries?limit=7&cursor={cursor}")
            entries += page["entries"]
            cursor = page["next_cursor"]
        ledger = await sandbox.look("/ledger")
        assert len({entry["payment_id"] for entry in entries}) == 33
        assert ledger == {
            "captured": {"MOP": sum(entry["captured"] for entry in entries)},
            "refunded": {"MOP": 60},
            "payments": 33,
            "by_status": {"succeeded": 30, "failed": 1, "pending": 1, "expired": 1},
        }
        assert ledger["captured"]["MOP"] == sum(100 + n for n in range(30))
        assert Counter(entry["status"] for entry in entries) == ledger["by_status"]


async def test_a_killed_sandbox_comes_back_with_its_ledger_and_calls_back(
    tmp_path: Path, merchant: Merchant
) -> None:
    book = tmp_path / "books" / "ledger.jsonl"
    merchant.always = 503
    async with Sandbox.running(FEIRA_SANDBOX_STATE=str(book)) as sandbox:
        key = "asked-before-the-fall"
        payment_id = (await sandbox.ask(merchant, key=key, merchant_order="o-1")).json()[
            "payment_id"
        ]
        await sandbox.pay(payment_id)
        lost = await sandbox.paid(merchant, lost=True)
        refund = await sandbox.refund(payment_id, 800, "refund-before-the-fall")
        before = await sandbox.look("/ledger")
        await eventually(lambda: merchant.heard)
        sandbox.process.kill()
        await sandbox.process.wait()

    with book.open("ab") as torn:
        torn.write(b'["settled",{"payment_id":"pay_')  # it died in the middle of a word
    merchant.always = 200
    heard = len(merchant.heard)
    async with Sandbox.running(FEIRA_SANDBOX_STATE=str(book)) as sandbox:
        assert await sandbox.look("/ledger") == before
        again = await sandbox.ask(merchant, key=key, merchant_order="o-1")
        assert again.json()["payment_id"] == payment_id
        assert (await sandbox.ask(merchant, 1, key=key)).status_code == 422
        same = await sandbox.refund(payment_id, 800, "refund-before-the-fall")
        assert same.json() == refund.json()
        await eventually(lambda: len(merchant.heard) > heard)
        assert len({one.body for one in merchant.about(payment_id)}) == 1

        async def answered() -> bool:
            return '"answered"' in book.read_text()

        await eventually(answered)

    heard = len(merchant.heard)
    async with Sandbox.running(FEIRA_SANDBOX_STATE=str(book)) as sandbox:
        later = await sandbox.paid(merchant)
        await eventually(lambda: merchant.about(later))
        assert len(merchant.heard) == heard + 1, "what was answered is not told again"
        assert merchant.about(lost) == []
    for line in book.read_text().splitlines():
        json.loads(line)


async def test_a_merchant_that_never_answers_is_given_up(merchant: Merchant) -> None:
    merchant.always = 500
    async with Sandbox.running(FEIRA_SANDBOX_RESEND="0.01,0.02") as sandbox:
        await sandbox.paid(merchant)

        async def given_up() -> bool:
            return (await sandbox.look("/"))["callbacks"]["given_up"] == 1

        await eventually(given_up)
        assert len(merchant.heard) == 3


@pytest.mark.parametrize(
    ("setting", "named"),
    [
        ({"FEIRA_ORDERS_PAYMENTS_KEY": ""}, "FEIRA_ORDERS_PAYMENTS_KEY"),
        ({"FEIRA_SANDBOX_PORT": "http"}, "FEIRA_SANDBOX_PORT"),
        ({"FEIRA_SANDBOX_RESEND": "1,soon"}, "FEIRA_SANDBOX_RESEND"),
        ({"FEIRA_SANDBOX_PORT": "taken"}, "cannot listen on 127.0.0.1:"),
        ({"FEIRA_SANDBOX_STATE": "broken"}, "line 1 is not a fact"),
    ],
)
async def test_a_sandbox_that_cannot_start_says_why_in_one_sentence(
    tmp_path: Path, setting: dict[str, str], named: str
) -> None:
    book = tmp_path / "ledger.jsonl"
    book.write_text('["refunded",{"payment_id":"pay_never_created"}]\n')
    with socket.create_server(("127.0.0.1", 0)) as taken:
        places = {"broken": str(book), "taken": str(taken.getsockname()[1])}
        process = await launch(
            **{name: places.get(value, value) for name, value in setting.items()}
        )
        said, complained = await process.communicate()
    assert process.returncode == 2
    assert said == b""
    assert named in complained.decode()
    assert complained.count(b"\n") == 1
    assert book.read_text().endswith('created"}]\n'), "a book that cannot be read is left as it is"
