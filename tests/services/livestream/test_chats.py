"""The chat at its doors: spoken over HTTP, heard on streams, moderated, flooded."""

import asyncio
import json
from collections.abc import Callable
from typing import Any

import httpx
from pymongo import MongoClient

from services.livestream.chat.author import author_of
from services.livestream.routes.chat import MESSAGES_AT_ONCE, MessagesView
from shared.events.catalog import ListingState
from shared.events.ids import new_id
from shared.events.livestream import (
    AuthorBanned,
    AuthorMuted,
    AuthorUnbanned,
    AuthorUnmuted,
    ChatMessageHidden,
    ChatMessageSent,
    ChatSlowed,
)
from tests.services.livestream.studio import PRICES, Studio, listed, watching
from tests.support.bus import header, listening
from tests.support.eventually import eventually
from tests.support.serving import Client


async def say(
    who: Client, session_id: str, text: str = "早安", *, key: str = "", **more: str
) -> httpx.Response:
    wish = {"text": text, "nick": "Li"} | more
    return await who.post(f"/rooms/{session_id}/messages", wish, key=key)


async def read_up(studio: Studio, session_id: str, after: int = 0) -> dict[str, Any]:
    return (await studio.anybody.get(f"/rooms/{session_id}/messages?after={after}")).json()


async def test_what_is_said_is_heard_by_all_who_watch_and_by_who_comes_later(
    studio: Studio,
) -> None:
    session_id = await studio.live()
    typed = "  <b>早安</b> & bom dia  "
    async with watching(studio.url, session_id) as viewer:
        empty = (await viewer.sees("snapshot")).data["chat"]
        assert empty == {"last_sequence": 0, "slow_seconds": 0, "recent": []}
        said = await say(studio.buyer, session_id, typed, device="phone-1")
        assert said.status_code == 201, said.text
        message = said.json()
        assert message["text"] == "<b>早安</b> & bom dia"
        assert message["author"] == {
            "id": author_of(session_id, "buyer-li"),
            "nick": "Li",
            "role": "buyer",
        }
        heard = (await viewer.sees("chat")).data
        assert heard == message
    async with watching(studio.url, session_id) as late:
        shown = (await late.sees("snapshot")).data["chat"]
        assert shown == {"last_sequence": 1, "slow_seconds": 0, "recent": [message]}


async def test_the_same_wish_again_says_nothing_twice(studio: Studio) -> None:
    session_id = await studio.live()
    key = new_id()
    first, again = [await say(studio.buyer, session_id, key=key) for _ in range(2)]
    assert first.json() == again.json()
    assert (await say(studio.buyer, session_id)).json()["sequence"] == 2


async def test_who_comes_back_reads_up_from_the_sequence_they_saw(studio: Studio) -> None:
    session_id = await studio.live()
    for n in range(1, 4):
        await say(studio.buyer, session_id, f"text {n}")

    async def all_heard() -> bool:
        return (await read_up(studio, session_id))["last_sequence"] == 3

    await eventually(all_heard)
    missed = await read_up(studio, session_id, 1)
    MessagesView.model_validate(missed)
    assert ([one["text"] for one in missed["items"]], missed["reset"]) == (
        ["text 2", "text 3"],
        False,
    )
    assert (await read_up(studio, session_id, 3))["items"] == []
    assert (await read_up(studio, session_id, 9))["reset"] is True


async def test_a_room_that_opens_now_knows_what_was_said_and_hidden_before(
    studio: Studio,
) -> None:
    session_id = await studio.live()
    rude = (await say(studio.buyer, session_id, "rude")).json()
    await say(studio.buyer, session_id, "kind")
    path = f"/rooms/{session_id}/messages/{rude['message_id']}/hiding"
    assert (await studio.host.post(path, {"reason": "Rude"})).status_code == 204
    await studio.host.put(f"/rooms/{session_id}/chat", {"slow_seconds": 5})
    known = await read_up(studio, session_id)
    assert [one["text"] for one in known["items"]] == ["kind"]
    assert (known["hidden"], known["slow_seconds"]) == ([rude["message_id"]], 5)


async def test_anybody_may_read_and_nobody_without_a_token_may_speak(studio: Studio) -> None:
    session_id = await studio.live()
    assert (await say(studio.anybody, session_id)).status_code == 401
    assert (await read_up(studio, session_id))["items"] == []


async def test_a_forged_room_takes_nothing(studio: Studio) -> None:
    for path in ("messages", "chat"):
        no = await studio.anybody.get(f"/rooms/no-such/{path}")
        assert (no.status_code, no.json()["type"]) == (404, "urn:feira:problem:session.unknown")
    no = await say(studio.buyer, "no-such")
    assert (no.status_code, no.json()["type"]) == (404, "urn:feira:problem:session.unknown")


async def test_a_room_that_is_not_open_is_closed_to_talk(studio: Studio) -> None:
    session_id = await studio.scheduled()
    no = await say(studio.buyer, session_id)
    assert (no.status_code, no.json()["type"]) == (409, "urn:feira:problem:chat.closed")


async def test_malformed_wishes_are_refused_by_what_is_wrong(studio: Studio) -> None:
    session_id = await studio.live()
    for text, nick in ((" ", "Li"), ("x" * 501, "Li"), ("x", ""), ("x", "x" * 25)):
        assert (await say(studio.buyer, session_id, text, nick=nick)).status_code == 422
    no = await say(studio.buyer, session_id, nick="主播")
    assert (no.status_code, no.json()["type"]) == (422, "urn:feira:problem:chat.nick-official")
    no = await say(studio.buyer, session_id, "buy at https://evil.example")
    assert (no.status_code, no.json()["host"]) == (422, "evil.example")


async def test_slow_mode_is_told_to_all_and_holds_buyers_back(studio: Studio) -> None:
    session_id = await studio.live()
    path = f"/rooms/{session_id}/chat"
    async with watching(studio.url, session_id) as viewer:
        await viewer.sees("snapshot")
        slowed = await studio.host.put(path, {"slow_seconds": 600})
        assert (slowed.json(), slowed.headers["etag"]) == ({"slow_seconds": 600}, '"1"')
        assert (await viewer.sees("chat-mode")).data == {"slow_seconds": 600}
    assert (await say(studio.buyer, session_id)).status_code == 201
    no = await say(studio.buyer, session_id)
    assert (no.status_code, no.json()["type"]) == (429, "urn:feira:problem:chat.slow")
    assert 590 <= no.json()["retry_after"] <= 600
    assert no.headers["retry-after"] == str(no.json()["retry_after"])
    for _ in range(2):
        assert (await say(studio.host, session_id, nick="Mei")).status_code == 201
    stale = await studio.organiser.put(path, {"slow_seconds": 0}, If_Match='"0"')
    assert stale.status_code == 412
    assert (await studio.organiser.put(path, {"slow_seconds": 0}, If_Match='"1"')).is_success
    assert (await say(studio.buyer, session_id)).status_code == 201


async def test_a_moderator_hides_mutes_and_bans_with_reasons_and_all_of_it_is_told(
    studio: Studio, token: Callable[..., str]
) -> None:
    session_id = await studio.live()
    async with listening(studio.kafka, [ChatSlowed.topic]) as ear:
        async with watching(studio.url, session_id) as viewer:
            message = (await say(studio.buyer, session_id, "rude", device="phone-1")).json()
            author_id = message["author"]["id"]
            path = f"/rooms/{session_id}/messages/{message['message_id']}/hiding"
            assert (await studio.host.post(path, {"reason": "Rude", "deleted": True})).is_success
            hidden = (await viewer.sees("chat-hidden")).data
            assert hidden == {"message_ids": [message["message_id"]], "reason": "Rude"}

        mute = {"author_id": author_id, "seconds": 600, "reason": "Rude"}
        muted = await studio.organiser.post(f"/rooms/{session_id}/mutes", mute)
        assert muted.json()["muted_until"]
        no = await say(studio.buyer, session_id)
        assert (no.status_code, no.json()["type"]) == (403, "urn:feira:problem:chat.muted")
        assert no.json()["until"]
        back = await studio.host.ask("DELETE", f"/rooms/{session_id}/mutes/{author_id}")
        assert back.json()["muted_until"] is None
        assert (await say(studio.buyer, session_id, device="phone-2")).status_code == 201

        ban = {"author_id": author_id, "reason": "Fraud"}
        assert (await studio.host.post(f"/rooms/{session_id}/bans", ban)).json()["banned"] is True
        for device in ("phone-1", "phone-2", "phone-3"):
            no = await say(studio.buyer, session_id, device=device)
            assert (no.status_code, no.json()["type"]) == (403, "urn:feira:problem:chat.banned")
        other = Client(studio.url, token("buyer", "buyer-wu"))
        assert (await say(other, session_id, device="phone-2")).status_code == 403
        assert (await say(other, session_id, device="phone-4")).status_code == 201
        await other.close()
        back = await studio.host.ask("DELETE", f"/rooms/{session_id}/bans/{author_id}")
        assert back.json()["banned"] is False
        assert (await say(studio.buyer, session_id, device="phone-1")).status_code == 201

        assert [header(record, "ce_type") for record in await ear.until(9)] == [
            kind.type
            for kind in (
                ChatMessageSent,
                ChatMessageHidden,
                AuthorMuted,
                AuthorUnmuted,
                ChatMessageSent,
                AuthorBanned,
                ChatMessageSent,
                AuthorUnbanned,
                ChatMessageSent,
            )
        ]


async def test_an_organiser_bans_somebody_from_all_rooms_of_the_festival(studio: Studio) -> None:
    rooms = [await studio.live() for _ in range(2)]
    said = await say(studio.buyer, rooms[0], device="phone-1")
    author_id = said.json()["author"]["id"]
    at = f"/rooms/{rooms[0]}/bans"
    ban = {"author_id": author_id, "reason": "Fraud", "scope": "festival"}
    no = await studio.host.post(at, ban)
    assert (no.status_code, no.json()["type"]) == (403, "urn:feira:problem:chat.not-yours")
    async with listening(studio.kafka, [ChatSlowed.topic]) as ear:
        done = await studio.organiser.post(at, ban)
        assert (done.json()["banned"], done.json()["bans"]) == (True, ["festival"])
        for room in rooms:
            no = await say(studio.buyer, room)
            assert (no.status_code, no.json()["type"]) == (403, "urn:feira:problem:chat.banned")
            assert (await say(studio.other_buyer, room, device="phone-1")).status_code == 403
        assert (await say(studio.other_buyer, rooms[1], device="phone-2")).status_code == 201
        assert (await studio.host.ask("DELETE", f"{at}/{author_id}")).status_code == 403
        back = await studio.organiser.ask("DELETE", f"{at}/{author_id}")
        assert (back.json()["banned"], back.json()["bans"]) == (False, [])
        for room in rooms:
            assert (await say(studio.buyer, room, device="phone-1")).status_code == 201
        told = [
            json.loads(r.value or b"") for r in await ear.until(3) if r.key == rooms[0].encode()
        ]
    assert [(one["author_id"], one["scope"]) for one in told[:2]] == [(author_id, "festival")] * 2


async def test_a_ban_from_all_rooms_goes_for_devices_of_any_of_them_and_for_those_tried_later(
    studio: Studio,
) -> None:
    here, there, third = [await studio.live() for _ in range(3)]
    for sku, amount in PRICES.items():
        offer = listed(sku, amount).offer
        assert offer
        lisbon = offer.model_copy(update={"festival_id": "lisbon-2026"})
        await studio.says(ListingState(listing_id=f"lisbon-{sku}", offer=lisbon))
    abroad = await studio.live(festival_id="lisbon-2026")
    said = await say(studio.buyer, here, device="phone-a1")
    for room, device in ((there, "laptop-a1"), (abroad, "kiosk-a1")):
        assert (await say(studio.buyer, room, device=device)).status_code == 201
    author_id = said.json()["author"]["id"]
    ban = {"author_id": author_id, "reason": "Fraud", "scope": "festival"}
    assert (await studio.organiser.post(f"/rooms/{here}/bans", ban)).is_success

    async def barred(who: Client, room: str, device: str) -> bool:
        async def said() -> httpx.Response:
            answer = await say(who, room, device=device)
            assert answer.status_code != 429, "too much at once"
            return answer

        answer = await eventually(said)
        if answer.status_code == 201:
            return False
        assert answer.json()["type"] == "urn:feira:problem:chat.banned"
        return True

    wu = studio.other_buyer
    assert [await barred(wu, third, device) for device in ("phone-a1", "laptop-a1")] == [True] * 2
    assert not await barred(wu, third, "kiosk-a1"), "of another festival"
    assert not await barred(wu, third, "tablet-a1")
    # Where they try again the device goes with them, also into rooms they were never in.
    assert await barred(studio.buyer, there, "tablet-a1")
    assert await barred(wu, third, "tablet-a1")
    assert not await barred(wu, abroad, "tablet-a1")

    assert (await studio.organiser.ask("DELETE", f"/rooms/{here}/bans/{author_id}")).is_success
    for device in ("phone-a1", "laptop-a1", "tablet-a1"):
        assert not await barred(wu, third, device)


async def test_who_is_banned_and_goes_on_trying_makes_nothing_be_written(
    studio: Studio, mongo_url: str, database: str
) -> None:
    room = await studio.live()
    author_id = (await say(studio.buyer, room, device="phone-b1")).json()["author"]["id"]
    ban = {"author_id": author_id, "reason": "Fraud", "scope": "room"}
    assert (await studio.organiser.post(f"/rooms/{room}/bans", ban)).is_success
    for _ in range(3):
        assert (await say(studio.buyer, room, device="tablet-b1")).status_code == 403
    with MongoClient[dict[str, Any]](mongo_url) as client:
        acted = [
            change["cause"]
            for page in client[database]["journal"].find({"changes": {"$exists": True}})
            for change in page["changes"]
        ]
    assert sum(cause.endswith("device") for cause in acted) == 1


async def test_only_who_looks_after_a_room_moderates_it(studio: Studio) -> None:
    session_id = await studio.live()
    message = (await say(studio.buyer, session_id)).json()
    author_id = message["author"]["id"]
    room = f"/rooms/{session_id}"
    wishes = (
        ("POST", f"{room}/messages/{message['message_id']}/hiding", {"reason": "x"}),
        ("POST", f"{room}/mutes", {"author_id": author_id, "seconds": 5, "reason": "x"}),
        ("DELETE", f"{room}/mutes/{author_id}", None),
        ("POST", f"{room}/bans", {"author_id": author_id, "reason": "x"}),
        ("DELETE", f"{room}/bans/{author_id}", None),
        ("PUT", f"{room}/chat", {"slow_seconds": 5}),
    )
    for who in (studio.buyer, studio.other_host):
        for method, path, wish in wishes:
            no = await who.ask(method, path, wish)
            assert (no.status_code, no.json()["type"]) == (
                403,
                "urn:feira:problem:chat.not-yours",
            ), path


async def test_moderators_see_who_may_not_speak_why_and_until_when_and_nobody_else_does(
    studio: Studio, token: Callable[..., str]
) -> None:
    session_id, elsewhere = await studio.live(), await studio.live()
    path = f"/rooms/{session_id}/silenced"
    wu = Client(studio.url, token("buyer", "buyer-wu"))
    said = [(await say(who, session_id)).json()["author"]["id"] for who in (studio.buyer, wu)]
    muted, banned = said
    mute = {"author_id": muted, "seconds": 600, "reason": "spam"}
    until = (await studio.host.post(f"/rooms/{session_id}/mutes", mute)).json()["muted_until"]
    ban = {"author_id": banned, "reason": "insult"}
    assert (await studio.host.post(f"/rooms/{session_id}/bans", ban)).is_success

    for moderator in (studio.host, studio.organiser):
        shown = (await moderator.get(path)).json()
        known = {one["author_id"]: one for one in shown["items"]}
        assert [known[who]["reason"] for who in said] == ["spam", "insult"]
        assert [known[who]["muted_until"] for who in said] == [until, None]
        assert [known[who]["banned"] for who in said] == [False, True]
    first = (await studio.host.get(f"{path}?limit=1")).json()
    second = (await studio.host.get(f"{path}?limit=1&cursor={first['next']}")).json()
    pages = [[one["author_id"] for one in page["items"]] for page in (first, second)]
    assert (pages, second["next"]) == ([[who] for who in sorted(said)], None)
    assert (await studio.host.get(f"/rooms/{elsewhere}/silenced")).json()["items"] == []
    for nosy in (studio.buyer, studio.other_host):
        no = await nosy.get(path)
        assert (no.status_code, no.json()["type"]) == (403, "urn:feira:problem:chat.not-yours")

    await studio.host.ask("DELETE", f"/rooms/{session_id}/bans/{banned}")
    await studio.host.post(f"/rooms/{session_id}/mutes", mute | {"seconds": 1})

    async def all_speak() -> bool:
        return (await studio.host.get(path)).json()["items"] == []

    await eventually(all_speak)
    assert (await say(studio.buyer, session_id)).status_code == 201
    await wu.close()


async def test_what_was_said_in_one_room_is_not_moderated_from_another(studio: Studio) -> None:
    session_id, other = await studio.live(), await studio.live()
    message = (await say(studio.buyer, session_id)).json()
    hide = f"/rooms/{other}/messages/{message['message_id']}/hiding"
    assert (await studio.host.post(hide, {"reason": "x"})).status_code == 404
    ban = {"author_id": message["author"]["id"], "reason": "x"}
    assert (await studio.host.post(f"/rooms/{other}/bans", ban)).status_code == 404


async def test_organisers_list_the_words_that_no_chat_takes(studio: Studio) -> None:
    session_id = await studio.live()
    path = "/chat/words/en"
    assert (await studio.host.put(path, {"words": ["best"]})).status_code == 403
    before = await studio.organiser.get(path)
    listed = await studio.organiser.put(path, {"words": ["best", "Cure"]})
    assert (listed.json(), before.json()["words"]) == (
        {"locale": "en", "words": ["Cure", "best"]},
        [],
    )
    no = await say(studio.buyer, session_id, "it is the B E S T")
    assert (no.status_code, no.json()["type"]) == (422, "urn:feira:problem:chat.words")
    assert (await say(studio.host, session_id, "the best", nick="Mei")).status_code == 201
    assert (await studio.organiser.put(path, {"words": []})).status_code == 412
    emptied = await studio.organiser.put(path, {"words": []}, If_Match=listed.headers["etag"])
    assert emptied.json()["words"] == []
    assert (await say(studio.buyer, session_id, "it is the best")).status_code == 201


async def test_a_flood_from_one_viewer_is_refused_before_it_is_written_and_others_talk_on(
    studio: Studio,
) -> None:
    session_id = await studio.live()
    await say(studio.host, session_id, nick="Mei")

    async def one(n: int) -> int:
        answer = await say(studio.buyer, session_id, f"buy {n}")
        if answer.status_code == 429:
            assert answer.json()["type"] == "urn:feira:problem:flood"
            assert int(answer.headers["retry-after"]) >= 1
        return answer.status_code

    told = await asyncio.gather(*(one(n) for n in range(100)))
    assert set(told) == {201, 429}
    assert MESSAGES_AT_ONCE <= told.count(201) <= MESSAGES_AT_ONCE + 30
    said = await say(studio.host, session_id, nick="Mei")
    assert said.json()["sequence"] == told.count(201) + 2


async def test_a_slowed_chat_is_told_on_the_bus(studio: Studio) -> None:
    session_id = await studio.live()
    async with listening(studio.kafka, [ChatSlowed.topic]) as ear:
        await studio.organiser.put(f"/rooms/{session_id}/chat", {"slow_seconds": 7})
        [slowed] = await ear.until(1)
    assert json.loads(slowed.value or b"") == {
        "session_id": session_id,
        "seconds": 7,
        "by": "organiser-ana",
    }
