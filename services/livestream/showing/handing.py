"""Handing: coupons as rooms hand them out, and as orders tells of them."""

from collections.abc import Awaitable

from services.livestream.directing.session import Asker
from services.livestream.kept import COUPONS, SESSIONS, TIMELINES
from services.livestream.queries import Queries
from services.livestream.showing import coupon
from shared.events.orders import CouponState
from shared.platform.change.cause import Cause
from shared.platform.change.fold import Outcome
from shared.platform.change.unit_of_work import UnitOfWork


class Handing:
    """Each method is one change, of a session's timeline, which knows what is shown."""

    def __init__(self, uow: UnitOfWork, queries: Queries) -> None:
        self._uow, self._queries = uow, queries

    def hand_out(self, id: str, coupon_id: str, asker: Asker, cause: Cause) -> Awaitable[Outcome]:
        """Show a coupon to everybody: [CouponHandedOut], or nothing if it is shown."""
        session, timeline, handed = SESSIONS(id), TIMELINES(id), COUPONS(coupon_id)
        return self._uow.change(
            [session, timeline, handed],
            lambda view: coupon.hand_out(
                view[session], view[timeline], view[handed], asker, view.at
            ),
            cause,
        )

    def take_down(self, id: str, coupon_id: str, asker: Asker, cause: Cause) -> Awaitable[Outcome]:
        """Show a coupon no longer: [CouponTakenDown]."""
        session, timeline = SESSIONS(id), TIMELINES(id)
        return self._uow.change(
            [session, timeline],
            lambda view: coupon.take_down(view[session], view[timeline], coupon_id, asker, view.at),
            cause,
        )

    def know(self, heard: CouponState, cause: Cause) -> Awaitable[None]:
        """Know how a coupon stands; one that is withdrawn leaves all rooms: [CouponTakenDown]."""
        known = self._uow.change([COUPONS(heard.coupon_id)], lambda _: [heard], cause)
        return self._withdraw(known, heard, cause)

    async def _withdraw(self, known: Awaitable[Outcome], heard: CouponState, cause: Cause) -> None:
        """Once it is *known*, no room hands it out any more; those that do are looked up then."""
        await known
        if not heard.withdrawn:
            return
        for name in await self._queries.showing(heard.coupon_id):
            session, timeline = SESSIONS(name), TIMELINES(name)
            await self._uow.change(
                [session, timeline],
                lambda view, session=session, timeline=timeline: coupon.withdraw(
                    view[session], view[timeline], heard.coupon_id, view.at
                ),
                cause.also(name),
            )
