"""What orders keeps: its aggregates, each with its rules."""

from services.orders import deal, order, shelf, stock
from services.orders.deal import Claim, Deal
from services.orders.order import Order
from services.orders.shelf import Shelf
from services.orders.stock import Stock
from shared.platform.change.aggregate import Aggregate

STOCK = Aggregate("stock", Stock, new=Stock, evolve=stock.evolve, tell=stock.tell)
SHELVES = Aggregate("shelves", Shelf, new=Shelf, evolve=shelf.evolve)
DEALS = Aggregate("deals", Deal, new=Deal, evolve=deal.evolve, tell=deal.tell)
CLAIMS = Aggregate("claims", Claim, new=Claim, evolve=deal.evolve_claim)
ORDERS = Aggregate("orders", Order, new=Order, evolve=order.evolve)
