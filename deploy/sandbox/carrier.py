"""The carrier's door: waybills, route nodes, pushes signed as SF Express signs them.

Kept in memory, as customs is; the number of a waybill follows from the key it was booked under,
so that whoever books again after a restart has the number it had.
"""

import asyncio
import base64
import hashlib
import time
from datetime import datetime
from typing import Annotated

import orjson
from pydantic import AnyHttpUrl, BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from deploy.sandbox import waybills
from deploy.sandbox.callbacks import Callback, Courier
from deploy.sandbox.counter import Counter, Milliseconds, Trouble
from deploy.sandbox.customs import Customs
from deploy.sandbox.declarations import SHANGHAI, Hundredths, LogisticsFiled, OrderNo, Text
from deploy.sandbox.payments import Refused
from deploy.sandbox.problem import json, read
from deploy.sandbox.waybills import Event, Operation, Waybill

TRIES_AGAIN = 3  # "given up after three failures"


class CarrierTrouble(Trouble):
    """What shall go wrong; `lost_percent` and `delay_ms` are of the pushes.

    Attributes:
        step_ms: How long parcels booked from now on take for each step; 0: they wait to be told.
    """

    step_ms: Milliseconds = 0


class NewWaybill(BaseModel):
    """Parcels (grams of each) that shall be carried, and declared if *customs* is true."""

    model_config = ConfigDict(strict=True, extra="forbid", alias_generator=to_camel)

    order_no: OrderNo
    consignee: Text
    consignee_telephone: Text
    consignee_address: Text
    parcels: Annotated[
        list[Annotated[int, Field(ge=1, le=100_000)]], Field(min_length=1, max_length=50)
    ]
    freight: Hundredths
    currency: str
    customs: bool
    callback_url: AnyHttpUrl


class Advance(BaseModel):
    """What shall happen to a parcel now, and how often it is told of."""

    model_config = ConfigDict(strict=True, extra="forbid")

    event: Event = "next"
    pushes: Annotated[int, Field(ge=0, le=20)] = 1


class Carrier:
    """Books parcels, moves them, tells of every step."""

    def __init__(self, customs: Customs, courier: Courier, key: str, checkword: str) -> None:
        self._customs = customs
        self._courier = courier
        self._counter = Counter(CarrierTrouble, key)
        self._checkword = checkword
        self._waybills: dict[str, Waybill] = {}
        self._nodes: dict[str, list[dict[str, str]]] = {}
        self._last_id = 0
        customs.watchers.append(self._hear_customs)

    def routes(self) -> list[Route]:
        guarded = self._counter.guarded
        waybill = "/carrier/waybills/{waybill_no}"
        return [
            Route("/carrier/waybills", guarded(self.book), methods=["POST"]),
            Route(f"{waybill}/routes", guarded(self.show), methods=["GET"]),
            Route(f"{waybill}/advance", self.advance, methods=["POST"]),
            *self._counter.routes("/carrier/faults"),
        ]

    async def book(self, request: Request) -> Response:
        wish = await read(request, NewWaybill)
        return self._counter.once(request, "waybills", wish, lambda key: self._book(wish, key))

    async def show(self, request: Request) -> Response:
        waybill = self._waybill(request)
        return json({"waybillNo": waybill.no, "routes": self._nodes[waybill.no]})

    async def advance(self, request: Request) -> Response:
        wish = await read(request, Advance)
        waybill = self._waybill(request)
        node = self._moved(*waybills.happen(waybill, wish.event), wish.pushes)
        return json(node)

    def _book(self, wish: NewWaybill, key: str) -> dict[str, object]:
        number = int.from_bytes(hashlib.blake2b(key.encode(), digest_size=8).digest())
        no = f"SF{number % 10**13:013d}"
        if wish.customs:
            self._customs.file(_document(wish, no))
        cleared = not wish.customs or self._customs.released(wish.order_no)
        self._waybills[no] = Waybill(no, wish.order_no, str(wish.callback_url), cleared)
        self._nodes.setdefault(no, [])
        self._roll(no)
        return {"waybillNo": no, "orderNo": wish.order_no}

    def _waybill(self, request: Request) -> Waybill:
        waybill = self._waybills.get(request.path_params["waybill_no"])
        if waybill is None:
            raise Refused("missing", "no_such_waybill", "no waybill has this number")
        return waybill

    def _hear_customs(self, waybill_no: str, status: str) -> None:
        waybill = self._waybills.get(waybill_no)
        if waybill and (happened := waybills.hear_customs(waybill, status)):
            self._moved(*happened, 1)
            if waybill.steps == waybills.GATE:  # before it, the parcel is rolling still
                self._roll(waybill_no)

    def _roll(self, waybill_no: str) -> None:
        """Have the next step happen by itself, if parcels are told to."""
        if step := self._counter.trouble.step_ms / 1000:
            asyncio.get_running_loop().call_later(step, self._step, waybill_no)

    def _step(self, waybill_no: str) -> None:
        try:
            happened = waybills.happen(self._waybills[waybill_no], "next")
        except Refused:
            return  # over, or waiting for the customs, whose word sets it rolling again
        self._moved(*happened, 1)
        self._roll(waybill_no)

    def _moved(self, waybill: Waybill, done: Operation, pushes: int) -> dict[str, str]:
        self._waybills[waybill.no] = waybill
        self._last_id = max(self._last_id + 1, time.time_ns())
        node = {
            "id": str(self._last_id),
            "mailno": waybill.no,
            "orderid": waybill.order_no,
            "acceptTime": datetime.now(SHANGHAI).strftime("%Y-%m-%d %H:%M:%S"),
            "acceptAddress": done.place,
            "remark": done.remark,
            "opCode": done.code,
        }
        self._nodes[waybill.no].append(node)
        trouble = self._counter.trouble
        for _ in range(pushes):
            if not self._counter.strikes(trouble.lost_percent):
                push = Callback(waybill.callback_url, self._signed(node), lambda: None)
                self._courier.send(push, after=trouble.delay_ms / 1000)
        return node

    def _signed(self, node: dict[str, str]) -> bytes:
        message = orjson.dumps({"Body": {"WaybillRoute": [node]}}).decode()
        timestamp = str(time.time_ns() // 10**6)
        signed = f"{message}{timestamp}{self._checkword}".encode()
        digest = hashlib.md5(signed).digest()  # noqa: S324 - as the real one signs
        return orjson.dumps(
            {
                "msgData": message,
                "timestamp": timestamp,
                "msgDigest": base64.b64encode(digest).decode(),
            }
        )


def _document(wish: NewWaybill, waybill_no: str) -> LogisticsFiled:
    freight, weight = wish.freight, -(-sum(wish.parcels) // 10)  # to the next ten grams
    return LogisticsFiled.model_validate(
        {
            "orderNo": wish.order_no,
            "logisticsNo": waybill_no,
            "consignee": wish.consignee,
            "consigneeTelephone": wish.consignee_telephone,
            "consigneeAddress": wish.consignee_address,
            "freight": f"{freight // 100}.{freight % 100:02d}",
            "currency": wish.currency,
            "packNo": len(wish.parcels),
            "weight": f"{weight // 100}.{weight % 100:02d}",
        }
    )
