"""A waybill and its way: what may happen to a parcel next. Pure rules."""

from dataclasses import dataclass, replace
from typing import Literal

from deploy.sandbox.payments import Refused

Event = Literal["next", "exception", "lost", "return"]
Phase = Literal["moving", "returning", "over"]


@dataclass(frozen=True, slots=True)
class Operation:
    """Something done to a parcel somewhere, by the number the carrier has for it."""

    code: str
    place: str
    remark: str


JOURNEY = (
    Operation("50", "澳門", "Picked up"),
    Operation("30", "澳門", "Sorted, about to depart"),
    Operation("36", "澳門", "Departed"),
    Operation("31", "北京", "Arrived"),
    Operation("130", "北京", "At the branch of destination"),
    Operation("44", "北京", "Out for delivery"),
    Operation("80", "北京", "Signed for"),
)
GATE = 3
"""So many steps lie before the customs; only what is released goes beyond."""

# Numbers of the sandbox's own: which ones the real carrier has for these is not public.
HELD = Operation("9001", "北京", "Held by the customs")
RELEASED = Operation("9002", "北京", "Released by the customs")
EXCEPTION = Operation("9003", "北京", "Nobody was at home")
LOST = Operation("9004", "北京", "The parcel cannot be found")
RETURNING = Operation("9005", "北京", "On its way back")
RETURNED = Operation("631", "澳門", "Returned")


@dataclass(frozen=True, slots=True)
class Waybill:
    """A parcel as it stands: how far on its journey, and whether the customs lets it pass."""

    no: str
    order_no: str
    callback_url: str
    cleared: bool
    steps: int = 0
    phase: Phase = "moving"


def happen(waybill: Waybill, event: Event) -> tuple[Waybill, Operation]:
    """Let something happen to a parcel, or refuse what cannot."""
    if waybill.phase == "over":
        raise Refused("conflict", "over", "nothing happens any more to this parcel")
    match event:
        case "exception":
            return waybill, EXCEPTION
        case "lost":
            return replace(waybill, phase="over"), LOST
        case "return":
            if waybill.phase == "returning":
                raise Refused("conflict", "returning", "the parcel is on its way back already")
            return replace(waybill, phase="returning"), RETURNING
        case "next":
            return _next(waybill)


def hear_customs(waybill: Waybill, status: str) -> tuple[Waybill, Operation] | None:
    """What a decision of the customs does to a parcel; None if nothing."""
    if waybill.phase != "moving" or waybill.cleared:
        return None
    match status:
        case "released":
            return replace(waybill, cleared=True), RELEASED
        case "held":
            return waybill, HELD
        case "rejected":
            return happen(waybill, "return")
        case _:
            return None


def _next(waybill: Waybill) -> tuple[Waybill, Operation]:
    if waybill.phase == "returning":
        return replace(waybill, phase="over"), RETURNED
    if waybill.steps == GATE and not waybill.cleared:
        raise Refused("conflict", "at_customs", "the parcel waits for the customs")
    phase: Phase = "over" if waybill.steps + 1 == len(JOURNEY) else "moving"
    return replace(waybill, steps=waybill.steps + 1, phase=phase), JOURNEY[waybill.steps]
