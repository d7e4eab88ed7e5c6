"""The pages of the journal: what a fold writes down, and what is read back from it."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from shared.events.partition import partition_of
from shared.platform.bus.sender import headers_of
from shared.platform.change.cause import Cause
from shared.platform.change.journal import Page, lane_of, outcome
from tests.support.bakery import ReceiptWritten, TartSold

AT = datetime(2026, 11, 22, 10, 0, 0, 123000, tzinfo=UTC)


def page_of_two_changes() -> Page:
    page = Page(lane=2, turn=17, source="/feira/bakery/2")
    for number in range(2):
        change = page.enter(Cause(f"c-{number}", correlation="wish" if number else ""))
        for fact in (
            TartSold(tart="egg", order=f"o-{number}"),
            ReceiptWritten(order=f"o-{number}", tart="egg"),
        ):
            page.say(fact, fact.write(), change)
    return page


def test_each_cause_is_told_its_own_facts_again() -> None:
    document = page_of_two_changes().document(AT, timedelta(days=14), [])
    assert outcome([document], 1) == (
        TartSold(tart="egg", order="o-1"),
        ReceiptWritten(order="o-1", tart="egg"),
    )
    assert document["expires_at"] - document["at"] == timedelta(days=14)


def test_a_page_says_where_each_fact_goes() -> None:
    events = page_of_two_changes().events
    assert [event["partition"] for event in events] == [
        partition_of(key) for key in ("egg", "o-0", "egg", "o-1")
    ]
    assert len({event["id"] for event in events}) == 4


def test_a_page_without_causes_stays_out_of_their_index() -> None:
    companion = Page(0, 1, "/feira/bakery/0").document(AT, timedelta(days=1), ["2:17"])
    assert "changes" not in companion
    assert companion["others"] == ["2:17"]


def test_the_envelope_tells_why_in_which_order_and_when() -> None:
    document = page_of_two_changes().document(AT, timedelta(days=14), [])
    [first, *_, last] = [
        dict(headers_of(document, said, index)) for index, said in enumerate(document["events"])
    ]
    assert first["ce_time"] == b"2026-11-22T10:00:00.123Z"
    assert (first["ce_causationid"], last["ce_causationid"]) == (b"c-0", b"c-1")
    assert "ce_correlationid" not in first
    assert last["ce_correlationid"] == b"wish"
    assert first["ce_sequence"] < last["ce_sequence"]


@given(st.text(max_size=40), st.integers(min_value=1, max_value=16))
def test_an_aggregate_lives_in_one_lane_for_ever(name: str, lanes: int) -> None:
    assert 0 <= lane_of(name, lanes) < lanes
    assert lane_of(name, lanes) == lane_of(name, lanes)


@given(st.integers(0, 10**11), st.integers(0, 10**11), st.integers(0, 9_999), st.integers(0, 9_999))
def test_sequences_sort_as_the_facts_happened(
    turn: int, later: int, index: int, after: int
) -> None:
    def sequence(turn: int, index: int) -> bytes:
        page = Page(0, turn, "/feira/bakery/0")
        fact = TartSold(tart="egg", order="o")
        page.say(fact, fact.write())
        document = page.document(AT, timedelta(days=1), [])
        return dict(headers_of(document, document["events"][0], index))["ce_sequence"]

    assert (sequence(turn, index) < sequence(later, after)) == ((turn, index) < (later, after))
