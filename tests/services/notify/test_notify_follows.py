"""Following: a session begins, and everybody who wanted to know is told, once."""

from datetime import UTC, datetime

from services.notify.app import assemble
from services.notify.broadcast import AT_ONCE
from shared.events.livestream import HostFollowed, HostUnfollowed, SessionStarted
from shared.events.text import Text
from tests.services.notify.conftest import Notify, new_name
from tests.support.eventually import eventually
from tests.support.serving import serving

TITLES = Text(pt="Doces de Macau", zh_hant="澳門甜點", zh_hans="澳门甜点", en="Sweets of Macao")


def started(session: str, festival: str, host: str | None = None) -> SessionStarted:
    return SessionStarted(
        session_id=session, festival_id=festival, titles=TITLES, skus=("tart",), host_id=host
    )


async def test_whoever_follows_the_session_or_its_festival_is_told_once(notify: Notify) -> None:
    session, festival = new_name("session"), new_name("fair")
    people = {
        who: await notify.knows("zh-Hans") for who in ("session", "festival", "both", "neither")
    }
    for who, targets in (
        ("session", [session]),
        ("festival", [festival]),
        ("both", [session, festival]),
        ("neither", [new_name("session")]),
    ):
        for target in targets:
            assert (await people[who][2].put(f"/follows/{target}")).status_code == 204
    both = people["both"][2]
    assert (await both.get("/follows")).json() == {"items": sorted([session, festival])}
    await notify.hears(started(session, festival), times=3)
    for who in ("session", "festival", "both"):
        [letter] = await notify.mailed(people[who][1])
        assert "澳门甜点" in letter.subject
    await notify.settled()
    letters = [len(notify.postbox.to(email)) for _, email, _ in people.values()]
    assert letters == [1, 1, 1, 0]


async def test_whoever_stopped_following_or_was_forgotten_is_not_told(notify: Notify) -> None:
    session, festival = new_name("session"), new_name("fair")
    one, other, still = [await notify.knows() for _ in range(3)]
    for _, _, client in (one, other, still):
        assert (await client.put(f"/follows/{session}")).status_code == 204
    assert (await one[2].ask("DELETE", f"/follows/{session}")).status_code == 204
    assert (await other[2].ask("DELETE", "/recipients/me")).status_code == 204
    await notify.hears(started(session, festival))
    await notify.mailed(still[1])
    await notify.settled()
    assert notify.postbox.to(one[1]) == notify.postbox.to(other[1]) == []


async def test_who_follows_a_host_in_a_room_is_told_once_of_each_of_their_sessions(
    notify: Notify,
) -> None:
    host, festival = new_name("host"), new_name("fair")
    session, later = new_name("session"), new_name("session")
    fan, both, gone = [await notify.knows("pt") for _ in range(3)]
    now = datetime.now(UTC)
    for who, _, _ in (fan, both, gone):
        await notify.hears(HostFollowed(host_id=host, buyer_id=who, is_new=True, at=now), times=2)
    await notify.hears(HostUnfollowed(host_id=host, buyer_id=gone[0], at=now))
    assert (await both[2].put(f"/follows/{festival}")).status_code == 204

    async def heard() -> bool:
        lists = [(await client.get("/follows")).json()["items"] for _, _, client in (fan, gone)]
        return lists == [[f"host:{host}"], []]

    await eventually(heard)
    for one, times in ((session, 2), (later, 1)):
        await notify.hears(started(one, festival, host), times=times)
    for _, email, _ in (fan, both):
        letters = await notify.mailed(email, 2)
        assert all("Doces de Macau" in letter.subject for letter in letters)
    await notify.settled()
    letters = [len(notify.postbox.to(email)) for _, email, _ in (fan, both, gone)]
    assert letters == [2, 2, 0]


async def test_one_who_cannot_be_reached_cannot_follow(notify: Notify) -> None:
    stranger = notify.client()
    assert (await stranger.put("/follows/s1")).status_code == 404
    assert (await stranger.get("/follows")).status_code == 404


async def test_a_crowd_is_told_by_two_replicas_and_nobody_twice(notify: Notify) -> None:
    """More people than one step tells, and two replicas that find the same steps and letters."""
    session, festival = new_name("session"), new_name("fair")
    crowd: list[str] = []
    for _ in range(2 * AT_ONCE + 7):
        _, email, client = await notify.knows("en")
        assert (await client.put(f"/follows/{session}")).status_code == 204
        crowd.append(email)
    async with serving(assemble(notify.settings), "worker"):
        await notify.hears(started(session, festival))

        def all_told() -> bool:
            return all(notify.postbox.to(email) for email in crowd)

        await eventually(all_told, within=30)

        async def settled() -> bool:
            asked = {"template": "session-started", "status": {"$ne": "sent"}}
            return await notify.mongo["messages"].count_documents(asked) == 0

        await eventually(settled, within=20)
    assert [len(notify.postbox.to(email)) for email in crowd] == [1] * len(crowd)
