"""The table of an order's life: every move it names can be made, and no other."""

import re
from collections.abc import Callable, Iterable
from datetime import timedelta
from itertools import product
from typing import get_args

import pytest

from services.orders.border import entry
from services.orders.ordering import life, placing
from services.orders.ordering.life import MOVES, WAITS, Status
from services.orders.ordering.order import Order
from shared.events.orders import OrderEvent, OrderPlaced
from shared.refusal import Refused
from tests.rules.orders import standing
from tests.rules.orders.standing import AFTER_GRACE, AT, NOW, POLICY

STATUSES: tuple[Status, ...] = get_args(Status)
MUCH_LATER = NOW + timedelta(days=90)
ENDS = {"completed", "expired", "cancelled", "rejected"}

DECISIONS: dict[str, Callable[[Order], Iterable[object]]] = {
    "expire": lambda it: placing.expire(it, MUCH_LATER),
    "cancel": lambda it: placing.cancel(it, "changed my mind", NOW),
    "declare": lambda it: entry.declare(it, "d-2", "sf-2", MUCH_LATER, POLICY),
    "hold": standing.held,
    "release": standing.released,
    "reject": standing.rejected,
    "ship": standing.shipped(id="parcel-9"),
    "complete": lambda it: placing.complete(it, MUCH_LATER),
}


def lines_of(picture: str) -> tuple[str, set[tuple[str, str, str]], set[str]]:
    """The heading of a state diagram, its moves and its ends."""
    heading, *lines = picture.splitlines()
    moves, ends = set[tuple[str, str, str]](), set[str]()
    for line in lines:
        found = re.fullmatch(r"    (\[\*\]|\w+) --> (\[\*\]|\w+)(?:: ([\w-]+))?", line)
        assert found, line
        source, target, word = found.groups()
        if target == "[*]":
            ends.add(source)
        else:
            moves.add((source, target, word))
    return heading, moves, ends


@pytest.mark.parametrize("status", STATUSES)
def test_an_order_gets_to_every_state_by_the_rules_and_its_history_ends_there(
    status: Status,
) -> None:
    order = AT[status]
    assert order.status == status
    gone_on = status not in ("new", "placed")
    assert [step.status for step in order.history][-1:] == [status] * gone_on


def test_from_where_an_order_is_placed_every_state_can_be_reached() -> None:
    ways = {(source, target) for way in MOVES.values() for source, target in way.items()}
    reached = {"new"}
    for _ in STATUSES:
        reached |= {target for source, target in ways if source in reached}
    assert reached == set(STATUSES)


@pytest.mark.parametrize(
    ("status", "move"),
    [(s, m) for s, m in product(STATUSES, MOVES) if s != "new" and s not in MOVES[m]],
)
def test_a_move_that_the_table_does_not_have_is_refused_and_told_from_where_it_leads(
    status: Status, move: type[OrderEvent]
) -> None:
    with pytest.raises(Refused) as no:
        life.check(status, move)
    assert (no.value.code, no.value.kind) == ("order.illegal-move", "conflict")
    assert no.value.facts == {"status": status, "needs": list(MOVES[move])}
    assert all(named in no.value.detail for named in (status, *MOVES[move]))


@pytest.mark.parametrize(("status", "move"), [(s, m) for m in MOVES for s in MOVES[m]])
def test_a_move_of_the_table_is_let_through(status: Status, move: type[OrderEvent]) -> None:
    life.check(status, move)


@pytest.mark.parametrize("move", [move for move in MOVES if move is not OrderPlaced])
def test_nothing_moves_an_order_that_nobody_placed(move: type[OrderEvent]) -> None:
    with pytest.raises(Refused) as no:
        life.check("new", move)
    assert (no.value.code, no.value.kind) == ("order.unknown", "missing")


@pytest.mark.parametrize(("status", "asked"), [*product(STATUSES, DECISIONS)])
def test_no_decision_makes_a_move_that_the_table_does_not_have(status: Status, asked: str) -> None:
    try:
        facts = [*DECISIONS[asked](AT[status])]
    except Refused:
        return
    moves = [type(fact) for fact in facts if type(fact) in MOVES]
    assert all(status in MOVES[move] for move in moves), moves
    assert status not in ENDS or not facts, "what is over is asked again in vain"


def test_an_order_at_an_end_goes_nowhere_and_waits_for_nothing() -> None:
    assert {s for s in STATUSES if all(s not in ways for ways in MOVES.values())} == ENDS
    assert set(STATUSES) - set(WAITS) - {"new"} == ENDS
    for end in ENDS:
        assert AT[end].due is None


def test_the_picture_has_every_move_and_every_end_and_nothing_else() -> None:
    heading, moves, ends = lines_of(life.picture())
    assert heading == "stateDiagram-v2"
    table = {
        (
            "[*]" if source == "new" else source.replace("-", "_"),
            target.replace("-", "_"),
            move.type.removeprefix("feira.orders.order."),
        )
        for move, ways in MOVES.items()
        for source, target in ways.items()
    }
    assert moves == table
    assert ends == ENDS


def test_an_order_is_due_when_what_it_waits_for_should_have_come() -> None:
    assert {status: AT[status].due for status in WAITS} == {
        "placed": NOW + timedelta(minutes=15),
        "confirmed": NOW + POLICY.ship_within,
        "declared": AFTER_GRACE + POLICY.answer_within,
        "customs-held": AFTER_GRACE + POLICY.decide_within,
        "released": AFTER_GRACE + POLICY.ship_within,
        "part-shipped": NOW + POLICY.ship_within,
        "shipped": AFTER_GRACE + POLICY.deliver_within,
        "delivered": AFTER_GRACE + POLICY.return_within,
    }
