"""Kafka in: the complete list of what orders hears, and what it does about it."""

from services.orders.pool.pool import Pool
from shared.events.catalog import (
    ListingState,
    MerchantRegistered,
    MerchantRevised,
    ProductState,
    StockDelivered,
)
from shared.events.livestream import (
    DealClosed,
    DealRequested,
    DealShown,
    ProductPinned,
    ProductUnpinned,
    SessionState,
)
from shared.platform.bus.hearing import Reaction
from shared.platform.bus.subscriber import Subscriber
from shared.platform.change.cause import Cause


def subscribers(kafka: str, group: str, pool: Pool) -> Subscriber:
    heard = Subscriber(kafka, "orders", group=group)

    @heard.on(StockDelivered)
    def take_in(event: StockDelivered, cause: Cause) -> Reaction:
        return pool.receive(event, cause)

    @heard.on(ProductState)
    def know_the_product(event: ProductState, cause: Cause) -> Reaction:
        return pool.learn(event, cause)

    @heard.on(ListingState)
    def know_the_price(event: ListingState, cause: Cause) -> Reaction:
        return pool.copy(event, cause)

    @heard.on(MerchantRegistered, MerchantRevised)
    def know_the_seller(event: MerchantRegistered | MerchantRevised, cause: Cause) -> Reaction:
        return pool.introduce(event, cause)

    @heard.on(SessionState)
    def know_the_room(event: SessionState, cause: Cause) -> Reaction:
        return pool.know(event, cause)

    @heard.on(ProductPinned)
    def know_the_pin(event: ProductPinned, cause: Cause) -> Reaction:
        return pool.know(event, cause)

    @heard.on(ProductUnpinned)
    def know_it_is_unpinned(event: ProductUnpinned, cause: Cause) -> Reaction:
        return pool.know(event, cause)

    @heard.on(DealRequested)
    def set_units_aside(event: DealRequested, cause: Cause) -> Reaction:
        return pool.fund(event, cause)

    @heard.on(DealShown)
    def know_the_window(event: DealShown, cause: Cause) -> Reaction:
        return pool.show(event, cause)

    @heard.on(DealClosed)
    def take_units_back(event: DealClosed, cause: Cause) -> Reaction:
        return pool.settle(event, cause)

    return heard
