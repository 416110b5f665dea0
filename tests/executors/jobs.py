"""Jobs that behave, and jobs that misbehave in each way an executor must survive."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
from numpy.typing import NDArray


def double(x: float) -> float:
    return 2 * x


def reverse(values: NDArray[np.float64]) -> NDArray[np.float64]:
    return values[::-1].copy()


def turn(path: str, out: str) -> int:
    values = np.load(path)
    np.save(out, values[::-1])
    return len(values)


def nap(seconds: float) -> str:
    time.sleep(seconds)
    return "slept"


def sleep_long() -> None:
    time.sleep(60)


def fail() -> None:
    raise ValueError("bad\nparameters")


def crash() -> None:
    print("last words", flush=True)  # noqa: T201  # the executor shows them
    os.kill(os.getpid(), signal.SIGSEGV)


def eat() -> None:
    hoard = []
    while True:
        hoard.append(np.ones(1_000_000))


def leave_child(path: str) -> None:
    child = subprocess.Popen(["/bin/sleep", "60"])
    Path(path).write_text(str(child.pid))
    time.sleep(60)


def die_once(path: str) -> str:
    marker = Path(path)
    if not marker.exists():
        marker.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return "second attempt"


def kill_helper_once(path: str) -> str:
    marker = Path(path)
    if not marker.exists():
        marker.touch()
        os.kill(os.getppid(), signal.SIGKILL)
        time.sleep(60)
    return "second attempt"


def kill_holder_once(path: str) -> str:
    """Kill the process whose helper has forked this one."""
    marker = Path(path)
    if not marker.exists():
        marker.touch()
        holder = Path(f"/proc/{os.getppid()}/stat").read_text().rpartition(")")[2].split()[1]
        os.kill(int(holder), signal.SIGKILL)
        time.sleep(60)
    return "second attempt"


def kill_helper() -> None:
    os.kill(os.getppid(), signal.SIGKILL)
    time.sleep(60)


def environment() -> dict[str, object]:
    return {
        "polars": "polars" in sys.modules,
        "threads": len(list(Path("/proc/self/task").iterdir())),
        "omp": os.environ.get("OMP_NUM_THREADS"),
        "leader": os.getpgrp() == os.getpid(),
    }
