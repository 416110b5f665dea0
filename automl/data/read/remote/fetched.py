"""The one door: whatever is named becomes a file, a folder or a pattern of this machine."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from fnmatch import fnmatchcase
from pathlib import Path, PurePosixPath

from automl import disk
from automl.addresses import Address, address_of
from automl.data.read.file_kinds import FORMATS
from automl.data.read.remote import delta, iceberg
from automl.data.read.remote.objects import Found, bring, check_reached, folders, listed, looked_up, put
from automl.data.read.remote.spool import spool
from automl.errors import DataError, SpecError

SIGNS = "*?["
NAMED = 5  # folders that an error names


def fetched(where: str | Path) -> Path:
    """`where` itself, or what of an object store or of a table with versions was brought to the disk for it.

    Objects are brought once for each state of theirs, a table as it is in its latest version, as one file of parquet.
    Raises DataError for what is not there or is denied, MachineError for what cannot be reached or has no room.
    """
    address = address_of(where)
    if address is None:
        path = Path(where)
        names = {one.name for one in path.iterdir() if one.is_dir()} if path.is_dir() else set()
        return _table_file(str(path.absolute()), None, names) or path
    with spool().lock:
        return _fetched(address)


@contextmanager
def delivered(out: Path, *, inputs: Iterable[str | Path]) -> Iterator[Path]:
    """`out` itself; of an address a path to write to, which is sent there when the block ends well, else not at all.

    Raises SpecError where the address is one of the inputs, DataError at once where the store refuses.
    """
    goal = address_of(out)
    if goal is None:
        yield out
        return
    if any(address_of(one) == goal for one in inputs):
        raise SpecError(
            "this is what is read, and it would be overwritten", where=str(goal), hint="Name another place."
        )
    check_reached(goal)
    with disk.scratch() as folder:
        path = folder / PurePosixPath(goal.key).name
        spool().names[str(path)] = str(goal)
        try:
            yield path
            put(path, goal)
        finally:
            spool().names.pop(str(path), None)


def _fetched(address: Address) -> Path:
    path = PurePosixPath(address.key)
    if any(sign in path.name for sign in SIGNS):
        folder = address.key.rpartition("/")[0]
        return _brought(address, folder, lambda first: fnmatchcase(first, path.name)) / path.name
    if path.suffix.lower() in FORMATS and (found := looked_up(address)):
        place = spool().slot(str(address)) / path.name
        _bring(address, {place: found})
        return place
    table = _table_file(str(address), address, folders(address, address.key))
    return table or _brought(address, address.key, lambda _first: True)


def _table_file(where: str, address: Address | None, names: set[str]) -> Path | None:
    """The latest version of the table in a folder with folders of such names, if there is one."""
    if delta.LOG in names:
        return delta.table_file(where, address)
    if iceberg.METADATA in names and (latest := iceberg.latest(where, address)):
        return iceberg.table_file(where, address, latest)
    return None


def _brought(address: Address, folder: str, takes: Callable[[str], bool]) -> Path:
    """The folder with the objects that lie in it, whose first name is taken; those of folders `key=value` too."""
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
    _bring(address, wanted)
    return slot


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
