"""One deadline covers a run from its first import on, whatever the clock says."""

from __future__ import annotations

import re
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest
from hypothesis import given
from hypothesis import strategies as some

import automl
from automl.budget import Deadline
from automl.host.processes import process_start

ROOT = Path(automl.__file__).parent


@given(some.floats(0, 1e6), some.floats(-1e6, 1e6), some.floats(0, 1e6))
def test_time_spent_and_time_left_are_the_budget(seconds: float, start: float, later: float) -> None:
    """R09: what is left is the budget less what is spent, never less than nothing."""
    now = [start]
    deadline = Deadline.of(seconds, clock=lambda: now[0])
    assert (deadline.spent(), deadline.left()) == (0.0, seconds)
    now[0] = start + later
    assert deadline.spent() == pytest.approx(later, abs=1e-6)
    assert deadline.left() == pytest.approx(max(0.0, seconds - later), abs=1e-6)
    assert deadline.left() >= 0.0


def test_a_clock_that_jumps(monkeypatch: pytest.MonkeyPatch) -> None:
    """R09: a wall clock that is set back or forward by a day moves no deadline, nor the start of the process."""
    deadline, began = Deadline.of(60.0), process_start()
    for jump in (-86_400.0, 86_400.0):
        monkeypatch.setattr(time, "time", lambda jump=jump, now=time.time: now() + jump)
        assert 50.0 < deadline.left() <= 60.0
        assert process_start() == pytest.approx(began, abs=1.0)


def test_the_wall_clock_measures_nothing() -> None:
    """R09: it stamps lines of the log and what is stored, and stands in for what a system does not tell otherwise."""
    texts = {file.relative_to(ROOT).as_posix(): file.read_text(encoding="utf-8") for file in ROOT.rglob("*.py")}
    readers = {
        name
        for name, text in texts.items()
        if re.search(r"\btime\.time(_ns)?\b|from time import .*\btime(_ns)?\b", text)
    }
    stamps = {"deploy/serve/log.py", "deploy/serve/record/recorder.py", "watch/store.py", "watch/watcher.py"}
    assert readers == {"bench/entrants.py", "bench/rival_kit.py", "host/processes.py", *stamps}


def test_a_deadline_may_have_begun_before() -> None:
    """The start of the process counts: seconds that imports took are gone."""
    assert Deadline(seconds=10.0, start=-7.0, clock=lambda: 0.0).left() == 3.0


def test_the_process_began_before_now() -> None:
    """The start is on the monotonic clock, and agrees with what the system tells of this process."""
    start = process_start()
    assert start < time.monotonic()
    age = time.time() - psutil.Process().create_time()
    assert time.monotonic() - start == pytest.approx(age, abs=2.0)


def test_a_system_without_proc_tells_it_too(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where /proc cannot be read, or reads otherwise, psutil knows."""
    told = process_start()
    for text in (OSError("no such file"), ValueError("no number")):

        def fail(*_: object, error: Exception = text, **__: object) -> str:
            raise error

        with monkeypatch.context() as patched:
            patched.setattr(Path, "read_text", fail)
            assert process_start() == pytest.approx(told, abs=2.0)
    with monkeypatch.context() as patched:
        patched.setattr(Path, "read_text", lambda *_, **__: "1 (odd name) S 2 3")
        assert process_start() == pytest.approx(told, abs=2.0)


def test_a_name_with_spaces_and_brackets_does_not_confuse(tmp_path: Path) -> None:
    """The fields of /proc begin behind the last bracket, whatever the program is called."""
    program = tmp_path / "a) (b c"
    program.symlink_to(sys.executable)
    code = (
        "import time; from automl.host.processes import process_start; import psutil;"
        "age = time.time() - psutil.Process().create_time();"
        "print(abs(time.monotonic() - process_start() - age) < 2.0)"
    )
    environment = {"PYTHONPATH": ":".join(sys.path)}
    done = subprocess.run([program, "-c", code], capture_output=True, text=True, check=False, env=environment)
    assert done.stdout.strip() == "True", done.stderr
