"""Kafka in: what livestream hears as a service, and what each replica overhears for its viewers."""

from datetime import datetime

from services.livestream.directing.waiting import Waiting
from services.livestream.figures.selling import Selling
from services.livestream.room.hall import Hall
from services.livestream.showing.copies import Copies
from services.livestream.showing.dealing import Dealing
from services.livestream.showing.handing import Handing
from shared.events.catalog import (
    ListingState,
    MerchantEvent,
    MerchantRegistered,
    MerchantRevised,
    MerchantVerified,
    ProductState,
    VerificationExpired,
)
from shared.events.livestream import (
    AiLabelMissed,
    AiLabelRestored,
    AudienceSampled,
    AudienceState,
    ChatMessageHidden,
    ChatMessageSent,
    ChatSlowed,
    CorrectionIssued,
    CouponHandedOut,
    CouponTakenDown,
    DealClosed,
    DealShown,
    DrawClosed,
    DrawDone,
    DrawPublished,
    DrawRepeated,
    PacketClosed,
    PacketOpened,
    PacketTaken,
    RunningOrderChanged,
    SellerDisclosed,
    SessionScheduled,
    SessionState,
    TallyState,
)
from shared.events.orders import (
    CouponState,
    DealFunded,
    DealRefused,
    DealSettled,
    DealState,
    OrderCancelled,
    OrderCompleted,
    OrderConfirmed,
    OrderPlaced,
    OrderRejected,
    RefundPaid,
    ReturnReceived,
    StockState,
)
from shared.platform.bus.hearing import Reaction
from shared.platform.bus.subscriber import Subscriber
from shared.platform.bus.tap import Tap
from shared.platform.change.cause import Cause


def subscribers(
    kafka: str,
    group: str,
    *,
    dealing: Dealing,
    handing: Handing,
    copies: Copies,
    selling: Selling,
) -> Subscriber:
    """What changes the service's state: once, in one process."""
    heard = Subscriber(kafka, "livestream", group=group)

    @heard.on(DealFunded)
    def may_be_shown(event: DealFunded, cause: Cause) -> Reaction:
        return dealing.fund(event, cause)

    @heard.on(DealRefused)
    def may_not_be_shown(event: DealRefused, cause: Cause) -> Reaction:
        return dealing.refuse(event, cause)

    @heard.on(DealSettled)
    def is_settled(event: DealSettled, cause: Cause) -> Reaction:
        return dealing.settle(event, cause)

    @heard.on(DealState)
    def has_left(event: DealState, cause: Cause) -> Reaction:
        return dealing.count(event, cause)

    @heard.on(ProductState, StockState)
    def know_goods(event: ProductState | StockState, cause: Cause) -> Reaction:
        return copies.know(event, cause)

    @heard.on(OrderConfirmed)
    def add_up(event: OrderConfirmed, cause: Cause) -> Reaction:
        return copies.add_up(event.session_id, event, cause) if event.session_id else None

    @heard.on(ListingState)
    def know_the_price(event: ListingState, cause: Cause) -> Reaction:
        return copies.price(event, cause) if event.offer.channel == "live" else None

    @heard.on(MerchantRegistered, MerchantRevised, MerchantVerified, VerificationExpired)
    def know_the_seller(event: MerchantEvent, cause: Cause) -> Reaction:
        return copies.know_seller(event, cause)

    @heard.on(CouponState)
    def know_the_coupon(event: CouponState, cause: Cause) -> Reaction:
        return handing.know(event, cause)

    @heard.on(OrderCompleted, OrderCancelled, OrderRejected)
    def is_over(event: OrderCompleted | OrderCancelled | OrderRejected, cause: Cause) -> Reaction:
        return copies.follow(event.order_id, _when(event.at, cause), cause, over=True)

    @heard.on(ReturnReceived, RefundPaid)
    def goes_on(event: ReturnReceived | RefundPaid, cause: Cause) -> Reaction:
        return copies.follow(event.order_id, _when(event.at, cause), cause, over=False)

    @heard.on(OrderPlaced, OrderConfirmed, RefundPaid)
    def know_sale(event: OrderPlaced | OrderConfirmed | RefundPaid, cause: Cause) -> Reaction:
        if not isinstance(event, RefundPaid) and event.session_id is None:
            return None
        return selling.note(event, cause.also("sale"))

    return heard


def _when(at: datetime | None, cause: Cause) -> datetime:
    """When it happened, by the event or else by its envelope."""
    if at is None:
        assert cause.heard, "an event was heard"  # noqa: S101 - for the types
        return cause.heard.at
    return at


def overhear(tap: Tap, hall: Hall, waiting: Waiting) -> None:
    """What changes the rooms of this replica, and wakes those who wait for a session to change."""
    tap.on(SessionState)(waiting.hear)
    tap.on(
        SessionScheduled,
        SessionState,
        DealShown,
        DealClosed,
        TallyState,
        AudienceSampled,
        DealState,
        StockState,
        ProductState,
        RunningOrderChanged,
        SellerDisclosed,
        CorrectionIssued,
        CouponHandedOut,
        CouponTakenDown,
        CouponState,
        AiLabelMissed,
        AiLabelRestored,
        ChatMessageSent,
        ChatMessageHidden,
        ChatSlowed,
        AudienceState,
        PacketOpened,
        PacketTaken,
        PacketClosed,
        DrawPublished,
        DrawClosed,
        DrawDone,
        DrawRepeated,
    )(hall.hear)
