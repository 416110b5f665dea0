"""One worker on a machine of a cluster: it fetches the files of a job, and our own helper runs and watches it there.

Deadline, memory and the end of what a job has started are kept by the executor of one machine (`local.py`), wherever
that is.
"""

from __future__ import annotations

import platform
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from importlib.metadata import PackageNotFoundError
from pathlib import Path
from typing import Any

from automl import disk
from automl.distributions import version_of
from automl.executors.base import Done, Job
from automl.executors.local import LOCAL
from automl.executors.node_cache import NodeCache
from automl.executors.travel import beneath
from automl.learners.base import learners

RUN = "automl.executors.travel:run"
TICK = 0.2  # seconds between two looks at whether a job was called off
LIBRARIES = ("automl", "numpy", "scipy")  # of each fit, beside those of the learners


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """A job for another machine: `read` are hashes by path, `written` paths, `chunks` what is likely to be lacking.

    A chunk is whatever `fetch` of the node makes bytes of.
    """

    function: str
    content: bytes
    seconds: float
    memory: int
    read: Mapping[str, str] = field(default_factory=dict)
    written: tuple[str, ...] = ()
    chunks: Mapping[str, Sequence[Any]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """How a job ended, its value pickled, and what it wrote, by path; or the hashes that are `lacking` to begin it."""

    done: Done
    written: Mapping[str, bytes] = field(default_factory=dict)
    lacking: tuple[str, ...] = ()


class Node:
    """The worker itself. `stop` may be called from another thread than `run`."""

    def __init__(self, fetch: Callable[[Any], bytes], cache: NodeCache | None = None) -> None:
        self._fetch = fetch
        self._cache = cache
        self._executor = LOCAL.start(workers=1)
        self._stopped = threading.Event()

    def tell(self) -> tuple[str, dict[str, str]]:
        """The name of the machine, and the versions of what fits are made with."""
        return platform.node(), versions()

    def run(self, order: Order) -> Answer:
        """Do a job that is alone here; with the files that it reads from elsewhere, if there are any."""
        self._stopped.clear()
        with disk.scratch("automl-job-") as folder:
            lacking = self._provide(order, folder)
            if lacking:
                return Answer(done=Done(id=0, status="error"), lacking=lacking)
            away = order.read or order.written
            arguments = {"function": order.function, "content": order.content, "folder": str(folder) if away else "/"}
            job = Job(id=0, function=RUN, arguments=arguments, seconds=order.seconds, memory=order.memory)
            self._executor.submit(job)
            while not (ended := self._executor.wait(TICK)):
                if self._stopped.is_set():
                    self._executor.cancel()
                    return Answer(done=Done(id=0, status="error", detail="called off"))
            files = {path: beneath(folder, path) for path in order.written}
            return Answer(
                done=ended[0], written={path: file.read_bytes() for path, file in files.items() if file.exists()}
            )

    def stop(self) -> None:
        """Call off the job under way."""
        self._stopped.set()

    def close(self) -> None:
        """End the helper."""
        self._executor.close()

    def _provide(self, order: Order, folder: Path) -> tuple[str, ...]:
        """Put the files that are read below the folder; the hashes of those that nobody gave."""
        for path in order.written:
            disk.make_folder(beneath(folder, path).parent)
        cache = self._cache = self._cache or (NodeCache.usual() if order.read else None)
        lacking = []
        for path, digest in order.read.items():
            target = beneath(folder, path)
            if cache is None or cache.link(digest, target):
                continue
            if digest in order.chunks:
                cache.add(digest, map(self._fetch, order.chunks[digest]))
            if not cache.link(digest, target):
                lacking.append(digest)
        return tuple(lacking)


def versions() -> dict[str, str]:
    """The versions of Python, automl and the libraries that fits are made with, by name."""
    found = {"python": platform.python_version()}
    for library in sorted({*LIBRARIES, *(one.package for one in learners.all.values() if one.package)}):
        try:
            found[library] = version_of(library)
        except PackageNotFoundError:
            found[library] = "none"
    return found


def differing(ours: Mapping[str, str], theirs: Mapping[str, str]) -> str:
    """The versions that are not the same on two machines, in words; empty where all are."""
    names = sorted({*ours, *theirs})
    other = [name for name in names if ours.get(name) != theirs.get(name)]
    return ", ".join(f"{name} {theirs.get(name, 'none')} instead of {ours.get(name, 'none')}" for name in other)
