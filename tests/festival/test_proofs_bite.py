"""The proofs bite: books that agree pass, and one wrong entry is enough to fail."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from honest_books import CASH, DEALT, TART, TARTS, UNPAID, WITHDRAWN, honest_books

from deploy.demo.books import Books, Call, Entry, Letter, Order, Pool, Sums
from deploy.demo.bus import Record
from deploy.demo.notebook import Heard, Paid
from deploy.demo.proof import Finding, prove
from shared.events.ids import new_id
from shared.events.orders import OrderConfirmed

Doctor = Callable[[Books], Books]

PLACES = "Every unit is in one place"
TWICE = "Nothing is sold twice"
ANSWERED = "Every order is answered"
MONEY = "The money adds up"
KAFKA = "Every fact is on Kafka, and acts once"
ORDER = "Every key keeps its order"
MAIL = "Every confirmation is mailed once"
HOOKS = "Every webhook is genuine"
STORY = "All services tell the same story"


def found(claim: str, books: Books) -> Finding:
    [finding] = [finding for finding in prove(books) if finding.claim == claim]
    return finding


def failing(books: Books) -> set[str]:
    return {finding.claim for finding in prove(books) if not finding.holds}


def test_honest_books_pass_every_proof() -> None:
    assert failing(honest_books()) == set()


def test_a_festival_without_one_order_proves_itself_too() -> None:
    nothing = Books({}, {}, (), {}, (), (), (), (), {}, {}, (), (), (), 0, (), (), {}, {})
    assert failing(nothing) == set()


# Goods --------------------------------------------------------------------------------------------


def pool(**places: int) -> Doctor:
    whole = {"received": 10, "free": 8, "allocated": 0, "held": 0, "sold": 2}
    return lambda books: replace(books, stock={**books.stock, TART: Pool(**(whole | places))})


@pytest.mark.parametrize(
    "doctor",
    [
        pytest.param(pool(free=7, sold=3), id="a sale that no order knows of"),
        pytest.param(pool(free=7), id="a unit that vanished"),
        pytest.param(pool(free=7, held=1), id="a hold that never ends"),
        pytest.param(pool(free=7, allocated=1), id="a deal that keeps its units for ever"),
        pytest.param(pool(free=12, held=-4), id="less than nothing"),
        pytest.param(pool(received=9, free=7), id="a unit that never came in"),
        pytest.param(lambda books: replace(books, stock={}), id="a pool that is gone"),
        pytest.param(
            lambda books: replace(books, unreconciled=("tart: 1 held",)), id="a row unaccounted for"
        ),
    ],
)
def test_a_unit_that_is_not_where_it_should_be_is_found(doctor: Doctor) -> None:
    assert not found(PLACES, doctor(honest_books())).holds


def confirmed(books: Books, order_id: str) -> Record:
    [record] = [r for r in books.records if (r.type, r.key) == (OrderConfirmed.type, order_id)]
    return record


def said_again(books: Books, **change: Any) -> Books:
    """The first confirmation once more, under another id, with something else in it."""
    record = confirmed(books, DEALT)
    fact = OrderConfirmed.read(record.value).model_copy(update=change)
    again = replace(record, id=new_id(), key=fact.order_id, value=fact.write())
    return replace(books, records=(*books.records, again))


def test_an_extra_sale_on_kafka_is_found() -> None:
    assert "confirmed 2 times" in found(TWICE, said_again(honest_books())).wrong[0]
    assert "on Kafka alone" in found(TWICE, said_again(honest_books(), order_id="o-9")).wrong[0]


def test_a_sale_that_only_kafka_says_was_withdrawn_is_found() -> None:
    books = honest_books()
    still_there = order(WITHDRAWN, withdrawn=False)(books)
    assert "on Kafka alone" in found(TWICE, still_there).wrong[0]


def test_an_order_confirmed_that_kafka_does_not_know_of_is_found() -> None:
    books = honest_books()
    left = tuple(r for r in books.records if r is not confirmed(books, CASH))
    assert "never confirmed on Kafka" in found(TWICE, replace(books, records=left)).wrong[0]


def test_more_sold_than_there_was_is_found() -> None:
    assert not found(TWICE, replace(honest_books(), intake={TART: 1})).holds


def test_a_buyer_beyond_the_limit_of_a_deal_and_a_deal_beyond_its_units_are_found() -> None:
    books = honest_books()
    [line] = OrderConfirmed.read(confirmed(books, DEALT).value).lines
    wrong = found(TWICE, said_again(books, lines=(line.model_copy(update={"quantity": 2}),))).wrong
    assert any("more than one may" in each for each in wrong)
    assert any("3 sold of 2" in each for each in wrong)


# Answers ------------------------------------------------------------------------------------------


def first_try(answers: list[Heard], clicks: int = 2) -> Doctor:
    def doctor(books: Books) -> Books:
        first, *others = books.tries
        return replace(books, tries=(replace(first, clicks=clicks, answers=answers), *others))

    return doctor


@pytest.mark.parametrize(
    "answers",
    [
        pytest.param([Heard(201, order_id=DEALT)], id="a click without an answer"),
        pytest.param(
            [Heard(201, order_id=DEALT), Heard(201, order_id=CASH)], id="two orders for one wish"
        ),
        pytest.param(
            [Heard(201, order_id=DEALT), Heard(429, "deal.limit", again=True)],
            id="granted, and refused when asked again",
        ),
        pytest.param([Heard(201, order_id=DEALT), Heard(500)], id="a fault"),
        pytest.param([Heard(409, "deal.over"), Heard(409, "deal.over")], id="an order unasked"),
        pytest.param([Heard(201, order_id="gone")] * 2, id="a promise that is gone"),
    ],
)
def test_a_wish_not_answered_as_it_should_be_is_found(answers: list[Heard]) -> None:
    assert not found(ANSWERED, first_try(answers)(honest_books())).holds


def test_a_refusal_before_the_grant_is_no_fault() -> None:
    """Units came back between two clicks: the second got what the first was refused."""
    answers = [Heard(409, "deal.sold-out"), Heard(201, order_id=DEALT)]
    assert found(ANSWERED, first_try(answers)(honest_books())).holds


def order(order_id: str, **change: Any) -> Doctor:
    def doctor(books: Books) -> Books:
        changed: Order = replace(books.orders[order_id], **change)
        return replace(books, orders={**books.orders, order_id: changed})

    return doctor


def test_an_order_without_an_end_is_found() -> None:
    assert not found(ANSWERED, order(UNPAID, status="placed")(honest_books())).holds


# Money --------------------------------------------------------------------------------------------


def ledger(*entries: Entry) -> Doctor:
    """The first two entries are others, or missing."""
    return lambda books: replace(books, ledger=(*entries, *books.ledger[2:]))


GOOD, BACK, _ = honest_books().ledger


@pytest.mark.parametrize(
    "doctor",
    [
        pytest.param(ledger(GOOD), id="a payment the ledger does not know"),
        pytest.param(ledger(GOOD, replace(BACK, refunded=0)), id="money kept for nothing"),
        pytest.param(ledger(GOOD, replace(BACK, refunded=100)), id="half a refund"),
        pytest.param(ledger(replace(GOOD, captured=0), BACK), id="goods for nothing"),
        pytest.param(ledger(replace(GOOD, refunded=4800), BACK), id="a sale paid back"),
        pytest.param(
            ledger(replace(GOOD, captured=4700), replace(BACK, captured=6900)),
            id="two wrongs that add up",
        ),
        pytest.param(order(UNPAID, payments={"pay-9": "captured"}), id="paid and expired"),
        pytest.param(order(CASH, total=6700), id="a till that took more than the order says"),
        pytest.param(
            lambda books: replace(
                books, paid=(*books.paid, Paid("pay-9", UNPAID, 1, "MOP", succeeded=True))
            ),
            id="a purse that is lighter than the ledger says",
        ),
    ],
)
def test_money_that_does_not_add_up_is_found(doctor: Doctor) -> None:
    assert not found(MONEY, doctor(honest_books())).holds


# Kafka --------------------------------------------------------------------------------------------


def test_a_missing_event_is_found() -> None:
    books = honest_books()
    missing = replace(books, records=books.records[1:])
    assert "never on Kafka" in found(KAFKA, missing).wrong[0]


def test_an_event_from_nowhere_is_found() -> None:
    books = honest_books()
    assert "in no journal" in found(KAFKA, replace(books, facts=books.facts[1:])).wrong[0]


@pytest.mark.parametrize(
    "place", [{"partition": 99}, {"key": "another"}, {"topic": "feira.x.y.v1"}]
)
def test_an_event_in_the_wrong_place_is_found(place: dict[str, Any]) -> None:
    books = honest_books()
    moved = (replace(books.records[0], **place), *books.records[1:])
    assert not found(KAFKA, replace(books, records=moved)).holds


def test_a_cause_that_acted_twice_and_a_dead_letter_are_found() -> None:
    books = honest_books()
    assert "acted 2 times" in found(KAFKA, replace(books, causes=books.causes[:1] * 2)).wrong[0]
    assert not found(KAFKA, replace(books, dead=1)).holds


def test_an_event_that_came_twice_is_no_fault() -> None:
    """At least once: a relay that died between sending and saving sends again."""
    books = honest_books()
    twice = replace(books, records=(*books.records, books.records[2], books.records[3]))
    assert failing(twice) == set()


def test_a_key_out_of_order_is_found() -> None:
    books = honest_books()
    about = [record for record in books.records if record.key == DEALT]
    others = [record for record in books.records if record.key != DEALT]
    assert len(about) > 1
    turned = replace(books, records=(*others, *reversed(about)))
    assert failing(turned) == {ORDER}


def test_a_key_on_two_partitions_is_found() -> None:
    books = honest_books()
    moved = replace(books.records[2], partition=(books.records[2].partition + 1) % 6)
    records = (*books.records[:2], moved, *books.records[3:])
    assert not found(ORDER, replace(books, records=records)).holds


# Mail, webhooks, reports --------------------------------------------------------------------------

CONFIRMATION = honest_books().letters[0]


def letters(*more: Letter, without: int = 0) -> Doctor:
    return lambda books: replace(books, letters=(*books.letters[without:], *more))


@pytest.mark.parametrize(
    "doctor",
    [
        pytest.param(letters(replace(CONFIRMATION, message_id="<m8>")), id="a letter too many"),
        pytest.param(letters(CONFIRMATION), id="the same letter twice"),
        pytest.param(letters(without=1), id="a letter that never came"),
        pytest.param(
            letters(replace(CONFIRMATION, to=("eve@feira.example",)), without=1),
            id="a letter to somebody else",
        ),
        pytest.param(
            letters(replace(CONFIRMATION, text=TARTS.zh_hans), without=1), id="another language"
        ),
        pytest.param(
            letters(replace(CONFIRMATION, language="en"), without=1), id="labelled wrongly"
        ),
        pytest.param(
            letters(Letter("<m9>", ("x@feira.example",), CASH, TARTS.en, "en")),
            id="mail about a cash sale",
        ),
    ],
)
def test_a_letter_too_many_too_few_or_wrong_is_found(doctor: Doctor) -> None:
    assert not found(MAIL, doctor(honest_books())).holds


@pytest.mark.parametrize(
    "doctor",
    [
        pytest.param(lambda b: replace(b, calls=b.calls[1:]), id="an event never told"),
        pytest.param(
            lambda b: replace(b, calls=(*b.calls, Call("e-9", "x", genuine=True))),
            id="an event that never happened",
        ),
        pytest.param(
            lambda b: replace(b, calls=(*b.calls, replace(b.calls[0], genuine=False))),
            id="a signature that does not fit",
        ),
    ],
)
def test_a_webhook_that_lies_is_found(doctor: Doctor) -> None:
    assert not found(HOOKS, doctor(honest_books())).holds


@pytest.mark.parametrize(
    "doctor",
    [
        pytest.param(
            lambda b: replace(b, tallies={"sess-1": Sums(2, 2)}), id="a tally counts twice"
        ),
        pytest.param(
            lambda b: replace(b, reported={**b.reported, "all": Sums(3, 3, 18_400)}),
            id="a report counts twice",
        ),
        pytest.param(
            lambda b: replace(b, reported={**b.reported, "channel online": Sums(1, 1, 1)}),
            id="a report knows more",
        ),
        pytest.param(lambda b: replace(b, reported={}), id="no report"),
    ],
)
def test_a_service_that_tells_another_story_is_found(doctor: Doctor) -> None:
    assert not found(STORY, doctor(honest_books())).holds
