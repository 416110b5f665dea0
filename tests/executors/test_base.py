"""What executors share: a job done here, and the loading of what jobs need."""

from __future__ import annotations

import errno
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from automl.executors.base import PRELOAD, Job, preload, run

WORKS = """
def double(x):
    return 2 * x
def further():
    return ["one", "two"]
def fail():
    raise ValueError("bad\\nwords")
def fill(number):
    raise OSError(number, "no room")
def write(path):
    from pathlib import Path
    from automl import disk
    disk.writing(Path(path)).close()
"""


@pytest.fixture
def modules(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder of modules on the path, that are forgotten afterwards."""
    monkeypatch.syspath_prepend(tmp_path)
    (tmp_path / "works.py").write_text(WORKS)
    yield tmp_path
    sys.modules.pop("works", None)


def job(function: str, **arguments: object) -> Job:
    return Job(id=7, function=function, arguments=arguments, seconds=1.0, memory=1)


@pytest.mark.usefixtures("modules")
def test_a_job_is_answered() -> None:
    """With its value, or in one line with what went wrong."""
    assert (run(job("works:double", x=4)).value, run(job("works:double", x=4)).id) == (8, 7)
    for function, words in (
        ("works:fail", "ValueError: bad words"),
        ("works:none", "AttributeError: module 'works' has no attribute 'none'"),
        ("no_such_module:f", "ModuleNotFoundError: No module named 'no_such_module'"),
    ):
        assert (run(job(function)).status, run(job(function)).detail) == ("error", words)


@pytest.mark.usefixtures("modules")
def test_what_is_loaded_may_name_more() -> None:
    """A module is imported; a function is asked for further ones."""
    assert preload("works") == ()
    assert "works" in sys.modules
    assert preload("works:further") == ("one", "two")


def test_learners_say_what_workers_load() -> None:
    """The last entry of the list asks the learners, so that a plugin's libraries are loaded too."""
    assert {"lightgbm", "catboost", "xgboost"} <= set(preload(PRELOAD[-1]))


@pytest.mark.usefixtures("modules")
def test_the_disk_is_no_fault_of_a_job() -> None:
    """R04: a write that fails for want of room, or of a broken disk, is told apart from a function that fails."""
    numbers = (errno.ENOSPC, errno.EIO, errno.EDQUOT, errno.ENOENT)
    assert [run(job("works:fill", number=number)).status for number in numbers] == ["disk"] * 3 + ["error"]
    assert run(job("works:write", path="/proc/no/such/place")).status == "disk"
