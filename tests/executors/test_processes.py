"""What the kernel knows of a job, read while processes come and go."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator

import pytest

from automl.executors import _processes
from automl.executors._processes import family, leaves, proportional, resident, shares
from automl.search.cost.reserve import crowding

GONE = 2**22 + 1  # beyond the largest number that a process can have


@pytest.fixture
def sleeper() -> Iterator[subprocess.Popen[bytes]]:
    """A process that has started another one, which waits."""
    inner = f"import subprocess; subprocess.run(['{sys.executable}', '-c', 'input()'])"
    process = subprocess.Popen(
        [sys.executable, "-c", f"print('up', flush=True); {inner}"], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert process.stdout is not None
    process.stdout.readline()
    yield process
    process.communicate()


def test_a_process_that_is_gone_has_nothing() -> None:
    """Each look at a process that has ended gives zero or itself, and no error."""
    assert (family(GONE), leaves(GONE)) == ([GONE], [GONE])
    assert (resident(GONE), proportional(GONE), shares(GONE)) == (0, 0, (0, 0))


def test_the_family_is_all_below(sleeper: subprocess.Popen[bytes]) -> None:
    """Children of children belong to it; who has started another one is no leaf."""
    while len(family(sleeper.pid)) == 1:
        assert sleeper.poll() is None
    ours, inner = family(sleeper.pid)
    assert ours == sleeper.pid
    assert leaves(sleeper.pid) == [inner]
    assert {ours, inner} < set(family(os.getpid()))


def test_one_that_forks_between_two_looks_is_still_a_leaf(monkeypatch: pytest.MonkeyPatch) -> None:
    """The only process forks at each look: whoever is last seen without a child computes, so there is always one."""
    looks: dict[int, int] = {}

    def forking(pid: int) -> list[int]:
        looks[pid] = looks.get(pid, 0) + 1
        return [] if looks[pid] == 1 else [pid + 1]

    monkeypatch.setattr(_processes, "_children", forking)
    assert leaves(10) == [10]
    assert leaves(10) == [11]
    assert leaves(10) == [12]


def test_processes_that_adopt_each_other_end(monkeypatch: pytest.MonkeyPatch) -> None:
    """A number that is used again, or a child seen under two parents, makes no circle."""
    children = {1: [2, 3], 2: [3, 1], 3: [2]}
    monkeypatch.setattr(_processes, "_children", lambda pid: children[pid])
    assert family(1) == [1, 2, 3]
    assert leaves(1) == [2, 3]


def test_crowding_is_told_while_workers_fork(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever is seen of processes that come and go, the machine's crowding is a number from 1 to 5."""
    looks = iter(range(1, 1_000_000))
    monkeypatch.setattr(_processes, "_children", lambda pid: [pid + 1] if next(looks) % 2 == 0 else [])
    assert all(1.0 <= crowding() <= 5.0 for _ in range(100))
