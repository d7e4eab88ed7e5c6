"""Consignees: who receives parcels in the mainland, and where. All that says so is sealed."""

import re
from dataclasses import dataclass, replace
from datetime import datetime

from services.orders.border.documents import Consignee
from services.orders.people.identity import LONGEST_NAME, clean
from services.orders.people.sealed import Sealed
from shared.events.ids import BuyerId, ConsigneeToken
from shared.platform.change.aggregate import Note
from shared.refusal import Refused

LONGEST_ADDRESS = 200
"""Characters; the longest of the mainland, with village and house, have some eighty."""

_PHONE = re.compile(r"\+861[3-9][0-9]{9}|\+853[0-9]{8}")
"""E.164: a mobile telephone of the mainland, any telephone of Macau."""


@dataclass(frozen=True, slots=True)
class ConsigneeRecord:
    """One way to reach somebody, kept for the buyer who named it.

    Attributes:
        id: The token, all that anybody else is told.
        sealed: Who and where; None before, and once that is erased.
        buyer_id: Whose it is.
        erased_at: When it was last erased.
    """

    id: ConsigneeToken
    buyer_id: BuyerId = ""
    sealed: Sealed | None = None
    erased_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class ConsigneeNamed(Note):
    """A buyer has said who receives their parcels; what they said before under it is gone."""

    consignee_token: ConsigneeToken
    buyer_id: BuyerId
    sealed: Sealed


@dataclass(frozen=True, slots=True)
class ConsigneeRewrapped(Note):
    """The key of the record is wrapped by another key-encryption key."""

    consignee_token: ConsigneeToken
    sealed: Sealed


@dataclass(frozen=True, slots=True)
class ConsigneeErased(Note):
    """Nobody can say any more who it was, nor can we."""

    consignee_token: ConsigneeToken
    at: datetime


def receiver(name: str, phone: str, address: str) -> Consignee:
    """Take what somebody wrote, or refuse; no refusal repeats it.

    Refuses consignee.name, consignee.phone and consignee.address (invalid).
    """
    named, at = clean(name, LONGEST_NAME), clean(address, LONGEST_ADDRESS)
    if named is None:
        raise Refused(
            "consignee.name", f"A name has 1 to {LONGEST_NAME} characters.", kind="invalid"
        )
    if not _PHONE.fullmatch(phone):
        raise Refused(
            "consignee.phone", "Give a telephone as +86… or +853…, digits only.", kind="invalid"
        )
    if at is None:
        raise Refused(
            "consignee.address",
            f"An address is one line of 1 to {LONGEST_ADDRESS} characters.",
            kind="invalid",
        )
    return Consignee(named, phone, at)


def name_anew(
    record: ConsigneeRecord, buyer_id: BuyerId, sealed: Sealed, *, known: bool
) -> list[Note]:
    """Keep who receives parcels; *known* if it is to stand in the place of what stood there.

    Refuses consignee.unknown (missing), also to who is not its buyer.
    """
    if known:
        _theirs(record, buyer_id)
    if record.sealed is not None and record.sealed.tag == sealed.tag:
        return []
    return [ConsigneeNamed(record.id, buyer_id, sealed)]


def may_receive(record: ConsigneeRecord, buyer_id: BuyerId) -> None:
    """Refuse what *buyer_id* has not named, or has had erased: consignee.unknown (missing)."""
    _theirs(record, buyer_id)
    if record.sealed is None:
        raise Refused("consignee.unknown", "Say first who receives it.", kind="missing")


def check_known(record: ConsigneeRecord) -> Sealed:
    """What is sealed. Refuses consignee.unknown (missing), consignee.erased (conflict)."""
    if record.sealed is None:
        if record.erased_at is None:
            raise Refused("consignee.unknown", "There is no such consignee.", kind="missing")
        raise Refused("consignee.erased", "Who this was has been erased.")
    return record.sealed


def rewrap(record: ConsigneeRecord, before: Sealed, after: Sealed) -> list[Note]:
    """Put *after* in the place of *before*, unless something else stands there by now."""
    return [ConsigneeRewrapped(record.id, after)] if record.sealed == before else []


def erase(record: ConsigneeRecord, buyer_id: BuyerId | None, now: datetime) -> list[Note]:
    """Forget who it is, because the buyer asks, or (None) an operator; the token stays.

    Refuses consignee.unknown (missing), also to others.
    """
    _theirs(record, record.buyer_id if buyer_id is None else buyer_id)
    return [ConsigneeErased(record.id, now)] if record.sealed else []


def _theirs(record: ConsigneeRecord, buyer_id: BuyerId) -> None:
    if not record.buyer_id or record.buyer_id != buyer_id:
        raise Refused("consignee.unknown", "There is no such consignee.", kind="missing")


def evolve(record: ConsigneeRecord, fact: object) -> ConsigneeRecord:
    """Follow what becomes of a record."""
    match fact:
        case ConsigneeNamed(record.id, buyer_id, sealed):
            return replace(record, buyer_id=buyer_id, sealed=sealed)
        case ConsigneeRewrapped(record.id, sealed):
            return replace(record, sealed=sealed)
        case ConsigneeErased(record.id, at):
            return replace(record, sealed=None, erased_at=at)
        case _:
            return record
