"""The one door: whatever is named becomes a file, a folder or a pattern of this machine."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from fnmatch import fnmatchcase
from functools import partial
from pathlib import Path, PurePosixPath
from typing import NamedTuple

from automl import disk
from automl.addresses import Address, address_of
from automl.data.read.file_kinds import FORMATS
from automl.data.read.remote import delta, iceberg
from automl.data.read.remote.objects import (
    Found,
    bring,
    bring_spans,
    check_reached,
    folders,
    listed,
    looked_up,
    put,
)
from automl.data.read.remote.spool import spool
from automl.errors import DataError, SpecError

SIGNS = "*?["
NAMED = 5  # folders that an error names


class Named(NamedTuple):
    """What an address names: a file, a folder or a pattern at a `place` of the spool, and the object of each file."""

    place: Path
    objects: dict[Path, Found]


Table = Callable[[], Path]
"""Writes the latest version of a table as a file of the spool."""


def fetched(where: str | Path) -> Path:
    """`where` itself, or what of an object store or of a table with versions was brought to the disk for it.

    Objects are brought once for each state of theirs, a table as it is in its latest version, as one file of parquet.
    Raises DataError for what is not there or is denied, MachineError for what cannot be reached or has no room.
    """
    address = address_of(where)
    if address is None:
        path = Path(where)
        names = {one.name for one in path.iterdir() if one.is_dir()} if path.is_dir() else set()
        table = _table(str(path.absolute()), None, names)
        return table() if table else path
    with spool().lock:
        found = _named(address)
        if not isinstance(found, Named):
            return found()
        _bring(address, found.objects)
        return found.place


def fetched_in_turn(address: Address) -> Iterator[tuple[Path, Path]]:
    """The place of what an address names and each file there, in the order of `files`; those that are not empty.

    A file lies on the disk until the next one is asked for. DataError for a table with versions, and as `fetched`.
    """
    found, own = _named(address), spool()
    if not isinstance(found, Named):
        raise no_parts(str(address))
    filled = {path for path, object_ in found.objects.items() if object_.size} or {*found.objects}
    for path in sorted(filled):
        stays = path in own.marks
        _bring(address, {path: found.objects[path]})
        yield found.place, path
        if not stays:
            own.drop(path)


@contextmanager
def spans_fetched(address: Address, spans: Iterable[tuple[int, int]]) -> Iterator[Path]:
    """A file, for a block, in which the bytes of an object between places stand at the same places.

    Where a file system knows no holes it takes as much room as all that stands before its last byte.
    """
    own, wanted = spool(), tuple(spans)
    own.check_room(sum(end - start for start, end in wanted), str(address))
    with disk.scratch(folder=own.folder) as folder:
        path = folder / PurePosixPath(address.key).name
        own.names[str(path)] = str(address)
        try:
            bring_spans(address, path, wanted)
            yield path
        finally:
            own.names.pop(str(path), None)


def no_parts(where: str) -> DataError:
    """Refuse a table with versions, whose one file is made by each process for itself."""
    hint = "Score it in one run, `automl predict BUNDLE DATA -o OUT`, or write its rows to files of parquet."
    return DataError("a table with versions is not cut into parts", where=where, hint=hint)


@contextmanager
def delivered(out: Path, *, inputs: Iterable[str | Path]) -> Iterator[Path]:
    """`out` itself; of an address a path to write to, which is sent there when the block ends well, else not at all.

    Raises SpecError where the address is one of the inputs, DataError at once where the store refuses.
    """
    goal = address_of(out)
    if goal is None:
        yield out
        return
    check_apart(goal, inputs)
    check_reached(goal)
    with disk.scratch() as folder:
        path = folder / PurePosixPath(goal.key).name
        spool().names[str(path)] = str(goal)
        try:
            yield path
            put(path, goal)
        finally:
            spool().names.pop(str(path), None)


def check_apart(goal: Address, inputs: Iterable[str | Path]) -> None:
    """Refuse an output that is one of the inputs. SpecError."""
    if any(address_of(one) == goal for one in inputs):
        raise SpecError(
            "this is what is read, and it would be overwritten", where=str(goal), hint="Name another place."
        )


def _named(address: Address) -> Named | Table:
    path, slot = PurePosixPath(address.key), spool().slot(str(address))
    if any(sign in path.name for sign in SIGNS):
        folder = address.key.rpartition("/")[0]
        return Named(slot / path.name, _within(address, folder, lambda first: fnmatchcase(first, path.name)))
    if path.suffix.lower() in FORMATS and (found := looked_up(address)):
        return Named(slot / path.name, {slot / path.name: found})
    table = _table(str(address), address, folders(address, address.key))
    return table or Named(slot, _within(address, address.key, lambda _first: True))


def _table(where: str, address: Address | None, names: set[str]) -> Table | None:
    """The table in a folder with folders of such names, if there is one."""
    if delta.LOG in names:
        return partial(delta.table_file, where, address)
    if iceberg.METADATA in names and (latest := iceberg.latest(where, address)):
        return partial(iceberg.table_file, where, address, latest)
    return None


def _within(address: Address, folder: str, takes: Callable[[str], bool]) -> dict[Path, Found]:
    """The objects that lie in a folder, whose first name is taken; those of folders `key=value` too."""
    slot = spool().slot(str(address))
    wanted: dict[Path, Found] = {}
    others = set[str]()
    for found in listed(address, folder):
        below = PurePosixPath(found.key[len(folder) :].lstrip("/"))
        *between, name = below.parts or ("",)
        if all("=" in part and part[0] not in "._" for part in between):
            if takes(below.parts[0]) and below.suffix.lower() in FORMATS and not name.startswith("."):
                wanted[slot / below] = found
        else:
            others.add(between[0])
    if not wanted:
        raise _nothing(address, sorted(others))
    for gone in [path for path in spool().marks if slot in path.parents and path not in wanted]:
        spool().drop(gone)
    spool().names[str(slot)] = str(address.at(folder))
    return wanted


def _bring(address: Address, wanted: dict[Path, Found]) -> None:
    """What is not here yet as it is there now."""
    own = spool()
    fresh = {path: found for path, found in wanted.items() if own.marks.get(path) != found.mark}
    own.check_room(sum(found.size for found in fresh.values()), str(address))
    for path, found in fresh.items():
        own.names[str(path)] = str(address.at(found.key))
    bring(address, fresh)
    own.marks.update({path: found.mark for path, found in fresh.items()})


def _nothing(address: Address, others: list[str]) -> DataError:
    if not others:
        return DataError("there is no such object", where=str(address), hint="check the address")
    named = ", ".join(map(repr, others[:NAMED])) + (", ..." if len(others) > NAMED else "")
    hint = "name one of them; those called key=value are looked into, and are columns"
    return DataError(f"no object is read here, but folders: {named}", where=str(address), hint=hint)
