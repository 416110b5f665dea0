"""The files behind a path, a glob or a folder, and what the folders they lie in say of their rows."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote

from automl.addresses import SCHEMES, address_of
from automl.data.read.file_kinds import FORMATS
from automl.data.read.remote.fetched import fetched, fetched_in_turn, no_parts
from automl.data.read.remote.spool import digest_of, known_as
from automl.errors import DataError, nearest
from automl.names import inside

ADDRESS = re.compile(r"(?:^|/)([A-Za-z][A-Za-z0-9+.-]+):/")  # a path has one slash of the two; C:/ is a drive
NULL = "__HIVE_DEFAULT_PARTITION__"  # how Hive and Spark write that a key has no value
CLOSE = {"s3a": "s3", "s3n": "s3", "gcs": "gs", "abfs": "az", "abfss": "az", "azure": "az", "adl": "az"}
NAMED = 5  # folders that an error names


def files(where: str | Path) -> tuple[Path, ...]:
    """The files behind a path, a glob or a folder, in the order of their names; of several those that are not empty.

    The folders `key=value` of a folder are looked into, other ones are not. What an address or a table with versions
    names is brought to the disk first: `fetched`. Raises DataError where there is no file, for addresses of other
    kinds, and for names that are no UTF-8.
    """
    path = fetched(where)
    if path.is_dir():
        paths = list(_within(path))
    elif any(sign in path.name for sign in "*?[") and not path.exists():
        met = sorted(path.parent.glob(path.name))
        paths = [file for one in met for file in (_within(one) if one.is_dir() else (one,))]
    else:
        paths = [path]
    if not paths or not paths[0].exists():
        raise _nothing(path)
    for file in paths:
        _check_name(file)
    return tuple([file for file in paths if file.stat().st_size] or paths)


def files_in_turn(where: str | Path) -> Iterator[tuple[Path, dict[str, str | None]]]:
    """Each of the `files` with what its folders say; of an address it lies on the disk until the next is asked for.

    DataError also for a table with versions: its file is this process's own.
    """
    address = address_of(where)
    found = ((where, path) for path in files(where)) if address is None else fetched_in_turn(address)
    for place, path in found:
        if digest_of(path) is not None:
            raise no_parts(known_as(path))
        yield path, said_by_folders(path, place)


def said_by_folders(file: Path, where: str | Path) -> dict[str, str | None]:
    """What the folders between `where` and a file of it say of all its rows: `{"year": "2020"}` of `year=2020`."""
    path = fetched(where)
    between = file.relative_to(path if path.is_dir() else path.parent).parts[:-1]
    pairs = (folder.partition("=") for folder in between)
    return {inside(unquote(key)): None if value == NULL else unquote(value) for key, _, value in pairs}


def file_digest(path: Path) -> str:
    """The SHA-256 of a file's bytes, read in blocks; of a version of a table that of its id and number."""
    if (digest := digest_of(path)) is not None:
        return digest
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _within(folder: Path) -> Iterator[Path]:
    for path in sorted(folder.iterdir()):
        if path.is_dir() and "=" in path.name and not path.name.startswith((".", "_")):
            yield from _within(path)
        elif path.suffix.lower() in FORMATS and path.is_file() and not path.name.startswith("."):
            yield path


def _check_name(path: Path) -> None:
    """Refuse bytes that are no UTF-8: neither readers of files nor a spec or a manifest can hold such a name."""
    try:
        str(path).encode()
    except UnicodeEncodeError:
        raise DataError("the name is no UTF-8", where=str(path), hint="give the file another name") from None


def _nothing(path: Path) -> DataError:
    """Why there is no file, as far as it can be seen; of an address its kind alone, for it may hold a password."""
    if (address := ADDRESS.search(str(path))) and not path.exists():
        near = CLOSE.get(address[1].lower()) or nearest(address[1], SCHEMES)
        meant = f"did you mean {near}://? " if near else ""
        stores = ", ".join(f"{scheme}://" for scheme in SCHEMES)
        hint = f'{meant}download it, or give {stores} or a database: {{ query = "...", url = "env:NAME" }}'
        return DataError("no rows are read from addresses of this kind", where=f"{address[1]}://...", hint=hint)
    folders = sorted(one.name for one in path.iterdir() if one.is_dir()) if path.is_dir() else []
    if not folders:
        hint = "check the path; a spec's are relative to it"
        return DataError("there is no such file", where=str(path), hint=hint)
    listed = ", ".join(map(repr, folders[:NAMED])) + (", ..." if len(folders) > NAMED else "")
    hint = "name one of them; those called key=value are looked into, and are columns"
    return DataError(f"the folder has no file that is read, but folders: {listed}", where=str(path), hint=hint)
