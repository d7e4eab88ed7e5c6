"""What orders says of tills: shifts, and units a till may sell on its own."""

from typing import Literal

from pydantic import AwareDatetime, NonNegativeInt, PositiveInt

from shared.events.base import Event
from shared.events.ids import BuyerId, FestivalId, Id, Sku
from shared.events.money import Money


class TillEvent(Event, topic="feira.orders.till.v1", key="till_id"):
    """Something that happened at a till."""

    till_id: Id


class ShiftOpened(TillEvent, type="feira.orders.till.shift-opened"):
    """A cashier has begun to sell at a till."""

    shift_id: Id
    festival_id: FestivalId
    booth_id: Id
    cashier_id: BuyerId
    device: Id
    opening_float: Money
    at: AwareDatetime


class ShiftClosed(TillEvent, type="feira.orders.till.shift-closed"):
    """A cashier has counted the till: *counted* is there, *expected* should be."""

    shift_id: Id
    sales: NonNegativeInt
    expected: Money
    counted: Money
    at: AwareDatetime


class LeaseGranted(TillEvent, type="feira.orders.till.lease-granted"):
    """A till may sell so many units on its own, even offline, until *expires_at*.

    *fence* rises with each lease of a till: what a till sells under an older one is looked at anew.
    """

    lease_id: Id
    shift_id: Id
    sku: Sku
    units: PositiveInt
    fence: PositiveInt
    expires_at: AwareDatetime


class LeaseEnded(TillEvent, type="feira.orders.till.lease-ended"):
    """A till sells no more of these units; what is left of them is free again."""

    lease_id: Id
    sku: Sku
    sold: NonNegativeInt
    returned: NonNegativeInt
    reason: Literal["returned", "expired", "shift-closed"]
