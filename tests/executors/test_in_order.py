"""Many workers that act as one: outcomes in the order of the jobs, whoever is faster."""

from __future__ import annotations

import random

import pytest

from automl.executors.base import Done, Job
from automl.executors.in_order import InOrder
from automl.spec.budget import AT_ONCE


class Workers:
    """So many of them, which end what they hold in any order; a job of more bytes than it may hold fails."""

    def __init__(self, workers: int, seed: int, bytes_of: dict[int, int] | None = None) -> None:
        self.workers = workers
        self.held: list[Job] = []
        self.seen: list[tuple[int, int, int]] = []  # job, memory, jobs beside it
        self._draw = random.Random(seed)  # noqa: S311  # no secret
        self._bytes = bytes_of or {}

    def submit(self, job: Job) -> None:
        self.seen.append((job.id, job.memory, len(self.held)))
        self.held.append(job)

    def wait(self, seconds: float) -> tuple[Done, ...]:
        del seconds
        if not self.held:
            return ()
        job = self.held.pop(self._draw.randrange(len(self.held)))
        fits = self._bytes.get(job.id, 0) <= job.memory
        return (Done(id=job.id, status="ok" if fits else "memory"),)

    def cancel(self) -> None:
        self.held.clear()

    def close(self) -> None:
        self.cancel()


def job(number: int) -> Job:
    """One that may hold 800 bytes if it runs alone."""
    return Job(id=number, function="a:b", arguments={}, seconds=1.0, memory=800)


@pytest.mark.parametrize("workers", [1, 2, 8, 16])
def test_outcomes_come_one_at_a_time_in_the_order_of_the_jobs(workers: int) -> None:
    """R12: whichever ends first."""
    many = InOrder(Workers(workers, seed=workers))
    for number in range(10):
        many.submit(job(number))
    assert many.workers == 1
    assert [[done.id for done in many.wait(1.0)] for _ in range(10)] == [[number] for number in range(10)]
    assert many.wait(0.0) == ()


@pytest.mark.parametrize("workers", [1, 2, 8, 16])
def test_what_needs_more_than_a_share_runs_alone_with_all(workers: int) -> None:
    """R12: a job fails for want of memory where all of it is too little, however many share it."""
    inner = Workers(workers, seed=workers, bytes_of={2: 700, 5: 900})
    many = InOrder(inner)
    for number in range(8):
        many.submit(job(number))
    found = [many.wait(1.0)[0] for _ in range(8)]
    assert [done.id for done in found] == list(range(8))
    assert [done.id for done in found if done.status == "memory"] == [5]
    shares = min(workers, AT_ONCE)
    again = [one for one in inner.seen if one[1] == 800]
    assert len(again) == (8 if shares == 1 else 2)
    assert shares == 1 or all(beside == 0 for _, _, beside in again)


def test_what_is_cancelled_is_forgotten() -> None:
    """The numbers of jobs begin anew after it."""
    many = InOrder(Workers(2, seed=0, bytes_of={0: 700}))
    for number in range(4):
        many.submit(job(number))
    many.wait(1.0)
    many.cancel()
    many.submit(job(0))
    assert [done.id for done in many.wait(1.0)] == [0]
