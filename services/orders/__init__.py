"""Orders: one stock for booth, live room and shelf, and every promise made on it.

Owns   the stock pool, deal funding, tills, coupons, orders and their money, duty and parcels, and
       the vault of real names
Says   feira.orders.stock.v1, .deal.v1, .till.v1, .coupon.v1, .order.v1, and how stock, deals and
       coupons stand (*.state.v1)
Hears  catalog (merchants, products, listings, intake), livestream (sessions and their pins; deals
       asked for, shown, closed)

A unit is in exactly one place: received = free + allocated + leased + held + sold + shipped +
damaged. An order exists only with its units held, in the same commit; so nothing is sold twice and
nobody pays for air. What may become of an order is one table, `ordering/life.py`.

Rooms  pool, ordering, pricing, counter, border, people; psp for payment providers, routes for HTTP,
       outside for all who are asked over the network
"""
