"""What notify remembers of others: what products are called, and whose an order is."""

from dataclasses import dataclass, replace

from shared.events.catalog import ProductState
from shared.events.ids import Locale
from shared.events.orders import OrderConfirmed, OrderPlaced
from shared.events.text import Text


@dataclass(frozen=True, slots=True)
class Product:
    """A product's names, once catalog has told them."""

    id: str
    names: Text | None = None

    def called(self, locale: Locale) -> str:
        """The name in *locale*; a product nobody has told of is called by its SKU."""
        return self.names.in_locale(locale) if self.names else self.id


@dataclass(frozen=True, slots=True)
class Order:
    """Whose an order is; a refund does not say."""

    id: str
    buyer_id: str = ""


def product_stands(product: Product, fact: object) -> Product:
    match fact:
        case ProductState(sku=product.id, product=told) if told.names != product.names:
            return replace(product, names=told.names)
        case _:
            return product


def order_belongs(order: Order, fact: object) -> Order:
    match fact:
        case (
            OrderPlaced(order_id=order.id, buyer_id=buyer)
            | OrderConfirmed(order_id=order.id, buyer_id=buyer)
        ) if buyer != order.buyer_id:
            return replace(order, buyer_id=buyer)
        case _:
            return order
