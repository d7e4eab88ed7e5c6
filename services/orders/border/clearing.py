"""Clearing: a saga that takes paid goods over the border, one repeatable step after the other.

Names and addresses are opened, a waybill is booked, three documents are written, compared and
filed, and the order is declared. Each step has a key made of the order and of what is asked, so
whoever repeats them all after a crash does each once. Others are asked outside changes.
"""

import hashlib
from collections.abc import Awaitable, Sequence
from datetime import datetime
from typing import NamedTuple

import structlog

from services.orders.border import carriage, crossing, documents, entry, filing
from services.orders.border.carrier import Carrier
from services.orders.border.customs import Customs, Standing
from services.orders.border.documents import Documents, Person
from services.orders.border.tracking import RouteNode
from services.orders.ordering import life
from services.orders.ordering.book import Book
from services.orders.ordering.order import Order
from services.orders.ordering.policy import Policy
from services.orders.outside import Declined, Unreachable
from services.orders.people.consignees import Consignees
from services.orders.people.real_names import RealNames
from services.orders.queries import Queries
from shared.events.base import Event
from shared.events.ids import Id, new_id
from shared.events.orders import OrderDeclared
from shared.platform.change.aggregate import Note
from shared.platform.change.cause import Cause
from shared.platform.change.fold import Outcome
from shared.platform.clock import utc_now
from shared.refusal import Busy, Refused

log = structlog.get_logger(__name__)

BY = "clearing"
"""Who is said to have asked for a name."""


class Outside(NamedTuple):
    """Those who are told of goods that cross the border."""

    customs: Customs
    carrier: Carrier


class Filed(NamedTuple):
    """What an order was declared under."""

    declaration: str
    waybill: str


class Clearing:
    """What goes on between an order, customs and the carrier."""

    def __init__(
        self,
        *,
        book: Book,
        queries: Queries,
        real_names: RealNames,
        consignees: Consignees,
        outside: Outside,
        policy: Policy,
    ) -> None:
        self._book, self._queries, self._policy = book, queries, policy
        self._real_names, self._consignees = real_names, consignees
        self._customs, self._carrier = outside

    async def look(self, standing: Order) -> None:
        """Do what is next for an order on its way over the border, or ask what nobody has told.

        Who looks first puts off the next look: twins do not look together, and whatever goes wrong
        it is looked at again. Raises Unreachable, Declined or Unopenable for whoever keeps time.
        """
        cause = Cause(f"look:{new_id()}", patient=True)
        await self._book.change(standing.id, self._take, cause)
        match standing.status:
            case "confirmed":
                await self._declare_or_hold(standing)
            case "declared" | "customs-held":
                await self._ask_customs(standing)
            case _:
                waybill = standing.crossing.waybill if standing.crossing else ""
                await self._follow(standing, await self._carrier.routes(waybill))

    async def declare(self, standing: Order, cause: Cause) -> None:
        """Declare anew what was held, as somebody asks who has mended what was wrong.

        Refuses what is still wrong, by the code for which it would be held; raises Busy if customs
        or the carrier is away.
        """
        if standing.status not in life.MOVES[OrderDeclared]:
            await self._book.change(standing.id, _as_before, cause)
            return
        entry.may_declare(standing, utc_now())
        try:
            filed = await self._file(standing)
        except Unreachable as error:
            log.warning("declaring without customs or carrier", error=str(error)[:200])
            raise Busy(retry_after=5.0) from error
        await self._declared(standing, filed, cause)

    def clear_elsewhere(
        self, standing: Order, declaration: Id, released_at: datetime, cause: Cause
    ) -> Awaitable[Outcome]:
        """An importer of record has had the goods cleared: [OrderDeclared, OrderReleased]."""
        return self._book.change(
            standing.id,
            lambda order, now: entry.cleared_elsewhere(
                order, declaration, released_at, now, self._policy
            ),
            cause,
        )

    def reject(self, standing: Order, why: str, cause: Cause) -> Awaitable[Outcome]:
        """Give up what customs holds or was never filed: [OrderRejected], and [RefundDue]."""
        return self._book.move(standing, lambda order, now: entry.reject(order, why, now), cause)

    async def hear(self, told: Standing) -> None:
        """Act on what customs says of its own accord, whatever order it comes in.

        Raises Busy while the order is not known to be declared: customs may be quicker than we.
        """
        standing = await self._queries.order(documents.order_id(told.order_no))
        if standing.status == "confirmed":
            raise Busy
        await self._heard(standing, told, fresh=False)

    async def hear_route(self, nodes: Sequence[RouteNode]) -> None:
        """Act on what the carrier tells; of parcels that are not ours, on nothing."""
        for waybill in dict.fromkeys(node.waybill_no for node in nodes):
            standing = await self._queries.carried(waybill)
            if standing:
                await self._follow(standing, nodes)

    # Filing -------------------------------------------------------------------------------------

    def _take(self, order: Order, now: datetime) -> Sequence[Note]:
        """Put off the next look, if it is time for one and, to file, the grace is over."""
        if order.status == "confirmed":
            entry.may_declare(order, now)
        its, first = order.crossing, self._policy.look_after
        taken = crossing.put_off(order.id, its, now, first) if its else []
        if not taken:
            raise Refused("crossing.not-due", "Somebody else looks after it.")
        return taken

    async def _declare_or_hold(self, standing: Order) -> None:
        try:
            filed = await self._file(standing)
        except Refused as why:
            await self._hold(standing, why)
        else:
            cause = Cause(f"declare:{_attempt(standing)}", patient=True)
            await self._declared(standing, filed, cause)

    async def _file(self, standing: Order) -> Filed:
        """Do all steps up to the declaration; those that were done before are not done again.

        Refuses, by the reason to hold it for, an order that cannot be declared as it is.
        """
        no, key = documents.order_no(standing.id), _attempt(standing)
        goods = await self._queries.goods({line.sku for line in standing.lines})
        its, grams = filing.check_way(standing), filing.weigh(standing, goods)
        reason = f"order {standing.id}"
        to = await self._consignees.reveal(its.consignee, BY, reason)
        shown = Cause(f"reveal:{key}", patient=True)
        who = await self._real_names.reveal(its.person, BY, reason, shown)
        # Another address is another waybill; for the same one it stays, whatever customs says.
        booking = f"{no}:{to.mark}:{entry.attempt(standing, 'carrier.')}"
        try:
            waybill = await self._carrier.book(
                no, to.consignee, [grams], filing.freight(its), booking
            )
        except Declined as no_from:
            raise Refused(f"carrier.{no_from.code}", "The carrier declines.") from no_from
        written = filing.build(
            standing, Person(who.name, who.id_number), to.consignee, goods, waybill
        )
        _compare(written)
        try:
            receipt = await self._customs.submit(written, key)
        except Declined as no_from:
            raise Refused(f"customs.{no_from.code}", "Customs declines.") from no_from
        return Filed(receipt.receipt_no, waybill)

    def _declared(self, standing: Order, filed: Filed, cause: Cause) -> Awaitable[Outcome]:
        return self._book.change(
            standing.id,
            lambda order, now: entry.declare(order, *filed, now, self._policy),
            cause,
        )

    async def _hold(self, standing: Order, why: Refused) -> None:
        """Hold what cannot be declared, with the reason, unless it has moved on meanwhile."""
        told = why.facts.get("differing")
        differing = tuple(map(str, told)) if isinstance(told, list) else ()

        def hold(order: Order, now: datetime) -> Sequence[Event]:
            if order.history != standing.history:
                return []
            return entry.hold(order, why.code, differing, now, self._policy)

        cause = Cause(f"hold:{_attempt(standing)}", patient=True)
        await self._book.change(standing.id, hold, cause)

    # Hearing ------------------------------------------------------------------------------------

    async def _ask_customs(self, standing: Order) -> None:
        told = await self._customs.query(documents.order_no(standing.id))
        if told:
            await self._heard(standing, told, fresh=True)
        elif standing.status == "declared":
            # It has forgotten. Filed again under the same keys, the order stands where it stood.
            try:
                await self._file(standing)
            except Refused as why:
                await self._hold(standing, why)

    async def _heard(self, standing: Order, told: Standing, *, fresh: bool) -> None:
        differing = tuple(dict.fromkeys(one.field for one in told.fields)) or told.missing
        word = entry.Word(told.status, told.code or told.status, differing, told.revision)

        def hear(order: Order, now: datetime) -> Sequence[Event | Note]:
            same = order.history == standing.history
            return entry.hear(order, word, now, self._policy, fresh=fresh and same)

        if not hear(standing, utc_now()):
            return
        cause = Cause(
            key=f"customs:{standing.id}:{told.revision}:{len(standing.history)}",
            causation=f"customs:{told.order_no}",
            correlation=standing.id,
            patient=True,
        )
        await self._book.move(standing, hear, cause)

    async def _follow(self, standing: Order, nodes: Sequence[RouteNode]) -> None:
        def follow(order: Order, now: datetime) -> Sequence[Event | Note]:
            return carriage.follow(order, nodes, now, self._policy)

        if not follow(standing, utc_now()):
            return
        ids = ",".join(sorted(node.id for node in nodes))
        told = hashlib.blake2b(ids.encode(), digest_size=8).hexdigest()
        cause = Cause(
            key=f"route:{standing.id}:{len(standing.history)}:{told}",
            causation=f"carrier:{nodes[0].waybill_no}" if nodes else "",
            correlation=standing.id,
            patient=True,
        )
        await self._book.move(standing, follow, cause)


def _as_before(order: Order, _: datetime) -> Sequence[Event]:
    """Whoever asked for it before has the answer of then; anybody else is refused."""
    life.check(order.status, OrderDeclared)
    raise Refused("version.stale", "It has changed since it was looked at.", kind="stale")


def _attempt(standing: Order) -> str:
    """The key of what is filed now: another one after each hold, for that has been mended."""
    return f"{standing.id}:{entry.attempt(standing)}"


def _compare(written: Documents) -> None:
    """Refuse documents that customs would find to differ; the fields are named, never values."""
    found = documents.mismatches(written.order, written.payment, written.logistics)
    if differing := list(dict.fromkeys(one.field for one in found)):
        raise Refused("documents.differ", "The documents do not match.", differing=differing)
