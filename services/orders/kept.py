"""What orders keeps: its aggregates, each with its rules."""

from services.orders.border.crossborder import quota
from services.orders.border.crossborder.quota import Quota
from services.orders.counter import cashier, seller, till
from services.orders.counter.cashier import Cashier
from services.orders.counter.seller import Seller
from services.orders.counter.till import Till
from services.orders.ordering import claims, course
from services.orders.ordering.claims import Claims
from services.orders.ordering.order import Order
from services.orders.people import consignee, person
from services.orders.people.consignee import ConsigneeRecord
from services.orders.people.person import Person
from services.orders.pool import deal, goods, movement, session, shelf, stock
from services.orders.pool.deal import Deal
from services.orders.pool.goods import Goods
from services.orders.pool.movement import Movement
from services.orders.pool.session import Session
from services.orders.pool.shelf import Shelf
from services.orders.pool.stock import Stock
from services.orders.pricing import coupon, price, rates
from services.orders.pricing.coupon import Coupon
from services.orders.pricing.price import Ledger
from services.orders.pricing.rates import Rates
from shared.platform.change.aggregate import Aggregate

STOCK = Aggregate("stock", Stock, new=Stock, evolve=stock.evolve, tell=stock.tell)
MOVEMENTS = Aggregate("movements", Movement, new=Movement, evolve=movement.evolve)
SHELVES = Aggregate("shelves", Shelf, new=Shelf, evolve=shelf.evolve)
DEALS = Aggregate("deals", Deal, new=Deal, evolve=deal.evolve, tell=deal.tell)
CLAIMS = Aggregate("claims", Claims, new=Claims, evolve=claims.evolve)
SESSIONS = Aggregate("sessions", Session, new=Session, evolve=session.evolve)
ORDERS = Aggregate("orders", Order, new=Order, evolve=course.evolve)
TILLS = Aggregate("tills", Till, new=Till, evolve=till.evolve)
CASHIERS = Aggregate("cashiers", Cashier, new=Cashier, evolve=cashier.evolve)
SELLERS = Aggregate("sellers", Seller, new=Seller, evolve=seller.evolve)
COUPONS = Aggregate("coupons", Coupon, new=Coupon, evolve=coupon.evolve, tell=coupon.tell)
PRICES = Aggregate("prices", Ledger, new=Ledger, evolve=price.evolve)
RATES = Aggregate("rates", Rates, new=Rates, evolve=rates.evolve)
QUOTAS = Aggregate("quotas", Quota, new=Quota, evolve=quota.evolve)
GOODS = Aggregate("products", Goods, new=Goods, evolve=goods.evolve)
PERSONS = Aggregate("persons", Person, new=Person, evolve=person.evolve)
CONSIGNEES = Aggregate("consignees", ConsigneeRecord, new=ConsigneeRecord, evolve=consignee.evolve)
