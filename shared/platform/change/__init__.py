"""Changing state: decisions folded into commits, each with the facts it leads to.

Read `unit_of_work` first, then `fold` (what a decision does), `ledger` (the transaction) and
`journal` (the one document that is inbox, idempotency record and outbox).
"""
