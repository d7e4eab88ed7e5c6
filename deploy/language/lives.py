"""docs/orders.md: the life of an order, drawn from the table that decides it."""

from services.orders.ordering.life import MOVES, WAITS, picture

_HEAD = """# The life of an order

An order moves along these arrows alone; each is an event of `feira.orders.order.v1`. Any other
wish is refused with 409 and `needs`, the states from which it could be granted. What happened to
one order, why, and what it waits for: `GET /orders/{order_id}/timeline`.

This page is generated from `services/orders/ordering/life.py` by `make events`.
"""


def render() -> str:
    rows = [f"| {status} | {wait} |" for status, wait in WAITS.items()]
    ends = sorted({end for ways in MOVES.values() for end in ways.values()} - set(WAITS))
    rows += [f"| {end} | nothing more |" for end in ends]
    return "\n".join(
        [
            _HEAD,
            "```mermaid",
            picture() + "```",
            "",
            "| An order that is … | waits for |",
            "|---|---|",
            *rows,
            "",
        ]
    )
