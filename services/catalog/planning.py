"""How the festival is to be: its plan, its programme, its zones and what they show."""

from collections.abc import Awaitable, Iterable, Sequence

from services.catalog import festival, zone
from services.catalog.festival import Item, Plan
from services.catalog.kept import FESTIVALS, PRODUCTS, ZONES
from services.catalog.zone import Layout
from shared.events.base import Event
from shared.platform.change.aggregate import Note, View
from shared.platform.change.cause import Cause
from shared.platform.change.fold import Outcome
from shared.platform.change.unit_of_work import UnitOfWork
from shared.platform.web.version import meant


class Planning:
    """Each method is one change."""

    def __init__(self, uow: UnitOfWork) -> None:
        self._uow = uow

    def announce(self, id: str, plan: Plan, seen: int | None, cause: Cause) -> Awaitable[Outcome]:
        ref = FESTIVALS(id)
        return self._uow.change(
            [ref],
            lambda view: meant(view, ref, seen, festival.announce(view[ref], plan)),
            cause,
        )

    def draft_activity(
        self, id: str, activity_id: str, item: Item, seen: int | None, cause: Cause
    ) -> Awaitable[Outcome]:
        """Put an activity into the draft; *seen* is a version of the festival."""
        ref = FESTIVALS(id)

        def decide(view: View) -> Sequence[Note]:
            noted = festival.draft(view[ref], activity_id, item)
            stands = festival.drafted(view[ref], activity_id)
            return meant(view, ref, seen, noted, stands=stands)

        return self._uow.change([ref], decide, cause)

    def strike_activity(self, id: str, activity_id: str, cause: Cause) -> Awaitable[Outcome]:
        ref = FESTIVALS(id)
        return self._uow.change([ref], lambda view: festival.strike(view[ref], activity_id), cause)

    def publish(self, id: str, seen: int | None, cause: Cause) -> Awaitable[Outcome]:
        ref = FESTIVALS(id)

        def decide(view: View) -> Iterable[Event]:
            view.expect(ref, seen)
            return festival.publish(view[ref])

        return self._uow.change([ref], decide, cause)

    def open(self, id: str, cause: Cause) -> Awaitable[Outcome]:
        ref = FESTIVALS(id)
        return self._uow.change([ref], lambda view: festival.declare_open(view[ref]), cause)

    def close(self, id: str, cause: Cause) -> Awaitable[Outcome]:
        ref = FESTIVALS(id)
        return self._uow.change([ref], lambda view: festival.declare_closed(view[ref]), cause)

    # Zones --------------------------------------------------------------------------------------

    def plan_zone(
        self, festival_id: str, id: str, layout: Layout, seen: int | None, cause: Cause
    ) -> Awaitable[Outcome]:
        ref, host = ZONES(id), FESTIVALS(festival_id)
        return self._uow.change(
            [ref, host],
            lambda view: meant(view, ref, seen, zone.plan(view[ref], view[host], layout)),
            cause,
        )

    def select(self, id: str, sku: str, cause: Cause) -> Awaitable[Outcome]:
        ref, product = ZONES(id), PRODUCTS(sku)
        return self._uow.change(
            [ref, product], lambda view: zone.select(view[ref], view[product]), cause
        )

    def drop(self, id: str, sku: str, cause: Cause) -> Awaitable[Outcome]:
        ref, product = ZONES(id), PRODUCTS(sku)
        return self._uow.change(
            [ref, product], lambda view: zone.drop(view[ref], view[product]), cause
        )

    def close_selection(self, id: str, cause: Cause) -> Awaitable[Outcome]:
        ref = ZONES(id)
        return self._uow.change([ref], lambda view: zone.close(view[ref]), cause)
