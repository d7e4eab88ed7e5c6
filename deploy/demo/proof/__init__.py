"""The proofs: what must agree when the festival is over, each a pure comparison of two tellings.

Every proof takes only what it compares, from sources that do not know each other, and returns what
it has looked at and everything that is wrong.
"""

from deploy.demo.books import Books
from deploy.demo.proof.finding import Finding
from deploy.demo.proof.selling import (
    every_order_is_answered,
    every_unit_is_in_one_place,
    money_adds_up,
    nothing_is_sold_twice,
)
from deploy.demo.proof.telling import (
    every_confirmation_is_mailed_once,
    every_fact_is_on_kafka,
    every_webhook_is_genuine,
    keys_keep_their_order,
    services_agree,
)

__all__ = ["Finding", "prove"]


def prove(books: Books) -> list[Finding]:
    """All proofs, in the order in which one would ask."""
    return [
        every_unit_is_in_one_place(
            books.intake, books.stock, books.orders.values(), books.unreconciled
        ),
        nothing_is_sold_twice(books.intake, books.orders, books.records),
        every_order_is_answered(books.tries, books.orders),
        money_adds_up(books.tries, books.paid, books.ledger, books.orders),
        every_fact_is_on_kafka(books.facts, books.causes, books.records, books.dead),
        keys_keep_their_order(books.records),
        every_confirmation_is_mailed_once(books.orders, books.letters, books.readers, books.names),
        every_webhook_is_genuine(books.calls, books.records, books.told_types),
        services_agree(books.orders, books.reported, books.tallies),
    ]
