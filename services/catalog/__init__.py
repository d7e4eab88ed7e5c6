"""Catalog: who takes part in a festival, what is shown, and at which price it is sold.

Owns   organisations and their agreements; festivals with their 1+9+N programme and their zones;
       merchants and products in four languages; the selection of products for a zone; listings
       (a price per channel and window); goods taken in; the report of a festival. Merchants are
       looked at every six months: whose time is up is told by a timer.
Says   feira.catalog.{organisation,agreement,festival,selection,merchant,product,listing,intake}.v1,
       and how products and listings stand on feira.catalog.{product,listing}.state.v1.
Hears  orders (confirmed, refunds paid) and livestream (sessions started and ended), for the report.
"""
