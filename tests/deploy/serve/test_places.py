"""Who is there is answered; who still sends gives way."""

from __future__ import annotations

import asyncio

import pytest

from automl.deploy.serve.places import Places
from automl.deploy.serve.refusal import Refusal
from automl.deploy.serve.settings import Settings


def places(**limits):
    """Places with limits, and how many were taken after each step."""
    counted = []
    return Places(Settings(**limits), counted.append), counted


async def send(place, seconds, body):
    """Wait for a body as the app does."""
    try:
        async with asyncio.timeout(seconds) as limit:
            place.sends(limit)
            return await body.wait()
    except TimeoutError:
        raise place.late(seconds) from None
    finally:
        place.has_sent()
        place.leave()


def test_a_place_is_left_once():
    """However often a request says that it leaves, one place is free, of its client too."""
    all_of_them, counted = places(per_client=1)
    first = all_of_them.take("a")
    with pytest.raises(Refusal) as refused:
        all_of_them.take("a")
    assert refused.value.status == 429
    first.leave()
    first.leave()
    all_of_them.take("a")
    all_of_them.take("b")
    assert counted == [1, 0, 1, 2]


def test_who_sends_longest_gives_way():
    """V07: where the places are full, the slowest body is 503; one that came and what is worked on stay."""

    async def rush():
        all_of_them, counted = places(concurrency=3)
        worked, body = all_of_them.take("a"), asyncio.Event()
        slow = [asyncio.create_task(send(all_of_them.take("a"), 60, body)) for _ in range(2)]
        await asyncio.sleep(0)
        all_of_them.take("b").leave()
        refused = await asyncio.gather(slow[0], return_exceptions=True)
        body.set()
        whole = await slow[1]
        for _ in range(2):
            all_of_them.take("c")
        with pytest.raises(Refusal) as full:
            all_of_them.take("c")
        return refused[0], whole, full.value, worked, counted

    refused, whole, full, worked, counted = asyncio.run(rush())
    assert (refused.status, full.status) == (503, 503)
    assert {(b"retry-after", b"1"), (b"connection", b"close")} <= {*refused.headers}
    assert whole
    assert max(counted) == 3
    worked.leave()
    assert counted[-1] == 2


def test_a_body_whose_time_is_over_is_408_even_if_the_place_is_not_needed():
    """V01: a body has its seconds."""

    async def wait():
        all_of_them, _ = places()
        return await asyncio.gather(send(all_of_them.take("a"), 0.01, asyncio.Event()), return_exceptions=True)

    (refused,) = asyncio.run(wait())
    assert refused.status == 408


def test_a_place_that_is_needed_when_its_time_is_over():
    """A body that is late at the very moment when its place is needed leaves it without an error of ours."""

    async def both():
        all_of_them, _ = places(concurrency=1)
        slow = asyncio.create_task(send(all_of_them.take("a"), 60, asyncio.Event()))
        await asyncio.sleep(0)
        ((_, limit),) = all_of_them.sending.items()
        limit._on_timeout()  # it has fired, and the request does not know yet
        other = all_of_them.take("b")
        return await asyncio.gather(slow, return_exceptions=True), other

    (refused,), _ = asyncio.run(both())
    assert isinstance(refused, Refusal)
