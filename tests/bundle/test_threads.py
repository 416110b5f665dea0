"""A bundle is shared by threads and by the tasks of an event loop: each gets the answers that it would get alone."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest

from automl.bundle.read import Bundle

THREADS, ROUNDS = 8, 6


@pytest.fixture(scope="module")
def model(bundle):
    return Bundle.load(bundle)


def test_threads_get_their_own_answers(model, raw):
    """Frames of different rows and single rows, at once and again and again, from eight threads."""
    parts = [raw[place::THREADS] for place in range(THREADS)]
    frames = [model.predict(part) for part in parts]
    rows = [model.decide(part.to_dicts()[0]) for part in parts]
    begin = Barrier(THREADS)

    def work(place: int) -> bool:
        begin.wait()
        row = parts[place].to_dicts()[0]
        return all(
            model.predict(parts[place]).equals(frames[place]) and model.decide(row) == rows[place]
            for _ in range(ROUNDS)
        )

    with ThreadPoolExecutor(THREADS) as pool:
        assert all(pool.map(work, range(THREADS)))


def test_tasks_of_an_event_loop_get_their_own_answers(model, raw):
    """Frames in threads of the loop, single rows between them."""
    parts = [raw[place::THREADS] for place in range(THREADS)]

    async def one(part):
        scored = await asyncio.to_thread(model.predict, part)
        return scored, model.decide(part.to_dicts()[0])

    async def all_of_them():
        return await asyncio.gather(*(one(part) for part in parts))

    for part, (scored, row) in zip(parts, asyncio.run(all_of_them()), strict=True):
        assert scored.equals(model.predict(part))
        assert row == model.decide(part.to_dicts()[0])
