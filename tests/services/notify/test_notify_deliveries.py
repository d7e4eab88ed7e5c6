"""Deliveries: systems are told what they asked for, signed, until they have it."""

import time
from itertools import pairwise
from typing import Any

from services.notify.courier import HANDED
from shared.events.ids import new_id
from shared.events.orders import OrderConfirmed, OrderExpired
from tests.services.notify.conftest import Notify, confirmed, new_name
from tests.services.notify.receiver import Heard, Receiver
from tests.support.eventually import eventually
from tests.support.serving import Client


async def heard(receiver: Receiver, count: int, within: float = 30) -> list[Heard]:
    """What a receiver heard, once it is so much."""
    await eventually(lambda: len(receiver.heard) >= count, within=within)
    return receiver.heard


async def answered(receiver: Receiver, count: int) -> Heard:
    """The last of so many that came to where a receiver answers."""

    def came() -> list[Heard]:
        return [came for came in receiver.heard if came.path not in receiver.silent]

    await eventually(lambda: len(came()) == count, within=30)
    return came()[-1]


async def ended(notify: Notify, owner: Client, endpoint: str, status: str) -> dict[str, Any]:
    """The newest delivery of an endpoint, once it stands like that."""

    async def look() -> Any:
        log = await notify.log(owner, endpoint)
        return log[0] if log and log[0]["status"] == status else None

    return await eventually(look, within=20)


async def test_a_fact_is_delivered_as_the_standard_has_it(
    notify: Notify, receiver: Receiver
) -> None:
    owner, endpoint, secret = await notify.registers(receiver)
    order = confirmed("ana")
    event_id = await notify.hears(order, times=3)
    [came] = await heard(receiver, 1)
    assert came.path == "/feira"
    assert came.headers["content-type"] == "application/json"
    assert came.headers["host"] == f"127.0.0.1:{receiver.port}"
    assert came.id == event_id
    says = came.verified(secret)
    assert set(says) == {"type", "timestamp", "data"}
    assert says["type"] == OrderConfirmed.type
    assert says["timestamp"].endswith("Z")
    assert OrderConfirmed.model_validate(says["data"]) == order
    done = await ended(notify, owner, endpoint, "delivered")
    assert (done["event_id"], done["due"]) == (event_id, None)
    [attempt] = done["attempts"]
    assert (attempt["status"], attempt["error"]) == (200, None)
    await notify.settled()
    assert [came.id for came in receiver.heard].count(event_id) == 1


async def test_only_what_was_asked_for_is_told_and_from_then_on(
    notify: Notify, receiver: Receiver
) -> None:
    await notify.hears(confirmed("ana"))
    await notify.registers(receiver)
    wanted = await notify.hears(confirmed("ana"))
    await notify.hears(OrderExpired(order_id=new_id(), buyer_id="ana", lines=()))
    await heard(receiver, 1)
    await notify.settled()  # which confirms one more order
    assert (await heard(receiver, 2))[0].id == wanted
    assert all(came.says["type"] == OrderConfirmed.type for came in receiver.heard)


async def test_an_endpoint_registered_just_before_a_fact_is_told_it(notify: Notify) -> None:
    async with Receiver.listening() as late:
        for _ in range(10):
            late.heard.clear()
            owner, endpoint, _ = await notify.registers(late)
            event_id = await notify.hears(confirmed("ana"))
            [came] = await heard(late, 1)
            assert came.id == event_id
            assert (await owner.ask("DELETE", f"/endpoints/{endpoint}")).status_code == 204


async def test_a_receiver_that_was_down_gets_the_same_fact_when_it_is_up(
    notify: Notify, receiver: Receiver
) -> None:
    owner, endpoint, secret = await notify.registers(receiver)
    await receiver.down()
    event_id = await notify.hears(confirmed("ana"))

    async def failing() -> bool:
        log = await notify.log(owner, endpoint)
        return bool(log and log[0]["attempts"])

    await eventually(failing)
    shown = (await owner.get(f"/endpoints/{endpoint}")).json()
    assert shown["failing_since"]
    await receiver.up()
    [came] = await heard(receiver, 1)
    assert came.id == event_id
    assert came.verified(secret)
    done = await ended(notify, owner, endpoint, "delivered")
    assert done["attempts"][0]["error"] == "unreachable"
    assert done["attempts"][-1]["status"] == 200

    async def well() -> bool:
        return "failing_since" not in (await owner.get(f"/endpoints/{endpoint}")).json()

    await eventually(well)


async def test_every_attempt_has_the_same_id_and_body_and_a_signature_of_its_own_time(
    notify: Notify, receiver: Receiver
) -> None:
    _, _, secret = await notify.registers(receiver)
    receiver.answers.extend([500, 503, 404, 300])
    await notify.hears(confirmed("ana"))
    came = await heard(receiver, 5)
    assert len({one.id for one in came}) == 1
    assert len({one.body for one in came}) == 1
    assert all(one.verified(secret) for one in came)
    assert int(came[-1].headers["webhook-timestamp"]) > int(came[0].headers["webhook-timestamp"])


async def test_a_redirect_is_not_followed(notify: Notify, receiver: Receiver) -> None:
    async with Receiver.listening() as inside:
        owner, endpoint, _ = await notify.registers(receiver)
        receiver.headers = f"Location: {inside.url}\r\n"
        receiver.answers.extend([301, 302, 303, 307, 308])
        await notify.hears(confirmed("ana"))
        await heard(receiver, 6)
        done = await ended(notify, owner, endpoint, "delivered")
        assert [attempt["status"] for attempt in done["attempts"]] == [301, 302, 303, 307, 308, 200]
        assert inside.connections == 0


async def test_one_who_is_gone_is_told_nothing_any_more_until_it_comes_back(
    notify: Notify, receiver: Receiver
) -> None:
    owner, endpoint, secret = await notify.registers(receiver)
    receiver.answers.append(410)
    await notify.hears(confirmed("ana"))
    gone = await ended(notify, owner, endpoint, "failed")
    assert gone["reason"] == "endpoint-gone"
    shown = (await owner.get(f"/endpoints/{endpoint}")).json()
    assert (shown["status"], shown["reason"]) == ("disabled", "gone")
    await notify.hears(confirmed("ana"))
    await notify.settled()
    assert len(receiver.heard) == 1
    assert (await owner.post(f"/endpoints/{endpoint}/ping")).status_code == 409
    replay = f"/endpoints/{endpoint}/deliveries/{gone['delivery_id']}/replay"
    assert (await owner.post(replay)).status_code == 409
    wish = {"url": receiver.url, "types": [OrderConfirmed.type]}
    back = await owner.put(f"/endpoints/{endpoint}", wish)
    assert (back.status_code, back.json()["status"]) == (200, "active")
    assert (await owner.post(replay)).status_code == 202
    came = await heard(receiver, 2)
    assert came[0].id == came[1].id
    assert came[1].verified(secret)


async def test_who_never_takes_it_is_given_up_and_can_ask_for_it_later(
    notify: Notify, receiver: Receiver
) -> None:
    owner, endpoint, _ = await notify.registers(receiver)
    receiver.always = 500
    await notify.hears(confirmed("ana"))
    given_up = await ended(notify, owner, endpoint, "failed")
    assert given_up["reason"] == "tries-used-up"
    assert len(given_up["attempts"]) == len(receiver.heard) == 7
    times = [one.at for one in receiver.heard]
    waits = [later - earlier for earlier, later in pairwise(times)]
    for wait, pause in zip(waits, notify.settings.webhook_pauses, strict=True):
        assert wait >= pause
    receiver.always = 200
    path = f"/endpoints/{endpoint}/deliveries/{given_up['delivery_id']}/replay"
    for _ in range(2):
        assert (await owner.post(path, key="once")).status_code == 202
    await heard(receiver, 8)
    done = await ended(notify, owner, endpoint, "delivered")
    assert done["delivery_id"] == given_up["delivery_id"]


async def test_one_who_asks_for_patience_is_left_alone_for_so_long(
    notify: Notify, receiver: Receiver
) -> None:
    await notify.registers(receiver)
    receiver.headers = "Retry-After: 2\r\n"
    receiver.answers.append(503)
    await notify.hears(confirmed("ana"))
    first, second = await heard(receiver, 2)
    assert second.at - first.at >= 2


async def test_dead_receivers_do_not_slow_others_down(notify: Notify, receiver: Receiver) -> None:
    """Hanging and dripping ones, also at the very host of the others, each with a heap waiting."""
    receiver.silent.add("/feira/silent")
    async with Receiver.listening() as hangs, Receiver.listening() as drips:
        hangs.always = None
        drips.always = b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n"
        for _ in range(6):
            await notify.registers(hangs)
            await notify.registers(drips)
            await notify.registers(receiver, path="/silent")
        for _ in range(20):
            await notify.hears(confirmed("ana"))
        await heard(hangs, 6)
        await heard(receiver, 6)
        _, _, secret = await notify.registers(receiver)
        took: list[float] = []
        for number in range(1, 11):
            began = time.monotonic()
            await notify.hears(confirmed("ana"))
            came = await answered(receiver, number)
            took.append(time.monotonic() - began)
            assert came.verified(secret)
        assert sorted(took)[5] < 3, took  # behind one heap: twenty seconds


async def test_a_receiver_that_hung_is_not_overrun_and_gets_all_it_missed(
    notify: Notify, receiver: Receiver
) -> None:
    owner, endpoint, _ = await notify.registers(receiver)
    receiver.always = None
    events = [await notify.hears(confirmed("ana")) for _ in range(40)]
    await heard(receiver, 8)
    first, *_, eighth = receiver.heard[:8]
    assert eighth.at - first.at > 2, "four at once, and after that one by one"
    receiver.always = 200

    async def all_taken() -> bool:
        log = await notify.log(owner, endpoint)
        return [one["status"] for one in log] == ["delivered"] * len(events)

    await eventually(all_taken, within=30)
    assert {came.id for came in receiver.heard} == set(events)
    assert 1 < receiver.most_in_hand <= HANDED


async def test_an_endless_answer_is_not_read_to_its_end(notify: Notify, receiver: Receiver) -> None:
    owner, endpoint, _ = await notify.registers(receiver)
    receiver.always = b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n" + b"x" * 200_000
    await notify.hears(confirmed("ana"))
    done = await ended(notify, owner, endpoint, "delivered")
    assert done["attempts"][0]["status"] == 200


async def test_what_is_no_http_is_a_failure(notify: Notify, receiver: Receiver) -> None:
    owner, endpoint, _ = await notify.registers(receiver)
    receiver.answers.extend([b"220 smtp.example ESMTP\r\n\r\n", b"HTTP/1.1 200 OK\r\nContent-Le"])
    await notify.hears(confirmed("ana"))
    await heard(receiver, 2)

    async def failed() -> Any:
        return (await notify.log(owner, endpoint))[0]["attempts"]

    first = (await eventually(failed))[0]
    assert (first["status"], first["error"]) == (None, "broken")


async def test_a_new_secret_signs_beside_the_old_one(notify: Notify, receiver: Receiver) -> None:
    owner, endpoint, old = await notify.registers(receiver)
    answer = await owner.post(f"/endpoints/{endpoint}/secret")
    assert answer.status_code == 201
    new = answer.json()["secret"]
    await notify.hears(confirmed("ana"))
    [came] = await heard(receiver, 1)
    assert len(came.headers["webhook-signature"].split(" ")) == 2
    assert came.verified(old) == came.verified(new)


async def test_a_ping_is_delivered_like_an_event_and_is_none(
    notify: Notify, receiver: Receiver
) -> None:
    owner, endpoint, secret = await notify.registers(receiver)
    key = new_name("wish")
    first = await owner.post(f"/endpoints/{endpoint}/ping", key=key)
    again = await owner.post(f"/endpoints/{endpoint}/ping", key=key)
    assert first.status_code == again.status_code == 202
    assert first.json() == again.json()
    [came] = await heard(receiver, 1)
    says = came.verified(secret)
    assert says["type"] == "feira.notify.ping"
    assert says["data"] == {"endpoint_id": endpoint}
    done = await ended(notify, owner, endpoint, "delivered")
    assert done["delivery_id"] == first.json()["delivery_id"]
    assert len(receiver.heard) == 1
