"""What orders keeps: its aggregates, each with its rules."""

from services.orders import claims, deal, order, person, session, shelf, stock
from services.orders.claims import Claims
from services.orders.deal import Deal
from services.orders.order import Order
from services.orders.person import Person
from services.orders.session import Session
from services.orders.shelf import Shelf
from services.orders.stock import Stock
from shared.platform.change.aggregate import Aggregate

STOCK = Aggregate("stock", Stock, new=Stock, evolve=stock.evolve, tell=stock.tell)
SHELVES = Aggregate("shelves", Shelf, new=Shelf, evolve=shelf.evolve)
DEALS = Aggregate("deals", Deal, new=Deal, evolve=deal.evolve, tell=deal.tell)
CLAIMS = Aggregate("claims", Claims, new=Claims, evolve=claims.evolve)
SESSIONS = Aggregate("sessions", Session, new=Session, evolve=session.evolve)
ORDERS = Aggregate("orders", Order, new=Order, evolve=order.evolve)
PERSONS = Aggregate("persons", Person, new=Person, evolve=person.evolve)
