"""The carrier: what orders needs of one, and the adapter that speaks the sandbox's tongue.

The sandbox speaks as SF Express does: pushed route nodes signed by an MD5 over message, time and
checkword, operations by number, times of Beijing without a zone.
"""

import base64
import hashlib
import hmac
from collections.abc import Sequence
from datetime import datetime, timedelta, timezone
from typing import Annotated, Protocol

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError
from pydantic.alias_generators import to_camel

from services.orders.border.documents import CNY, Consignee, decimal
from services.orders.border.tracking import RouteNode, ShipmentStatus
from services.orders.outside import Forged, KeyedParty
from services.orders.psp.keys import at, check_fresh
from shared.events.ids import Id

_BEIJING = timezone(timedelta(hours=8))
_MILLISECONDS = 3
"""The carrier's timestamps have so many digits beyond the seconds."""

STATUS_OF = {
    "50": ShipmentStatus.PICKED_UP,
    "54": ShipmentStatus.PICKED_UP,
    "30": ShipmentStatus.IN_TRANSIT,
    "31": ShipmentStatus.IN_TRANSIT,
    "36": ShipmentStatus.IN_TRANSIT,
    "130": ShipmentStatus.IN_TRANSIT,
    "44": ShipmentStatus.OUT_FOR_DELIVERY,
    "80": ShipmentStatus.DELIVERED,
    "8000": ShipmentStatus.DELIVERED,
    "631": ShipmentStatus.RETURNED,
    "648": ShipmentStatus.RETURNED,
    # From 9001 on the codes are the sandbox's own.
    "9001": ShipmentStatus.CUSTOMS_HELD,
    "9002": ShipmentStatus.CUSTOMS_RELEASED,
    "9003": ShipmentStatus.EXCEPTION,
    "9004": ShipmentStatus.EXCEPTION,
    "9005": ShipmentStatus.RETURNING,
}
"""What a carrier's operation means to us; one that is not here moves nothing."""


class Carrier(Protocol):
    """Carries parcels. Every call may be repeated with the same key."""

    async def book(
        self, order_no: str, consignee: Consignee, parcels: Sequence[int], freight: int, key: str
    ) -> str:
        """Have a waybill made out for an order's parcels (grams of each); returns its number.

        *freight* is in fen. Being asked, the carrier files its document with customs. Raises
        Declined or Unreachable.
        """
        ...

    async def routes(self, waybill_no: str) -> tuple[RouteNode, ...]:
        """Ask for all that has happened to a shipment. Raises Declined or Unreachable."""
        ...

    def read_callback(self, body: bytes, now: datetime) -> tuple[RouteNode, ...]:
        """Read route nodes the carrier pushes. Raises Forged."""
        ...


def _in_beijing(text: object) -> datetime:
    if not isinstance(text, str):
        raise ValueError("is not a time")  # noqa: TRY004 - what a validator must raise
    return datetime.strptime(text, "%Y-%m-%d %H:%M:%S").replace(tzinfo=_BEIJING)


class _Booked(BaseModel):
    waybill_no: Id = Field(alias="waybillNo")


class _Node(BaseModel):
    """A route node, named as the carrier names it."""

    model_config = ConfigDict(alias_generator=to_camel, extra="ignore")

    id: Id
    mailno: Id
    accept_time: Annotated[datetime, BeforeValidator(_in_beijing)]
    accept_address: str
    op_code: str

    def read(self) -> RouteNode:
        return RouteNode(
            id=self.id,
            waybill_no=self.mailno,
            at=self.accept_time,
            status=STATUS_OF.get(self.op_code),
            op_code=self.op_code,
            place=self.accept_address,
        )


class _Routes(BaseModel):
    routes: list[_Node]


class _Push(BaseModel):
    """What is pushed: the message as text, so that it is signed as it was written."""

    msg_data: str = Field(alias="msgData")
    timestamp: str
    msg_digest: str = Field(alias="msgDigest")


class _Nodes(BaseModel):
    nodes: list[_Node] = Field(alias="WaybillRoute")


class _Message(BaseModel):
    body: _Nodes = Field(alias="Body")


class SandboxCarrier(KeyedParty):
    """The carrier in `deploy/sandbox`."""

    def __init__(self, url: str, key: str, checkword: str, callback_url: str) -> None:
        super().__init__("carrier", url, key)
        self._checkword, self._callback_url = checkword, callback_url

    async def book(
        self, order_no: str, consignee: Consignee, parcels: Sequence[int], freight: int, key: str
    ) -> str:
        wish = {
            "orderNo": order_no,
            "consignee": consignee.name,
            "consigneeTelephone": consignee.phone,
            "consigneeAddress": consignee.address,
            "parcels": list(parcels),
            "freight": decimal(freight),
            "currency": CNY,
            "customs": True,
            "callbackUrl": self._callback_url,
        }
        return (await self.ask(_Booked, "POST", "/carrier/waybills", wish, key)).waybill_no

    async def routes(self, waybill_no: str) -> tuple[RouteNode, ...]:
        told = await self.ask(_Routes, "GET", f"/carrier/waybills/{waybill_no}/routes")
        return tuple(node.read() for node in told.routes)

    def read_callback(self, body: bytes, now: datetime) -> tuple[RouteNode, ...]:
        try:
            push = _Push.model_validate_json(body)
        except ValidationError as error:
            raise Forged("it is no push of the carrier") from error
        expected = digest(push.msg_data, push.timestamp, self._checkword)
        if not hmac.compare_digest(expected.encode(), push.msg_digest.encode()):
            raise Forged("the signature does not fit")
        check_fresh(at(push.timestamp[:-_MILLISECONDS]), now)
        try:
            message = _Message.model_validate_json(push.msg_data)
        except ValidationError as error:
            raise Forged("it is signed, but no route") from error
        return tuple(node.read() for node in message.body.nodes)


def digest(message: str, timestamp: str, checkword: str) -> str:
    """Sign as SF Express does: base64(md5(msgData + timestamp + checkword))."""
    signed = f"{message}{timestamp}{checkword}".encode()
    return base64.b64encode(
        hashlib.md5(signed).digest()  # noqa: S324 - the carrier's choice, and the carrier's tongue
    ).decode()
