"""The inline executor runs one job at each wait, in their order, and whatever a job raises is its answer."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from automl.executors.base import Job
from automl.executors.inline import INLINE, InlineExecutor


@pytest.fixture
def executor(monkeypatch: pytest.MonkeyPatch) -> InlineExecutor:
    """An executor that finds the jobs of this folder."""
    monkeypatch.syspath_prepend(str(Path(__file__).parent))
    monkeypatch.delitem(sys.modules, "jobs", raising=False)
    return INLINE.start(workers=3)


def job(number: int, function: str, **arguments: object) -> Job:
    return Job(id=number, function=function, arguments=arguments, seconds=1.0, memory=1)


def test_jobs_run_in_their_order(executor: InlineExecutor) -> None:
    """Each wait answers the job that waited longest, and runs nothing else."""
    for number in (7, 3, 5):
        executor.submit(job(number, "jobs:double", x=number))
    found = [executor.wait(0.0) for _ in range(4)]
    assert [[(done.id, done.status, done.value) for done in each] for each in found] == [
        [(7, "ok", 14)],
        [(3, "ok", 6)],
        [(5, "ok", 10)],
        [],
    ]
    assert all(done.seconds >= 0 for each in found for done in each)


def test_nothing_runs_before_it_is_waited_for(executor: InlineExecutor, tmp_path: Path) -> None:
    """A job that is cancelled before its turn has left no trace."""
    executor.submit(job(1, "pathlib:Path.touch", self=tmp_path / "ran"))
    executor.cancel()
    assert executor.wait(0.0) == ()
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize(
    ("function", "detail"),
    [
        ("jobs:fail", "ValueError: bad parameters"),
        ("jobs:nothing_of_that_name", "AttributeError: module 'jobs' has no attribute 'nothing_of_that_name'"),
        ("no_such_module:f", "ModuleNotFoundError: No module named 'no_such_module'"),
        ("jobs:double", "TypeError: double() missing 1 required positional argument: 'x'"),
    ],
)
def test_what_a_job_raises_is_its_answer(executor: InlineExecutor, function: str, detail: str) -> None:
    """In one line, with its type; the next job runs."""
    executor.submit(job(1, function))
    executor.submit(job(2, "jobs:double", x=2))
    (failed,), (next_one,) = executor.wait(0.0), executor.wait(0.0)
    assert (failed.status, failed.detail, failed.value) == ("error", detail, None)
    assert next_one.value == 4


def test_an_interrupt_is_no_answer(executor: InlineExecutor, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ctrl-C within a job stops the run; it is not put down as a trial that failed."""

    def stop() -> None:
        raise KeyboardInterrupt

    import jobs  # of this folder

    monkeypatch.setattr(jobs, "fail", stop)
    executor.submit(job(1, "jobs:fail"))
    with pytest.raises(KeyboardInterrupt):
        executor.wait(0.0)


def test_closing_forgets_what_waits(executor: InlineExecutor) -> None:
    """After `close` nothing is left; the number of workers is as asked, though one works."""
    executor.submit(job(1, "jobs:double", x=1))
    executor.close()
    assert executor.wait(0.0) == ()
    assert executor.workers == 3
