"""A change of a registry is done when its pointer is replaced: stopped before, nothing happened; after, all of it."""

from __future__ import annotations

import getpass
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from automl import disk
from automl.errors import MachineError
from automl.file_lock import lock
from automl.log_file import LogFile
from automl.model_registry.history import Event, What
from automl.model_registry.state import CURRENT, HISTORY, VERSIONS, State, check_name, is_registry, read_state

TRIES: Final = 100
PAUSE: Final = 0.1  # seconds: another writer is there for a moment


def utc() -> str:
    """Now, as the history has it."""
    return datetime.now(UTC).isoformat(timespec="milliseconds")


def user() -> str:
    """Who runs this process, as far as the system knows."""
    with suppress(OSError, KeyError, ImportError):
        return getpass.getuser()
    return "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """Why something is done, on what evidence (`facts`, as JSON), by whom and when: what the history keeps of it."""

    why: str = ""
    facts: Mapping[str, Any] = field(default_factory=dict)
    who: str = field(default_factory=user)
    when: Callable[[], str] = utc

    def event(
        self, what: What, version: str, *, parent: str | None = None, facts: Mapping[str, Any] | None = None
    ) -> Event:
        """A line with this note in it."""
        return Event(
            what=what,
            version=version,
            when=self.when(),
            who=self.who,
            why=self.why,
            parent=parent,
            facts={**(facts or {}), **self.facts},
        )


@contextmanager
def writing(folder: Path, *, create: bool = False) -> Iterator[State]:
    """The state of a registry that nobody else changes meanwhile; what a killed writer left behind is gone.

    `MachineError` where another writer does not end, `BundleError` where there is no registry and none is to be made.
    """
    if create and not is_registry(folder):
        check_name(folder)
        with disk.machine_errors(folder):
            disk.make_folder(folder)
    elif not is_registry(folder):
        read_state(folder)  # it says what is wrong
    with _locked(folder):
        if create and not is_registry(folder) and not (folder / HISTORY).exists():
            with disk.machine_errors(folder):
                disk.make_folder(folder / VERSIONS)
            disk.put(folder / CURRENT, State().to_bytes())
        state = read_state(folder)
        for left in (folder / VERSIONS).glob(".*"):
            disk.discard(left)
        yield state


def commit(folder: Path, state: State, event: Event) -> State:
    """Let the registry be in `state`, and its history tell of it: first the line, then the pointer."""
    path = folder / HISTORY
    with disk.machine_errors(path), LogFile(path) as log:
        if log.size != state.history:
            log.cut(state.history)  # of a change that was broken off
        log.add(event.to_bytes())
        done = replace(state, history=log.size)
    disk.put(folder / CURRENT, done.to_bytes())
    return done


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """The lock of writers, waited for a few seconds."""
    for left in reversed(range(TRIES)):
        try:
            held = lock(folder, what="the registry", hint="Wait until it has ended, then run again.")
        except MachineError:
            if not left:
                raise
            threading.Event().wait(PAUSE)
        else:
            with held:
                yield
            return
