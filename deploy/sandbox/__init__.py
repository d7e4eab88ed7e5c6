"""The world outside, on one small process: a payment provider, customs, a carrier, and mail.

`python -m deploy.sandbox` takes money, clears goods, carries parcels, calls back with signatures,
fails when told to, and receives every letter sent to it. It is a stranger to the festival: it
imports nothing of it and knows nothing of orders, so whoever talks to it meets what the real ones
would do.
"""
