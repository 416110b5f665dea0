"""The process that tries a stranger's bundle caps itself before it reads a byte of it."""

from __future__ import annotations

import resource
import subprocess
import sys

import pytest

from automl.bundle import _tried
from automl.host import portable

SHOW = (
    "import resource, sys; from automl.bundle._tried import cap; {before}"
    "cap(data=2**31, seconds=30, wall=1.0);"
    "print(*(resource.getrlimit(kind) for kind in (resource.RLIMIT_DATA, resource.RLIMIT_CPU, resource.RLIMIT_CORE)))"
)


def limits(before: str = "") -> str:
    """The limits of a fresh process that capped itself."""
    command = [sys.executable, "-c", SHOW.format(before=before)]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


@pytest.mark.skipif(portable(), reason="without the kernel only the time by the wall is capped")
def test_the_caps_are_set():
    """Memory and processor by the kernel, no core file; the first signal of the processor's cap can be named."""
    assert limits() == f"({2**31}, {2**31}) (30, {30 + _tried.GRACE}) (0, 0)"


def test_a_limit_of_the_system_stays():
    """A tighter one, which cannot be raised, is no error."""
    assert limits("resource.setrlimit(resource.RLIMIT_CPU, (20, 20));").split(") (")[1] == "20, 20"


def test_a_system_without_limits_tries_all_the_same(monkeypatch):
    """Where Python has no such module nothing is capped, and nothing fails."""
    before = resource.getrlimit(resource.RLIMIT_CPU)
    monkeypatch.setattr(_tried, "resource", None)
    _tried.cap(data=1, seconds=1, wall=1.0)
    assert resource.getrlimit(resource.RLIMIT_CPU) == before
