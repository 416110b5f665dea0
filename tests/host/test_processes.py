"""What the kernel knows of a job, read while processes come and go."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator

import pytest

from automl.host import processes
from automl.host.processes import family, kill_group, leaves, process_start, proportional, resident, runs, shares
from automl.search.cost.reserve import crowding

pytestmark = pytest.mark.parametrize("way", ["", "1"], ids=["kernel", "portable"])
GONE = 2**22 + 1  # beyond the largest number that a process can have


@pytest.fixture(autouse=True)
def _way(way: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AUTOML_PORTABLE", way)


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

    monkeypatch.setattr(processes, "_children", forking)
    assert leaves(10) == [10]
    assert leaves(10) == [11]
    assert leaves(10) == [12]


def test_processes_that_adopt_each_other_end(monkeypatch: pytest.MonkeyPatch) -> None:
    """A number that is used again, or a child seen under two parents, makes no circle."""
    children = {1: [2, 3], 2: [3, 1], 3: [2]}
    monkeypatch.setattr(processes, "_children", lambda pid: children[pid])
    assert family(1) == [1, 2, 3]
    assert leaves(1) == [2, 3]


def test_crowding_is_told_while_workers_fork(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever is seen of processes that come and go, the machine's crowding is a number from 1 to 5."""
    looks = iter(range(1, 1_000_000))
    monkeypatch.setattr(processes, "_children", lambda pid: [pid + 1] if next(looks) % 2 == 0 else [])
    assert all(1.0 <= crowding() <= 5.0 for _ in range(100))


def test_both_ways_tell_the_same_of_this_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """Memory by psutil is that by the kernel, but for what is shared; the start is the same to a tenth of a second."""
    here = os.getpid()
    told = (resident(here), proportional(here), process_start())
    monkeypatch.setenv("AUTOML_PORTABLE", "")
    by_kernel = (resident(here), proportional(here), process_start())
    assert told[0] == pytest.approx(by_kernel[0], rel=0.05)
    assert told[1] <= by_kernel[1] * 1.05
    assert told[2] == pytest.approx(by_kernel[2], abs=0.1)


def test_a_killed_family_is_gone(sleeper: subprocess.Popen[bytes]) -> None:
    """R02: what a job has started ends with it."""
    while len(family(sleeper.pid)) == 1:
        assert sleeper.poll() is None
    _, inner = family(sleeper.pid)
    for member in (inner, sleeper.pid):  # neither leads a group of its own here
        assert runs(member)
        kill_group(member)
    assert sleeper.wait(30) != 0
