"""Mail: what happened reaches those it concerns, once, in their language."""

import asyncio
from typing import Any

import pytest

from shared.events.ids import new_id
from shared.events.orders import RefundPaid
from tests.services.notify.conftest import PRICE, Notify, confirmed, new_name, placed, product
from tests.support.eventually import eventually

NAMES = ("Pastel de nata", "葡撻", "葡挞", "Egg tart")


async def test_an_order_confirmed_three_times_over_is_one_mail(notify: Notify) -> None:
    buyer, email, _ = await notify.knows()
    order = confirmed(buyer)
    await notify.hears(order, times=3)
    await notify.settled()
    [letter] = notify.postbox.to(email)
    assert order.order_id in letter.subject


@pytest.mark.parametrize(
    ("locale", "named", "total"),
    [
        ("pt", "Pastel de nata", "96,00"),
        ("zh-Hant", "葡撻", "MOP$96.00"),
        ("zh-Hans", "葡挞", "MOP96.00"),
        ("en", "Egg tart", "MOP96.00"),
    ],
)
async def test_everybody_is_written_to_in_their_own_language(
    notify: Notify, locale: Any, named: str, total: str
) -> None:
    sku = new_name("tart")
    await notify.hears(product(sku, NAMES))
    await notify.settled()
    buyer, email, _ = await notify.knows(locale, name="何美玲")
    order = await notify.confirms(buyer, sku=sku)
    [letter] = await notify.mailed(email)
    assert named in letter.text
    assert total in letter.text
    assert order.order_id in letter.text
    assert not any(other in letter.text for other in NAMES if other != named)
    assert letter.message["Content-Language"] == locale
    assert letter.message["To"].addresses[0].display_name == "何美玲"
    assert letter.message["From"].addresses[0].addr_spec == "feira@festival.example"


async def test_a_buyer_nobody_knows_and_a_sale_at_the_booth_are_written_to_nobody(
    notify: Notify,
) -> None:
    cashier, email, client = await notify.knows()
    await notify.confirms(new_name("stranger"))
    await notify.hears(placed(sale := confirmed(cashier, channel="booth")))
    await notify.hears(sale)
    await notify.hears(
        RefundPaid(order_id=sale.order_id, payment_id="p1", refund_id="r1", amount=PRICE)
    )
    await notify.settled()
    assert notify.postbox.to(email) == []
    assert (await client.get("/inbox")).json() == {"items": [], "next": None, "unread": 0}


async def test_a_refund_is_told_to_whoever_placed_the_order(notify: Notify) -> None:
    buyer, email, _ = await notify.knows("en")
    order = confirmed(buyer)
    refund = RefundPaid(order_id=order.order_id, payment_id="p1", refund_id="r1", amount=PRICE)
    # All at once: the refund must not overtake the order it belongs to.
    await asyncio.gather(notify.hears(placed(order)), notify.hears(refund, times=2))
    [letter] = await notify.mailed(email)
    assert "MOP48.00" in letter.text
    assert order.order_id in letter.subject


async def test_a_server_that_says_not_now_gets_the_very_same_letter_again(notify: Notify) -> None:
    buyer, email, _ = await notify.knows()
    notify.postbox.replies.extend(["451 4.3.0 later"] * 3)
    await notify.confirms(buyer)
    [letter] = await notify.mailed(email)
    assert letter.id.endswith("@festival.example>")
    await notify.settled()
    assert len(notify.postbox.to(email)) == 1


async def test_a_letter_whose_taking_was_never_confirmed_comes_again_under_the_same_id(
    notify: Notify,
) -> None:
    buyer, email, _ = await notify.knows()
    notify.postbox.cuts = 1
    await notify.confirms(buyer)
    first, again = await notify.mailed(email, 2)
    assert first.id == again.id
    assert first.raw == again.raw


async def test_a_mailbox_that_does_not_exist_is_not_tried_again_and_its_address_kept_private(
    notify: Notify,
) -> None:
    buyer, email, client = await notify.knows()
    notify.postbox.replies.append("550 5.1.1 <%> no such mailbox")
    await notify.confirms(buyer)

    async def failed() -> Any:
        found = await notify.mongo["messages"].find_one({"recipient_id": buyer})
        return found if found and found["status"] == "failed" else None

    message = await eventually(failed)
    assert message["reason"] == "smtp-550 5.1.1"
    [shown] = (await client.get("/inbox")).json()["items"]
    assert shown["mail"] == "failed"
    assert shown["text"]
    await notify.settled()
    assert notify.postbox.to(email) == []


async def test_mail_waits_for_a_server_that_is_away(notify: Notify) -> None:
    people = [await notify.knows() for _ in range(5)]
    await notify.settled()
    await notify.postbox.down()
    try:
        for buyer, _, _ in people:
            await notify.confirms(buyer)

        async def queued() -> bool:
            asked = {"recipient_id": {"$in": [buyer for buyer, _, _ in people]}}
            return await notify.mongo["messages"].count_documents(asked) == len(people)

        await eventually(queued)
        assert not any(notify.postbox.to(email) for _, email, _ in people)
    finally:
        await notify.postbox.up()
    for _, email, _ in people:
        assert len(await notify.mailed(email)) == 1


async def test_a_name_is_shown_as_it_is_and_cannot_become_a_header(notify: Notify) -> None:
    buyer, email, client = await notify.knows(name='Rui "o Padeiro" <rui@example.com>, 李')
    await notify.confirms(buyer)
    [letter] = await notify.mailed(email)
    [to] = letter.message["To"].addresses
    assert (to.addr_spec, to.display_name) == (email, 'Rui "o Padeiro" <rui@example.com>, 李')
    for name in ("Rui\r\nBcc: ana@example.mo", "Rui\nBcc: ana@example.mo", "Rui\x00"):
        wish = {"email": email, "locale": "pt", "name": name}
        assert (await client.put("/recipients/me", wish)).status_code == 422


async def test_nobody_who_was_forgotten_is_written_to(notify: Notify) -> None:
    buyer, email, client = await notify.knows()
    assert (await client.ask("DELETE", "/recipients/me")).status_code == 204
    assert (await client.get("/recipients/me")).status_code == 404
    await notify.confirms(buyer)
    await notify.settled()
    assert notify.postbox.to(email) == []
    kept = await notify.mongo["recipients"].find_one({"_id": buyer})
    assert kept
    assert email not in str(kept)


async def test_an_address_is_replaced_only_by_who_has_seen_it(notify: Notify) -> None:
    _, email, client = await notify.knows()
    seen = (await client.get("/recipients/me")).headers["etag"]
    here, there = ({"email": each, "locale": "pt"} for each in (email, "new@example.mo"))
    assert (await client.put("/recipients/me", here)).headers["etag"] == seen
    blind = await client.put("/recipients/me", there)
    assert (blind.status_code, blind.json()["type"]) == (412, "urn:feira:problem:version.missing")
    moved = await client.put("/recipients/me", there, If_Match=seen)
    assert (moved.status_code, moved.json()["email"]) == (200, "new@example.mo")
    stale = await client.put("/recipients/me", here, If_Match=seen)
    assert (stale.status_code, stale.json()["type"]) == (412, "urn:feira:problem:version.stale")
    assert (await client.ask("DELETE", "/recipients/me")).status_code == 204
    assert (await client.put("/recipients/me", here)).status_code == 200


async def test_a_lost_key_of_a_wish_is_no_second_person(notify: Notify) -> None:
    client = notify.client(subject=new_name("buyer"))
    key, wish = new_id(), {"email": "ana@example.mo", "locale": "pt"}
    for _ in range(2):
        assert (await client.put("/recipients/me", wish, key=key)).status_code == 200
    other = wish | {"email": "rui@example.mo"}
    assert (await client.put("/recipients/me", other, key=key)).status_code == 422
    shown = await client.get("/recipients/me")
    assert shown.json() == wish | {"name": ""}
    assert shown.headers["etag"] == '"1"'
