"""What orders keeps: its aggregates, each with its rules."""

from services.orders import (
    cashier,
    claims,
    consignee,
    coupon,
    deal,
    goods,
    movement,
    order,
    person,
    price,
    rates,
    seller,
    session,
    shelf,
    stock,
    till,
)
from services.orders.cashier import Cashier
from services.orders.claims import Claims
from services.orders.consignee import ConsigneeRecord
from services.orders.coupon import Coupon
from services.orders.crossborder import quota
from services.orders.crossborder.quota import Quota
from services.orders.deal import Deal
from services.orders.goods import Goods
from services.orders.movement import Movement
from services.orders.order import Order
from services.orders.person import Person
from services.orders.price import Ledger
from services.orders.rates import Rates
from services.orders.seller import Seller
from services.orders.session import Session
from services.orders.shelf import Shelf
from services.orders.stock import Stock
from services.orders.till import Till
from shared.platform.change.aggregate import Aggregate

STOCK = Aggregate("stock", Stock, new=Stock, evolve=stock.evolve, tell=stock.tell)
MOVEMENTS = Aggregate("movements", Movement, new=Movement, evolve=movement.evolve)
SHELVES = Aggregate("shelves", Shelf, new=Shelf, evolve=shelf.evolve)
DEALS = Aggregate("deals", Deal, new=Deal, evolve=deal.evolve, tell=deal.tell)
CLAIMS = Aggregate("claims", Claims, new=Claims, evolve=claims.evolve)
SESSIONS = Aggregate("sessions", Session, new=Session, evolve=session.evolve)
ORDERS = Aggregate("orders", Order, new=Order, evolve=order.evolve)
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
