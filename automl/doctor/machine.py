"""What the machine gives: Python, cores, memory, room on its disks, clocks, letters, and what only Linux has."""

from __future__ import annotations

import locale
import os
import platform
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from automl.doctor.finding import Finding
from automl.host import portable
from automl.host.processes import forks, hands_over, has_proc

LEAST_MEMORY, SPARE_MEMORY = 1e9, 4e9  # bytes that are free
LEAST_ROOM = 1e9  # bytes of the temporary folder
FIRST_YEAR = 2025  # a clock before it was never set
COARSE = 0.02  # seconds
CGROUPS = ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes")


def machine() -> Iterator[Finding]:
    """From what hardly anybody has to care for to what stops a fit."""
    system = f"{platform.system()} {platform.release()}, {platform.machine()}"
    yield Finding(what="system", state="well", seen=f"Python {platform.python_version()} on {system}")
    yield _cores()
    yield _memory()
    yield _room()
    yield _clocks()
    yield _letters()
    yield from _ways()


def is_busy() -> bool:
    """Whether more processes want to run than there are cores."""
    return _load() > _usable()


def _usable() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _load() -> float:
    return os.getloadavg()[0] if hasattr(os, "getloadavg") else 0.0


def _cores() -> Finding:
    seen = f"{_usable()} of {os.cpu_count()} can be used, load {_load():.1f}"
    if is_busy():
        return Finding(what="cores", state="note", seen=seen, hint="Other work takes time from a fit's budget.")
    return Finding(what="cores", state="well", seen=seen)


def _memory() -> Finding:
    import psutil

    found = psutil.virtual_memory()
    free, most = found.available, _limit()
    seen = f"{free / 1e9:.1f} GB of {found.total / 1e9:.1f} GB are free"
    if most is not None and most < found.total:
        free, seen = min(free, most), f"{seen}, {most / 1e9:.1f} GB may be used by this container"
    if free < LEAST_MEMORY:
        return Finding(what="memory", state="bad", seen=seen, hint="A fit needs 1 GB: end other work.")
    hint = 'Say how much a fit may take: budget.memory = "2GB".' if free < SPARE_MEMORY else None
    return Finding(what="memory", state="note" if hint else "well", seen=seen, hint=hint)


def _limit() -> int | None:
    """Bytes that a container may use, None for all that there is."""
    for place in map(Path, CGROUPS):
        try:
            return int(place.read_text(encoding="ascii"))
        except (OSError, ValueError):  # ValueError: "max"
            continue
    return None


def _room() -> Finding:
    place = tempfile.gettempdir()
    try:
        with tempfile.TemporaryFile() as file:
            file.write(b"0" * 2**16)
    except OSError as error:
        hint = "Name another place in TMPDIR."
        return Finding(what="temporary folder", state="bad", seen=f"{place}: {error.strerror}", hint=hint)
    free = shutil.disk_usage(place).free
    seen = f"{free / 1e9:.1f} GB are free in {place}"
    if free < LEAST_ROOM:
        return Finding(what="temporary folder", state="bad", seen=seen, hint="Make room, or name another in TMPDIR.")
    return Finding(what="temporary folder", state="well", seen=seen)


def _clocks() -> Finding:
    now, step = time.gmtime(), time.get_clock_info("monotonic").resolution
    seen = f"{time.strftime('%Y-%m-%d %H:%M', now)} UTC, steps of {step:.0e} s"
    if now.tm_year < FIRST_YEAR:
        hint = "Set it: bundles and looks are dated by it."
        return Finding(what="clock", state="bad", seen=seen, hint=hint)
    coarse = "Latency limits below that cannot be measured." if step > COARSE else None
    return Finding(what="clock", state="note" if coarse else "well", seen=seen, hint=coarse)


def _letters() -> Finding:
    out = getattr(sys.stdout, "encoding", None) or "none"
    seen = f"the terminal takes {out}, files are {locale.getpreferredencoding(do_setlocale=False)}"
    if out.lower().replace("-", "") != "utf8":
        hint = "Set PYTHONUTF8=1: other letters are shown as \\u codes."
        return Finding(what="letters", state="note", seen=seen, hint=hint)
    return Finding(what="letters", state="well", seen=seen)


def _ways() -> Iterator[Finding]:
    """Which of the plain ways are taken here."""
    why = "AUTOML_PORTABLE is set" if portable() else "this system cannot fork"
    if forks():
        yield Finding(what="workers", state="well", seen="are forked from a process that has the libraries")
    else:
        yield Finding(what="workers", state="note", seen=f"are fresh interpreters: {why}", hint="Each costs a second.")
    if not has_proc():
        yield Finding(what="memory of workers", state="note", seen="is told by psutil")
    if not hands_over():
        hint = "Serve on Linux or macOS, or in WSL."
        yield Finding(what="server", state="note", seen="cannot be run on this system", hint=hint)
