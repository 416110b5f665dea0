"""The run folder `NAME.run/`: one owner at a time, an append-only journal, and arrays that workers map into memory.

It holds predictions for each row, so nobody but its owner can read it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np
from numpy.typing import NDArray

from automl import disk
from automl.data.read.files import file_digest
from automl.errors import MachineError, SpecError
from automl.executors.travel import Out
from automl.file_lock import LOCK, lock
from automl.log_file import LogFile

PROTOCOL = 2
JOURNAL = "journal.jsonl"
TORN = "journal.torn"
IDENTITY = "run.json"
_FIRST = {LOCK, f"{IDENTITY}.part"}  # what a run that was killed before it had an identity leaves
ARRAYS = "arrays"  # of a line of the journal: the hashes of the arrays that it speaks of, by name
_ANOTHER = "choose another --out, or move it elsewhere"
_HINT = "Free some space or choose another --out, then run again with --resume."


@dataclass(slots=True)
class RunDir:
    """An open run folder; `records` is what the journal held when it was opened, empty unless the run is resumed.

    `quarantined` counts the bytes of a torn tail that were moved aside (R05), `damaged` the lines that were dropped
    because an array of theirs is not the one that was written.
    """

    path: Path
    records: tuple[Mapping[str, object], ...]
    quarantined: int
    damaged: int
    _journal: LogFile
    _lock: LogFile
    _placed: set[Path] = field(default_factory=set)  # what workers may be writing

    @classmethod
    def open(cls, path: Path, *, identity: Mapping[str, str], resume: bool = False) -> RunDir:
        """Take the folder for this process; `identity` are the hashes of spec and data by name.

        Without `resume` the folder starts anew. Raises MachineError where another process has it (R06, R07),
        and SpecError where a run to be resumed was of another spec or other data.
        """
        check_run_place(path)
        with _disk(path):
            disk.make_folder(path, mode=0o700)
            path.chmod(0o700)
            lock = _lock(path)
        try:
            with _disk(path):
                if resume:
                    _check(path, identity)
                else:
                    _empty(path)
                _identify(path, identity)
                journal = LogFile(path / JOURNAL, mode=0o600)
                try:
                    lines, torn = _read(path, journal)
                except BaseException:
                    journal.close()
                    raise
                records = tuple(line for line in lines if _is_sound(path, line))
        except BaseException:
            lock.close()
            raise
        damaged = len(lines) - len(records)
        return cls(path=path, records=records, quarantined=torn, damaged=damaged, _journal=journal, _lock=lock)

    def append(self, record: Mapping[str, object], *, arrays: Sequence[str] = ()) -> None:
        """Write one line and hand it to the disk; a full disk is a MachineError (R08).

        The saved `arrays` that it speaks of are on the disk before it is, and it names them with their hashes.
        """
        with _disk(self.path):
            digests = {name: _synced(self.path / f"{name}.npy") for name in arrays}
            told = {**record, ARRAYS: digests} if digests else record
            self._journal.add(json.dumps(told, allow_nan=False, separators=(",", ":")).encode() + b"\n")

    def save(self, name: str, values: NDArray[np.generic]) -> Path:
        """`values` as `name`.npy below the folder, written whole or not at all; returns the path."""
        target = self.path / f"{name}.npy"
        with _disk(self.path):
            disk.make_folder(target.parent)
            with disk.writing(beside := target.with_suffix(".part"), mode=0o600) as file:
                np.save(file, values)
            disk.rename(beside, target)
        return target

    def load(self, name: str) -> NDArray[np.float64]:
        """The array saved as `name`, mapped."""
        values: NDArray[np.float64] = np.load(self.path / f"{name}.npy", mmap_mode="r", allow_pickle=False)
        return values

    def has(self, name: str) -> bool:
        """Whether there is an array of this name."""
        return (self.path / f"{name}.npy").exists()

    def take(self, name: str) -> NDArray[np.float64]:
        """The array saved as `name`, read into memory; its file is removed."""
        path = self.path / f"{name}.npy"
        values: NDArray[np.float64] = np.load(path, allow_pickle=False)
        disk.remove(path)
        self._placed.discard(path)
        return values

    def place(self, name: str) -> Out:
        """The path for an array called `name` that a worker will write."""
        path = self.path / f"{name}.npy"
        with _disk(self.path):
            disk.make_folder(path.parent)
            disk.writing(path, mode=0o600).close()
        self._placed.add(path)
        return Out(path)

    def close(self) -> None:
        """Let others in. What was being written when the run was stopped is removed: no line speaks of it."""
        for path in (*self.path.rglob("*.part"), *self._placed):
            disk.discard(path)
        self._placed.clear()
        self._journal.close()
        self._lock.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def check_run_place(path: Path) -> None:
    """Refuse a place for a run folder where something else stands: what is there would be removed."""
    if path.is_symlink() or (path.exists() and not path.is_dir()):
        raise SpecError("the run folder goes here, and this is no folder", where=str(path), hint=_ANOTHER)
    if path.exists() and not _is_run(path) and {entry.name for entry in path.iterdir()} - _FIRST:
        raise SpecError(
            "the run folder goes here, and this is none, so it is not emptied", where=str(path), hint=_ANOTHER
        )


def clean(path: Path) -> int:
    """Remove a run folder and return the bytes freed. A folder that is no run folder, or is in use, stays."""
    if path.is_symlink() or not _is_run(path):
        raise MachineError("this is not a run folder", where=str(path), hint="name a folder that ends in .run")
    with _lock(path), _disk(path):
        freed = sum(file.stat().st_size for file in path.rglob("*") if file.is_file())
        disk.remove_folder(path)
    return freed


def _disk(path: Path) -> AbstractContextManager[None]:
    """Turn what the disk refuses into our error."""
    return disk.machine_errors(path, hint=_HINT)


def _lock(path: Path) -> LogFile:
    return lock(path, what="the run folder", hint="wait for that run, stop it, or give this one another --out")


def _check(path: Path, identity: Mapping[str, str]) -> None:
    try:
        known = json.loads((path / IDENTITY).read_text())
    except (FileNotFoundError, json.JSONDecodeError):
        _empty(path)
        return
    changed = [name for name, digest in {"protocol": PROTOCOL, **identity}.items() if known.get(name) != digest]
    if changed:
        raise SpecError(
            f"the run cannot be resumed: its {' and '.join(changed)} differ from what is given now",
            where=str(path),
            hint="run without --resume to start anew",
        )


def _identify(path: Path, identity: Mapping[str, str]) -> None:
    text = json.dumps({"protocol": PROTOCOL, **identity}, indent=2) + "\n"
    disk.put(path / IDENTITY, text.encode(), mode=0o600)


def _is_run(path: Path) -> bool:
    """Whether a run wrote its identity here: a protocol, hashes by name, and nothing else."""
    try:
        known = json.loads((path / IDENTITY).read_text())
    except (OSError, ValueError):
        return False
    return (
        isinstance(known, dict)
        and isinstance(known.pop("protocol", None), int)
        and all(isinstance(digest, str) for digest in known.values())
    )


def _empty(path: Path) -> None:
    """Remove what a run left. What tells that it is a run folder goes last, on the disk too, should this be stopped."""
    for entry in path.iterdir():
        if entry.name in {LOCK, IDENTITY}:
            continue
        if entry.is_dir() and not entry.is_symlink():
            disk.remove_folder(entry)
        else:
            disk.remove(entry)
    if (path / IDENTITY).exists():
        disk.sync(path)
        disk.remove(path / IDENTITY)


def _synced(array: Path) -> str:
    """The hash of a file that is on the disk when this returns, under its name."""
    disk.sync(array)
    disk.sync(array.parent)
    return file_digest(array)


def _is_sound(path: Path, line: Mapping[str, object]) -> bool:
    """Whether the arrays of a line are those that were written."""
    digests = line.get(ARRAYS, {})
    try:
        return isinstance(digests, dict) and all(
            file_digest(path / f"{name}.npy") == digest for name, digest in digests.items()
        )
    except OSError:
        return False


def _read(path: Path, journal: LogFile) -> tuple[tuple[Mapping[str, object], ...], int]:
    """The journal's whole lines; from the first broken one on, the rest is moved to another file."""
    content = journal.content()
    records: list[Mapping[str, object]] = []
    good = 0
    for line in content.splitlines(keepends=True):
        try:
            record = json.loads(line)
        except ValueError:
            break
        if not line.endswith(b"\n") or not isinstance(record, dict):
            break
        records.append(record)
        good += len(line)
    if torn := content[good:]:
        with LogFile(path / TORN, mode=0o600) as aside:
            aside.add(torn)
        journal.cut(good)
    return tuple(records), len(torn)
