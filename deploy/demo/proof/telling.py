"""What must agree about everything that was said: to Kafka, to people, to systems, in reports."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence

from deploy.demo.books import Call, Letter, Order, Reader, Sums
from deploy.demo.bus import Record
from deploy.demo.journals import Fact
from deploy.demo.proof.finding import Finding, once
from shared.events.text import Text

_ID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}")


def every_fact_is_on_kafka(
    facts: Sequence[Fact],
    causes: Sequence[tuple[str, str]],
    records: Sequence[Record],
    dead: int,
) -> Finding:
    """Each journal event at least once where it belongs, none from nowhere, each cause once."""
    said: dict[str, Record] = {}
    for record in records:
        said.setdefault(record.id, record)

    def wrong() -> Iterator[str]:
        for fact in facts:
            record = said.get(fact.id)
            if record is None:
                yield f"{fact.type} {fact.id} of {fact.key}: never on Kafka"
            elif _place(record) != _place(fact):
                yield f"{fact.type} {fact.id}: {_place(record)}, not {_place(fact)}"
        known = {fact.id for fact in facts}
        yield from (f"{r.type} {r.id}: in no journal" for r in said.values() if r.id not in known)
        yield from (
            f"{service}: {cause} acted {times} times"
            for (service, cause), times in Counter(causes).items()
            if times > 1
        )
        if dead:
            yield f"{dead} records were put aside as dead letters"

    repeats = len(records) - len(said)
    return Finding(
        "Every fact is on Kafka, and acts once",
        f"{len(facts):,} facts in 4 journals, {len(records):,} records on Kafka "
        f"({repeats} repeated), {len(causes):,} causes",
        tuple(wrong()),
    )


def keys_keep_their_order(records: Sequence[Record]) -> Finding:
    """The sequence of each source and key rises, on each topic, from first hearing to first."""
    last: dict[tuple[str, str, str], str] = {}
    place: dict[tuple[str, str], int] = {}

    def wrong() -> Iterator[str]:
        for record in once(records):
            stream = record.source, record.topic, record.key
            if last.get(stream, "") >= record.sequence:
                yield f"{record.topic} {record.key}: {record.sequence} after {last[stream]}"
            last[stream] = record.sequence
            where = place.setdefault((record.topic, record.key), record.partition)
            if where != record.partition:
                yield f"{record.topic} {record.key}: on partitions {where} and {record.partition}"

    found = tuple(wrong())
    return Finding(
        "Every key keeps its order",
        f"{len(last):,} keys over {len({topic for _, topic, _ in last})} topics",
        found,
    )


def every_confirmation_is_mailed_once(
    orders: Mapping[str, Order],
    letters: Sequence[Letter],
    readers: Mapping[str, Reader],
    names: Mapping[str, Text],
) -> Finding:
    """One letter for each order confirmed, to its buyer alone, with the goods in their language."""
    expected = {
        order.id: readers[order.buyer_id]
        for order in orders.values()
        if order.confirmed and order.buyer_id in readers
    }
    about: dict[str, list[Letter]] = defaultdict(list)
    for letter in letters:
        for order_id in _order_ids(letter, orders):
            about[order_id].append(letter)

    def wrong() -> Iterator[str]:
        for order_id, reader in expected.items():
            wanted = {names[line.sku].in_locale(reader.locale) for line in orders[order_id].lines}
            found = [each for each in about[order_id] if all(name in each.text for name in wanted)]
            if len(found) != 1:
                yield f"order {order_id}: {len(found)} confirmations in {reader.locale}"
            for letter in about[order_id]:
                if letter.to != (reader.email,):
                    yield f"order {order_id}: mail to somebody else"
                if letter.language and letter.language != reader.locale:
                    yield f"order {order_id}: a letter in {letter.language}, not {reader.locale}"
        for order_id, order in orders.items():
            if order.channel == "booth" and about[order_id]:
                yield f"order {order_id}: sold for cash, and mailed"
        repeated = Counter(letter.message_id for letter in letters)
        yield from (f"letter {name}: {n} times" for name, n in repeated.items() if n > 1)

    spoken = Counter(reader.locale for reader in expected.values())
    return Finding(
        "Every confirmation is mailed once",
        f"{len(expected):,} confirmations among {len(letters):,} letters: "
        + ", ".join(f"{locale} {count:,}" for locale, count in spoken.most_common()),
        tuple(wrong()),
    )


def every_webhook_is_genuine(
    calls: Sequence[Call], records: Iterable[Record], types: Sequence[str]
) -> Finding:
    """What the integrator was told: all there was to tell, signed, and nothing else."""
    due = {record.id for record in records if record.type in types}
    told = {call.id for call in calls if call.genuine}

    def wrong() -> Iterator[str]:
        yield from (f"event {name}: never told" for name in sorted(due - told))
        yield from (f"event {name}: told, and never happened" for name in sorted(told - due))
        yield from (f"call {call.id}: wrongly signed" for call in calls if not call.genuine)

    return Finding(
        "Every webhook is genuine",
        f"{len(due):,} events told in {len(calls):,} signed calls",
        tuple(wrong()),
    )


def services_agree(
    orders: Mapping[str, Order], reported: Mapping[str, Sums], tallies: Mapping[str, Sums]
) -> Finding:
    """Catalog's report and the rooms' tallies, each heard over Kafka, equal the orders."""
    confirmed = [order for order in orders.values() if order.confirmed]
    sums: dict[str, Sums] = {}
    for order in confirmed:
        _add(sums, "all", order.units, order.total)
        _add(sums, f"channel {order.channel}", order.units, order.total)
        if order.session_id:
            _add(sums, f"session {order.session_id}", order.units, order.total)
        for sku in {line.sku for line in order.lines}:
            lines = [line for line in order.lines if line.sku == sku]
            amount = sum(line.amount for line in lines)
            _add(sums, f"sku {sku}", sum(line.units for line in lines), amount)

    def wrong() -> Iterator[str]:
        for name in sorted({*sums, *reported}):
            told, counted = reported.get(name, Sums()), sums.get(name, Sums())
            if told != counted:
                yield f"report, {name}: {told}, but the orders come to {counted}"
        for session_id, told in tallies.items():
            counted = sums.get(f"session {session_id}", Sums())
            if (told.orders, told.units) != (counted.orders, counted.units):
                yield f"tally of {session_id}: {told}, but the orders come to {counted}"

    return Finding(
        "All services tell the same story",
        f"{len(reported)} figures of the report and {len(tallies)} tallies against "
        f"{len(confirmed):,} orders",
        tuple(wrong()),
    )


def _place(of: Record | Fact) -> tuple[str, int, str, str]:
    """Where a fact belongs: source, partition, topic and key."""
    return of.source, of.partition, of.topic, of.key


def _order_ids(letter: Letter, orders: Mapping[str, Order]) -> set[str]:
    """Which orders a letter names."""
    return {found for found in _ID.findall(f"{letter.subject} {letter.text}") if found in orders}


def _add(sums: dict[str, Sums], name: str, units: int, amount: int) -> None:
    before = sums.get(name, Sums())
    sums[name] = Sums(before.orders + 1, before.units + units, before.amount + amount)
