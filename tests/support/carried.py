"""What was carried to Kafka: all of it, each key's in order."""

from collections import defaultdict

from tests.support.house import House, Record


def header(record: Record, name: str) -> str:
    """A header of a record; empty if it has none of that name."""
    return dict(record.headers).get(name, b"").decode()


async def everything_is_on_kafka(house: House) -> list[Record]:
    """Every fact of every journal is there, and those about one key in their order.

    Returns all records.
    """
    records = await house.records()
    heard = {header(record, "ce_id") for record in records}
    with house.databases() as databases:
        for database in databases.values():
            for page in database["journal"].find({}, {"events.id": 1, "turn": 1}):
                missing = [said["id"] for said in page["events"] if said["id"] not in heard]
                assert not missing, f"{missing[:3]} of turn {page['turn']} of {database.name}"
    first: set[str] = set()
    last: defaultdict[tuple[str, bytes | None, str], str] = defaultdict(str)
    for record in sorted(records, key=lambda r: (r.topic, r.partition, r.offset)):
        identity, sequence = header(record, "ce_id"), header(record, "ce_sequence")
        if sequence and identity not in first:
            first.add(identity)
            place = (record.topic, record.key, header(record, "ce_source"))
            assert last[place] < sequence
            last[place] = sequence
    return records
