"""Beginning at once: no task for what need not wait, and nothing lost for what must."""

import asyncio

import pytest

from services.livestream.room.eager import begin


async def test_what_need_not_wait_is_done_at_once() -> None:
    done: list[str] = []

    async def write() -> None:
        done.append("written")

    assert begin(write()) is None
    assert done == ["written"]


async def test_what_must_wait_goes_on_when_it_can() -> None:
    done: list[str] = []
    free, again = asyncio.Event(), asyncio.Event()

    async def write() -> None:
        done.append("begun")
        await free.wait()
        await asyncio.sleep(0)
        await again.wait()
        done.append("written")

    rest = begin(write())
    assert rest
    assert done == ["begun"]
    free.set()
    again.set()
    await rest
    assert done == ["begun", "written"]


async def test_what_goes_wrong_is_told_whether_at_once_or_later() -> None:
    free = asyncio.Event()

    async def fail(wait: bool) -> None:  # noqa: FBT001 - two ways to fail
        if wait:
            await free.wait()
        raise OSError("broken pipe")

    with pytest.raises(OSError, match="broken pipe"):
        begin(fail(wait=False))
    rest = begin(fail(wait=True))
    assert rest
    free.set()
    with pytest.raises(OSError, match="broken pipe"):
        await rest


async def test_what_waits_can_be_called_off_and_may_tidy_up() -> None:
    tidied: list[str] = []

    async def write() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            tidied.append("tidied")

    rest = begin(write())
    assert rest
    rest.cancel()
    await asyncio.wait({rest})
    assert rest.cancelled()
    assert tidied == ["tidied"]
