"""The inbox: every message is there, whether or not mail worked."""

from datetime import timedelta
from typing import Any

from shared.events.ids import new_id
from tests.services.notify.conftest import Notify, new_name
from tests.support.eventually import eventually
from tests.support.serving import Client


async def inbox(client: Client, query: str = "") -> dict[str, Any]:
    answer = await client.get(f"/inbox{query}")
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_messages_are_read_page_by_page_the_newest_first(notify: Notify) -> None:
    buyer, email, client = await notify.knows("en")
    orders = [(await notify.confirms(buyer)).order_id for _ in range(7)]
    await notify.mailed(email, 7)
    found: list[dict[str, Any]] = []
    page = await inbox(client, "?limit=3")
    assert page["unread"] == 7
    while True:
        found += page["items"]
        if page["next"] is None:
            break
        page = await inbox(client, f"?limit=3&cursor={page['next']}")
    assert len({message["message_id"] for message in found}) == 7
    assert [message["at"] for message in found] == sorted(
        (message["at"] for message in found), reverse=True
    )
    assert {message["subject"] for message in found} == {
        f"Order {order} confirmed" for order in orders
    }


async def test_a_message_is_read_once_by_its_reader_and_by_nobody_else(notify: Notify) -> None:
    buyer, email, client = await notify.knows()
    await notify.confirms(buyer)
    await notify.mailed(email)
    [message] = (await inbox(client))["items"]
    reading = f"/inbox/{message['message_id']}/reading"
    for stranger in (notify.client(), notify.client("operator")):
        answer = await stranger.post(reading)
        assert answer.status_code == 404, answer.text
        assert (await inbox(stranger))["items"] == []
    assert (await client.post(f"/inbox/{new_id()}/reading")).status_code == 404
    for _ in range(2):
        assert (await client.post(reading)).status_code == 204
    page = await inbox(client)
    assert page["unread"] == 0
    assert page["items"][0]["read_at"] is not None


async def test_the_inbox_does_not_wait_for_mail(notify: Notify) -> None:
    buyer, email, client = await notify.knows()
    await notify.settled()
    notify.postbox.patience.clear()
    try:
        await notify.confirms(buyer)

        async def there() -> list[Any]:
            return (await inbox(client))["items"]

        [message] = await eventually(there)
        assert message["mail"] in {"queued", "sending"}
        assert notify.postbox.to(email) == []
    finally:
        notify.postbox.patience.set()
    await notify.mailed(email)

    async def sent() -> bool:
        return (await inbox(client))["items"][0]["mail"] == "sent"

    await eventually(sent)


async def test_of_one_who_was_forgotten_nothing_is_kept(notify: Notify) -> None:
    """More messages than one step erases, some of them still to be mailed."""
    count = 120
    buyer, email, client = await notify.knows("en", name="Rui Canário")
    first = [await notify.confirms(buyer) for _ in range(3)]
    await notify.mailed(email, len(first))
    notify.postbox.patience.clear()
    try:
        orders = first + [await notify.confirms(buyer) for _ in range(count - len(first))]

        async def all_there() -> bool:
            asked = {"recipient_id": buyer, "text": {"$ne": ""}}
            return await notify.mongo["messages"].count_documents(asked) == count

        await eventually(all_there)
        assert (await client.ask("DELETE", "/recipients/me")).status_code == 204

        async def erased() -> bool:
            kept = await notify.mongo["messages"].find({"recipient_id": buyer}).to_list(None)
            person = await notify.mongo["recipients"].find_one({"_id": buyer})
            words = str([kept, person])
            return not any(word in words for word in [email, "Rui", *(o.order_id for o in orders)])

        await eventually(erased)
        assert await inbox(client) == {"items": [], "next": None, "unread": 0}
    finally:
        notify.postbox.patience.set()
    # Who comes back begins anew.
    await client.put("/recipients/me", {"email": email, "locale": "en"})
    await notify.confirms(buyer)

    async def one() -> bool:
        return len((await inbox(client))["items"]) == 1

    await eventually(one)


async def test_messages_expire(notify: Notify) -> None:
    buyer, email, _ = await notify.knows()
    await notify.confirms(buyer)
    await notify.mailed(email)
    messages = notify.mongo["messages"]
    kept = await messages.find_one({"recipient_id": buyer})
    assert kept
    assert kept["expires_at"] - kept["queued_at"] == timedelta(days=90)
    expiry = (await messages.index_information())["expiry"]
    assert (expiry["key"], expiry["expireAfterSeconds"]) == ([("expires_at", 1)], 0)


async def test_whoever_is_not_signed_in_is_nobody(notify: Notify) -> None:
    stranger = Client(notify.url, "")
    for path in ("/inbox", "/recipients/me", "/follows", "/endpoints"):
        assert (await stranger.get(path)).status_code == 401
    await stranger.close()


async def test_an_address_must_be_one_and_is_not_repeated_when_it_is_not(notify: Notify) -> None:
    client = notify.client(subject=new_name("buyer"))
    for email in (
        "rui",
        "rui@",
        "@example.mo",
        "rui@example.mo\r\nBcc: ana@example.mo",
        "rui@example.mo\n",
        "rui canary@example.mo",
        "rui@exa mple.mo",
        "rui@example.mo, ana@example.mo",
        "Rui <rui@example.mo>",
        '"rui\n"@example.mo',
        "rui@example..mo",
        "rui@-example.mo",
        "鮑@example.mo",
        "r" * 65 + "@example.mo",
        "rui@" + "m" * 260 + ".mo",
    ):
        answer = await client.put("/recipients/me", {"email": email, "locale": "pt"})
        assert answer.status_code == 422, email
        assert "rui" not in answer.text
    wish = {"email": "rui.o+feira@mail.example.mo", "locale": "pt"}
    assert (await client.put("/recipients/me", wish)).status_code == 200
    assert (await client.put("/recipients/me", wish | {"vip": True})).status_code == 422
    assert (await client.put("/recipients/me", wish | {"locale": "fr"})).status_code == 422
