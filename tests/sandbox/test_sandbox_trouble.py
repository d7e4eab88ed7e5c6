"""Trouble on demand that comes with callbacks and calls: lies, old news, silence."""

from typing import Any

import httpx
import pytest

from tests.sandbox.world import Merchant, Sandbox
from tests.support.eventually import eventually


async def settled(sandbox: Sandbox, **counted: int) -> dict[str, Any]:
    """The counts of callbacks once none is on its way and these have come so far."""
    seen: dict[str, Any] = {}

    async def done() -> bool:
        seen.update((await sandbox.look("/"))["callbacks"])
        return not seen["pending"] and all(seen[name] >= n for name, n in counted.items())

    await eventually(done)
    return seen


async def test_a_stranger_lies_once_and_his_signature_does_not_fit(merchant: Merchant) -> None:
    async with Sandbox.running() as sandbox:
        for signature in ("hmac-sha256", "rsa-sha256"):
            payment_id = await sandbox.asked(merchant, signature=signature)
            await sandbox.pay(payment_id, outcome="fail", forged=True)
        counts = await settled(sandbox)
    lies = [one for one in merchant.heard if one.says["status"] == "succeeded"]
    truths = [one for one in merchant.heard if one.says["status"] == "failed"]
    assert (len(lies), len(truths)) == (2, 2)
    assert not any(one.is_signed() for one in lies)
    assert counts["tricks_taken"] == 2, "this merchant believes everything"


async def test_a_trick_that_is_turned_away_does_not_come_again(merchant: Merchant) -> None:
    merchant.answers.append(403)
    async with Sandbox.running() as sandbox:
        payment_id = await sandbox.asked(merchant)
        await sandbox.pay(payment_id, lost=True, forged=True)
        counts = await settled(sandbox)
    assert (counts["tricks_refused"], counts["tricks_taken"], counts["tries"]) == (1, 0, 1)


async def test_old_news_is_signed_truly_but_long_ago(sandbox: Sandbox, merchant: Merchant) -> None:
    await sandbox.paid(merchant, stale=True)
    heard = sorted(await eventually(lambda: merchant.all(2)), key=lambda one: one.age)
    assert all(one.is_signed() for one in heard)
    assert heard[0].is_fresh()
    assert heard[1].age > 3000


async def test_a_callback_is_played_again_to_the_letter_once_it_is_taken(
    sandbox: Sandbox, merchant: Merchant
) -> None:
    merchant.answers.extend([500, 200])
    await sandbox.paid(merchant, replay=True)
    refused, taken, again = await eventually(lambda: merchant.all(3))
    assert (taken.headers, taken.body) == (again.headers, again.body)
    assert refused.headers["x-sandbox-nonce"] != taken.headers["x-sandbox-nonce"]


async def test_a_callback_may_tell_another_amount_than_the_query(
    sandbox: Sandbox, merchant: Merchant
) -> None:
    payment_id = await sandbox.paid(merchant, wrong_amount=True)
    [heard] = await eventually(lambda: merchant.all(1))
    assert heard.is_signed()
    assert heard.says["amount"] == 4801
    payment = await sandbox.payment(payment_id)
    assert (payment["amount"], payment["captured"]) == (4800, 4800)


async def test_trouble_comes_to_all_when_it_is_ordered_for_all(
    sandbox: Sandbox, merchant: Merchant
) -> None:
    names = ("forged", "stale", "replay", "wrong_amount", "shuffle", "duplicate")
    faults = {f"{name}_percent": 100 for name in names}
    assert (await sandbox.http.post("/faults", json={**faults, "seed": 3})).status_code == 200
    await sandbox.paid(merchant)
    heard = await eventually(lambda: merchant.all(6))  # two copies, each replayed, and two tricks
    assert {one.says["amount"] for one in heard} == {4801}
    assert len({one.headers["x-sandbox-nonce"] for one in heard}) == 4


async def test_ordering_no_rare_trouble_changes_nobodys_luck(
    sandbox: Sandbox, merchant: Merchant
) -> None:
    rounds: list[list[str]] = []
    for rare in ({}, {"stale_percent": 50, "replay_percent": 50}):
        await sandbox.http.post("/faults", json={"fail_percent": 50, "seed": 8, **rare})
        paid = [await sandbox.paid(merchant) for _ in range(20)]
        rounds.append([(await sandbox.payment(one))["status"] for one in paid])
    assert rounds[0] == rounds[1]
    assert len(set(rounds[0])) == 2


async def test_a_call_may_act_and_then_say_nothing_for_too_long(
    sandbox: Sandbox, merchant: Merchant
) -> None:
    payment_id = await sandbox.paid(merchant, 1000)
    await sandbox.http.post("/faults", json={"timeout_percent": 100, "timeout_ms": 60_000})
    headers, wish = {"Idempotency-Key": "r1"}, {"amount": 400, "reason": "the tart was broken"}
    with pytest.raises(httpx.ReadTimeout):
        await sandbox.http.post(
            f"/payments/{payment_id}/refunds", json=wish, headers=headers, timeout=0.3
        )
    await sandbox.http.delete("/faults")
    assert (await sandbox.payment(payment_id))["refunded"] == 400, "it had happened"
    again = await sandbox.refund(payment_id, 400, "r1")
    assert again.status_code == 201
    assert (await sandbox.payment(payment_id))["refunded"] == 400, "and happens once"
