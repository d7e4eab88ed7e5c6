"""The carrier of the sandbox, over real HTTP: waybills, nodes pushed and asked for."""

import base64
import hashlib
import json
from collections.abc import AsyncGenerator
from typing import Any
from uuid import uuid4

import pytest

from services.orders.border.carrier import SandboxCarrier
from services.orders.border.documents import Consignee
from services.orders.border.tracking import RouteNode, ShipmentStatus, delivered_at, follow, status
from services.orders.outside import Declined, Unreachable
from shared.platform.clock import utc_now
from tests.sandbox.trade import Trade
from tests.sandbox.world import KEY, SECRET, Heard, Merchant, Sandbox
from tests.support.eventually import eventually

DOOR = Consignee("陳安娜", "+8613800138000", "北京市朝陽區光華路1號")


async def trouble(sandbox: Sandbox, **what: object) -> None:
    assert (await sandbox.http.post("/carrier/faults", json=what)).status_code == 200


@pytest.fixture
async def carrier(sandbox: Sandbox, merchant: Merchant) -> AsyncGenerator[SandboxCarrier]:
    carrier = SandboxCarrier(str(sandbox.http.base_url), KEY, SECRET, merchant.url)
    yield carrier
    await carrier.stop()


async def booked(carrier: SandboxCarrier, trade: Trade, key: str | None = None) -> str:
    return await carrier.book(trade.no, DOOR, [2_720], 20_00, key or str(uuid4()))


async def cleared(sandbox: Sandbox, merchant: Merchant, carrier: SandboxCarrier) -> str:
    """A waybill whose order the customs has released, before anything else happened."""
    trade = Trade(sandbox, merchant)
    trade.order["callbackUrl"] = None
    waybill = await booked(carrier, trade)
    assert (await trade.file("orders", logisticsNo=waybill)).status_code == 201
    assert (await trade.file("payments")).status_code == 201
    assert (await trade.stands())["status"] == "released"
    return waybill


async def advance(sandbox: Sandbox, waybill: str, event: str = "next", **how: object) -> Any:
    answer = await sandbox.http.post(
        f"/carrier/waybills/{waybill}/advance", json={"event": event, **how}
    )
    assert answer.status_code == 200, answer.text
    return answer.json()


def nodes(carrier: SandboxCarrier, heard: list[Heard]) -> tuple[RouteNode, ...]:
    way: tuple[RouteNode, ...] = ()
    for one in heard:
        way = follow(way, carrier.read_callback(one.body, utc_now()))
    return way


async def test_booking_files_the_carriers_document_and_one_key_books_once(
    sandbox: Sandbox, merchant: Merchant, carrier: SandboxCarrier
) -> None:
    trade, key = Trade(sandbox, merchant), str(uuid4())
    waybill = await booked(carrier, trade, key)
    assert await booked(carrier, trade, key) == waybill
    assert await booked(carrier, Trade(sandbox, merchant)) != waybill
    assert (await trade.stands())["missing"] == ["order", "payment"]
    await trade.file("orders", logisticsNo=waybill)
    await trade.file("payments")
    assert (await trade.stands())["status"] == "released"


async def test_a_parcel_waits_for_the_customs_and_is_brought_to_the_door(
    sandbox: Sandbox, merchant: Merchant, carrier: SandboxCarrier
) -> None:
    trade = Trade(sandbox, merchant)
    trade.order["callbackUrl"] = None
    waybill = await booked(carrier, trade)
    stands = [status(await carrier.routes(waybill))]
    for _ in range(3):
        await advance(sandbox, waybill)
    waits = await sandbox.http.post(f"/carrier/waybills/{waybill}/advance")
    assert (waits.status_code, waits.json()["code"]) == (409, "at_customs")
    stands.append(status(await carrier.routes(waybill)))
    await trade.file("orders", logisticsNo=waybill)
    await trade.file("payments", payerName="李四")
    stands.append(status(await carrier.routes(waybill)))
    await trade.file("payments")
    for _ in range(4):
        stands.append(status(await carrier.routes(waybill)))
        await advance(sandbox, waybill)
    way = await carrier.routes(waybill)
    stands.append(status(way))
    assert [str(one) for one in stands] == [
        "created",
        "in-transit",
        "customs-held",
        "customs-released",
        "in-transit",
        "in-transit",
        "out-for-delivery",
        "delivered",
    ]
    assert follow((), way) == way, "nodes of one second keep their order"
    assert delivered_at(way) == way[-1].at
    heard = await eventually(lambda: merchant.all(len(way)))
    assert nodes(carrier, heard) == way
    over = await sandbox.http.post(f"/carrier/waybills/{waybill}/advance")
    assert (over.status_code, over.json()["code"]) == (409, "over")


async def test_a_push_is_signed_over_message_time_and_checkword(
    sandbox: Sandbox, merchant: Merchant, carrier: SandboxCarrier
) -> None:
    waybill = await booked(carrier, Trade(sandbox, merchant))
    node = await advance(sandbox, waybill)
    [heard] = await eventually(lambda: merchant.all(1))
    push = heard.says
    signed = f"{push['msgData']}{push['timestamp']}{SECRET}".encode()
    digest = hashlib.md5(signed).digest()  # noqa: S324 - as the carrier signs
    assert push["msgDigest"] == base64.b64encode(digest).decode()
    assert json.loads(push["msgData"]) == {"Body": {"WaybillRoute": [node]}}
    assert (node["opCode"], node["mailno"]) == ("50", waybill)
    assert DOOR.name not in heard.body.decode()


async def test_a_push_comes_again_and_is_given_up_after_three_more(
    sandbox: Sandbox, merchant: Merchant, carrier: SandboxCarrier
) -> None:
    async def nothing_is_on_its_way() -> bool:
        return (await sandbox.look("/"))["pushes"]["pending"] == 0

    waybill = await booked(carrier, Trade(sandbox, merchant))
    merchant.answers.extend([500, 500, 500, 500])
    await advance(sandbox, waybill)
    await eventually(nothing_is_on_its_way)
    assert len(merchant.heard) == 4
    assert len({one.body for one in merchant.heard}) == 1
    await advance(sandbox, waybill)
    heard = await eventually(lambda: merchant.all(5))
    assert len(nodes(carrier, heard)) == 2


async def test_pushes_are_lost_repeated_and_late_and_the_query_tells_all(
    sandbox: Sandbox, merchant: Merchant, carrier: SandboxCarrier
) -> None:
    waybill = await booked(carrier, Trade(sandbox, merchant))
    await trouble(sandbox, lost_percent=100)
    await advance(sandbox, waybill)
    await trouble(sandbox, delay_ms=150)
    await advance(sandbox, waybill)
    await trouble(sandbox)
    await advance(sandbox, waybill, "exception", pushes=3)
    heard = await eventually(lambda: merchant.all(4))
    told, way = nodes(carrier, heard), await carrier.routes(waybill)
    assert [node.op_code for node in way] == ["50", "30", "9003"]
    assert told == way[1:]
    assert nodes(carrier, heard[-1:]) == way[1:2], "the late one did not come late"
    assert status(told) is ShipmentStatus.EXCEPTION


async def test_what_crosses_no_border_waits_for_no_customs(
    sandbox: Sandbox, merchant: Merchant
) -> None:
    trade = Trade(sandbox, merchant)
    parcel = {
        name: trade.logistics[name]
        for name in ("orderNo", "consignee", "consigneeTelephone", "consigneeAddress", "freight")
    }
    wish = parcel | {
        "currency": "142",
        "parcels": [420],
        "customs": False,
        "callbackUrl": merchant.url,
    }
    answer = await sandbox.http.post(
        "/carrier/waybills", json=wish, headers={"Idempotency-Key": str(uuid4())}
    )
    done = [await advance(sandbox, answer.json()["waybillNo"]) for _ in range(7)]
    assert [one["opCode"] for one in done] == ["50", "30", "36", "31", "130", "44", "80"]
    assert (await sandbox.http.get(f"/customs/orders/{trade.no}")).status_code == 404


@pytest.mark.parametrize(
    ("events", "stands"),
    [
        (["exception", "next", "exception"], "exception"),
        (["next", "lost"], "exception"),
        (["next", "return"], "returning"),
        (["next", "return", "next"], "returned"),
    ],
)
async def test_a_parcel_may_come_to_grief(
    sandbox: Sandbox, merchant: Merchant, carrier: SandboxCarrier, events: list[str], stands: str
) -> None:
    waybill = await cleared(sandbox, merchant, carrier)
    for event in events:
        await advance(sandbox, waybill, event)
    assert str(status(await carrier.routes(waybill))) == stands


async def test_a_rejected_parcel_turns_back(
    sandbox: Sandbox, merchant: Merchant, carrier: SandboxCarrier
) -> None:
    trade = Trade(sandbox, merchant)
    waybill = await booked(carrier, trade)
    await sandbox.http.post("/customs/faults", json={"reject_percent": 100})
    await trade.file("orders", logisticsNo=waybill)
    await trade.file("payments")
    assert status(await carrier.routes(waybill)) is ShipmentStatus.RETURNING


async def test_parcels_move_by_themselves_when_told_how_fast(
    sandbox: Sandbox, merchant: Merchant, carrier: SandboxCarrier
) -> None:
    await trouble(sandbox, step_ms=10)
    trade = Trade(sandbox, merchant)
    trade.order["callbackUrl"] = None
    waybill = await booked(carrier, trade)

    async def is_at(step: int) -> bool:
        return len(await carrier.routes(waybill)) == step

    await eventually(lambda: is_at(3))
    await trade.file("orders", logisticsNo=waybill)
    await trade.file("payments")
    await eventually(lambda: is_at(8))
    assert [node.op_code for node in await carrier.routes(waybill)] == [
        *("50", "30", "36", "9002", "31", "130", "44", "80")
    ]


async def test_orders_knows_the_carriers_no_from_no_answer(
    sandbox: Sandbox, merchant: Merchant, carrier: SandboxCarrier
) -> None:
    with pytest.raises(Declined, match="no_such_waybill"):
        await carrier.routes("SF0")
    trade, key = Trade(sandbox, merchant), str(uuid4())
    for when in ("before", "after"):
        await trouble(sandbox, **{f"http_{when}_percent": 100})
        with pytest.raises(Unreachable, match="503"):
            await booked(carrier, trade, key)
    await trouble(sandbox)
    waybill = await booked(carrier, trade, key)
    with pytest.raises(Declined, match="key_reused"):
        await carrier.book(trade.no, DOOR, [1], 20_00, key)
    assert await carrier.routes(waybill) == ()


async def test_a_carrier_that_forgets_gives_the_same_number_to_the_same_key(
    sandbox: Sandbox, merchant: Merchant, carrier: SandboxCarrier
) -> None:
    trade, key = Trade(sandbox, merchant), str(uuid4())
    number = await booked(carrier, trade, key)
    async with Sandbox.running() as another:
        forgetful = SandboxCarrier(str(another.http.base_url), KEY, SECRET, merchant.url)
        assert await booked(forgetful, trade, key) == number
        await forgetful.stop()
