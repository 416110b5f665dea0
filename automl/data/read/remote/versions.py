"""One version of a table as one file of parquet in the spool, written by polars a part at a time."""

from __future__ import annotations

import hashlib
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import polars as pl

from automl import disk
from automl.addresses import Address
from automl.data.read.remote.objects import code_of, refusal
from automl.data.read.remote.spool import spool
from automl.distributions import extra
from automl.errors import AutomlError, DataError


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """The latest version of a table: its `format` and the table's own id, `number`, and the `size` of its files."""

    format: str
    table: str
    number: int
    size: int
    scan: Callable[[], pl.LazyFrame]

    @property
    def digest(self) -> str:
        """Of what never changes: files of a version are not written again."""
        return hashlib.sha256(f"{self.format} {self.table} {self.number}".encode()).hexdigest()


def version_file(where: str, address: Address | None, version: Version) -> Path:
    """The file of a version in the spool, written where it is not there yet."""
    own = spool()
    with own.lock:
        slot = own.slot(where)
        path = slot / f"{version.format}-{version.number}.parquet"
        if own.digests.get(path) == version.digest:
            return path
        own.check_room(version.size, where)
        for old in slot.iterdir():
            own.drop(old)
        own.names[str(path)] = f"{where} ({version.format} version {version.number})"
        with (
            disk.whole_file(path) as partial,
            disk.writing(partial) as file,
            table_errors(where, address, version.format),
        ):
            _write(version, file)
        own.digests[path] = version.digest
        return path


def _write(version: Version, file: IO[bytes]) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", pl.exceptions.PerformanceWarning)  # of planning, which is short beside reading
        version.scan().sink_parquet(file)


@contextmanager
def table_errors(where: str, address: Address | None, format_: str) -> Iterator[None]:
    """Errors of a reader of tables as ours; of a store only what it is called, for the text may hold a key (S05)."""
    try:
        yield
    except (AutomlError, KeyboardInterrupt, SystemExit, GeneratorExit):
        raise
    except ImportError as error:
        library = error.name or "a library"
        raise DataError(f"a table of {format_} needs {library}", where=where, hint=extra("lake")) from None
    except BaseException as error:  # noqa: BLE001  # a panic of polars is no Exception
        if address is not None and (code := code_of(error)) is not None:
            raise refusal(address, code) from None
        reason = type(error).__name__ if address else (str(error) or type(error).__name__).splitlines()[0][:300]
        hint = "read it with its own client, and look whether it has features that polars does not read"
        told = DataError(f"the {format_} table cannot be read: {reason}", where=where, hint=hint)
        raise told from (None if address else error)
