"""The contract of executors: each job is answered once, with its own value or in one line why not."""

from __future__ import annotations

import time
from collections.abc import Iterator
from importlib.util import find_spec

import numpy as np
import pytest

from automl.executors.base import Done, Executor, Job, backends

DOUBLE = "automl.testing._jobs:double"
REVERSE = "automl.testing._jobs:reverse"
FAIL = "automl.testing._jobs:fail"
NONE = "automl.testing._jobs:no_such_function"
GB = 1 << 30


@pytest.fixture(scope="module", params=sorted(backends.all))
def executor(request: pytest.FixtureRequest) -> Iterator[Executor]:
    """One executor for all the claims: what it did before must not matter, and starting one takes seconds."""
    backend = backends.get(request.param)
    if backend.needs is not None and find_spec(backend.needs) is None:
        pytest.skip(f"{backend.needs} is not installed")
    started = backend.start(workers=2)
    yield started
    started.close()


def job(number: int, function: str, *, seconds: float = 30.0, memory: int = GB, **arguments: object) -> Job:
    """A job that calls a function of `_jobs`."""
    return Job(id=number, function=function, arguments=arguments, seconds=seconds, memory=memory)


def gather(executor: Executor, count: int, *, seconds: float = 30.0) -> dict[int, Done]:
    """The next `count` answers by their jobs' numbers, as many as come in time."""
    found: dict[int, Done] = {}
    end = time.monotonic() + seconds
    while len(found) < count and time.monotonic() < end:
        found |= {done.id: done for done in executor.wait(0.5)}
    return found


def test_many_jobs_each_answered_once(executor: Executor) -> None:
    """Forty jobs on two workers come back, each with its own value."""
    for number in range(40):
        executor.submit(job(number, DOUBLE, x=float(number)))
    found = gather(executor, 40)
    assert {number: done.value for number, done in found.items()} == {n: 2.0 * n for n in range(40)}
    assert {done.status for done in found.values()} == {"ok"}
    assert executor.wait(0.0) == ()


def test_big_arrays_cross_both_ways(executor: Executor) -> None:
    """Arrays of 8 MB go in and come out unchanged, several at a time."""
    values = np.arange(1_000_000, dtype=np.float64)
    for number in range(3):
        executor.submit(job(number, REVERSE, values=values))
    found = gather(executor, 3)
    assert all(np.array_equal(done.value, values[::-1]) for done in found.values())  # type: ignore[arg-type]


def test_an_exception_is_an_answer_in_one_line(executor: Executor) -> None:
    """A job that raises ends as `error` with its type and words; the next job runs."""
    executor.submit(job(0, FAIL))
    executor.submit(job(1, DOUBLE, x=4.0))
    found = gather(executor, 2)
    assert (found[0].status, found[0].detail) == ("error", "ValueError: bad parameters")
    assert found[1].value == 8.0


def test_a_function_that_does_not_exist_is_an_error(executor: Executor) -> None:
    """A wrong function name fails the job, not the executor."""
    executor.submit(job(0, NONE))
    assert gather(executor, 1)[0].status == "error"


def test_cancel_forgets(executor: Executor) -> None:
    """After `cancel` nothing that was queued is reported, and new jobs run."""
    for number in range(4):
        executor.submit(job(number, DOUBLE, x=1.0))
    executor.cancel()
    executor.submit(job(9, DOUBLE, x=1.0))
    assert set(gather(executor, 1)) == {9}
    assert executor.wait(0.1) == ()


def test_waiting_for_nothing_returns(executor: Executor) -> None:
    """`wait` without jobs gives an empty answer instead of sleeping."""
    assert executor.wait(5.0) == ()
