"""Orders: one stock for booth, live room and shelf, and every promise made on it.

Owns   the stock pool, deal funding, holds, orders, payments and refunds
Says   feira.orders.stock.v1, .deal.v1, .order.v1 and how stock and deals stand (*.state.v1)
Hears  catalog (listings, intake), livestream (sessions; deals asked for, shown, closed)

A unit is in exactly one place: received = free + allocated + held + sold. An order exists only with
its units held, in the same commit; so nothing is sold twice and nobody pays for air.
"""
