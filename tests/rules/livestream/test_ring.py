"""The ring: who stands in it finds exactly what comes after them, for as long as it is there."""

from hypothesis import given
from hypothesis import strategies as st

from services.livestream.room.ring import Ring


@given(st.integers(1, 8), st.lists(st.binary(max_size=5), max_size=30), st.integers(-3, 40))
def test_what_comes_after_a_place_is_all_there_or_known_to_be_gone(
    size: int, frames: list[bytes], place: int
) -> None:
    ring = Ring(size)
    for frame in frames:
        ring.put(frame)
    assert ring.last == len(frames)
    there = 0 <= place <= len(frames) and len(frames) - place <= size
    assert ring.holds(place) == there
    if there:
        assert ring.after(place) == b"".join(frames[place:])
        assert ring.weight(place) >= len(ring.after(place))
        if len(frames) - place < size:
            assert ring.weight(place) == len(ring.after(place))
