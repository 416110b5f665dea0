"""Files in, scored files out: in chunks, in constant memory, and the output appears only when it is whole."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import polars as pl

from automl.bundle.disk import whole_file
from automl.bundle.ranking import Ranking
from automl.bundle.read import Bundle
from automl.bundle.scorer import missing_columns, read_csv, written
from automl.data.costs import CostFile, joined, open_costs
from automl.data.source import batches, files, kind
from automl.errors import DataError, SpecError
from automl.progress import Event, Listener, silent

MOST_CHUNKS = 16  # of a batch: 65,536 rows, so that parquet is not decoded in crumbs
CELLS = 1_000_000  # of a batch: as text they take some 60 MB


def predict(
    bundle: Path,
    data: Path,
    out: Path,
    *,
    costs: Path | None = None,
    tables: Mapping[str, Path] | None = None,
    listener: Listener = silent,
) -> int:
    """Score the rows of `data` (csv, tsv, parquet, ndjson, arrow) into `out` (csv or parquet); returns their number.

    Columns: the key columns that the data has, then those of `Bundle.columns`. Rows keep their order. CSV in is read
    as text with the dialect of training, as `score.py` does, or with its own where that does not fit. In parquet a
    decision that is a label has the target's own type, in CSV it is the label's text. `costs` is the cost file of these
    rows, where the spec names one; without it ``objective.costs.missing`` says what stands in.
    `tables` are the files of the other tables, where the bundle was made of several. Under a capacity all
    rows are ranked as one batch: they are written when the last one was read, and each takes some 50 bytes of memory.
    Raises `BundleError`, `DataError` for rows that lack columns, `MachineError` where the disk refuses; an older
    `out` stays as it was then.
    """
    suffix = out.suffix.lower()
    if suffix not in {".csv", ".parquet"}:
        raise SpecError("the output ends in neither .csv nor .parquet", where=str(out), hint="Name it OUT.csv, say.")
    if not out.parent.is_dir():
        raise SpecError("there is no such folder", where=str(out.parent), hint="Make it, or name another place.")
    model = Bundle.load(bundle, tables=tables or {})
    table = _cost_file(model, costs) if costs else None
    write = _write_csv if suffix == ".csv" else _write_parquet
    with whole_file(out) as partial:
        rows = write(_told(_decided(model, data, table, typed=suffix != ".csv"), listener), partial)
    listener(Event(stage="done", text=f"Scored {rows:,} rows into {out}.", facts={"rows": rows}))
    return rows


def _cost_file(model: Bundle, path: Path) -> CostFile:
    """The cost file that the bundle's spec speaks of, in the columns that the graph takes."""
    spoken: Any = model.spec["objective"]
    names = model.optional
    by = (spoken.get("costs") or {}).get("by")
    if not names or by is None:
        raise SpecError(
            "the bundle reads no cost file", where="--costs", hint="Its spec names no objective.costs.table."
        )
    file, _ = open_costs(str(path), by, names)
    lacking = [name for name in names if name not in file.frame.columns]
    if lacking:
        raise DataError(missing_columns(lacking), where=str(path), hint="Give the columns that the costs name.")
    return file


def _decided(model: Bundle, data: Path, costs: CostFile | None, *, typed: bool) -> Iterator[pl.DataFrame]:
    if model.ranking is None:
        for _, scored in _scored(model, data, costs, typed=typed):
            yield scored
    else:
        yield from _ranked(model, model.ranking, data, costs, typed=typed)


def _ranked(
    model: Bundle, ranking: Ranking, data: Path, costs: CostFile | None, *, typed: bool
) -> Iterator[pl.DataFrame]:
    """All rows ranked as one batch: scored rows wait on disk, only their costs and times are kept until the end."""
    with TemporaryDirectory() as folder:
        parts: list[Path] = []
        decisions: list[str] = []
        each, times = [], []
        for raw, scored in _scored(model, data, costs, typed=False):
            parts.append(Path(folder) / f"{len(parts):08}.arrow")
            scored.write_ipc(parts[-1])
            each.append(ranking.costs(scored))
            decisions.extend(scored["decision"])
            times.append(ranking.times(raw))
        known = [part for part in times if part is not None]
        whole = pl.concat(known) if known and len(known) == len(times) else None
        codes = ranking.decide(np.concatenate(each), decisions, whole)
        ends = np.cumsum([len(part) for part in each])[:-1]
        for part, chosen in zip(parts, np.split(codes, ends), strict=True):
            yield model.decided(pl.read_ipc(part), chosen, typed=typed)


def _scored(
    model: Bundle, data: Path, costs: CostFile | None, *, typed: bool
) -> Iterator[tuple[pl.DataFrame, pl.DataFrame]]:
    """The raw rows and the scored ones, batch by batch."""
    chunk = model.manifest.chunk_rows
    chunks = max(1, min(MOST_CHUNKS, CELLS // (chunk * len(model.needed))))
    rows = 0
    for frame in batches(data, chunk * chunks, _dialect(model, data)):
        priced = frame if costs is None else joined(frame, costs, rows)
        yield priced, model.score(priced, typed=typed, first=rows)
        rows += frame.height
    if costs is not None:
        costs.end(rows)


def _dialect(model: Bundle, data: Path) -> Mapping[str, Any] | None:
    """The dialect of training where the header can be read with it; else it is found from the file."""
    dialect = model.manifest.dialect
    first = files(data)[0]
    if dialect is None or kind(first) not in {"csv", "tsv"}:
        return None
    with suppress(UnicodeError, StopIteration):
        if set(model.needed) <= set(next(read_csv(first, dialect))):
            return dialect
    return None


def _told(frames: Iterator[pl.DataFrame], listener: Listener) -> Iterator[pl.DataFrame]:
    rows = 0
    for frame in frames:
        yield frame
        rows += frame.height
        listener(Event(stage="read", text=f"{rows:,} rows scored.", facts={"rows": rows}))


def _write_csv(frames: Iterator[pl.DataFrame], path: Path) -> int:
    rows = -1
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        for frame in frames:
            if rows < 0:
                writer.writerow(frame.columns)
                rows = 0
            writer.writerows([written(cell) for cell in row] for row in frame.iter_rows())
            rows += frame.height
    return rows


def _write_parquet(frames: Iterator[pl.DataFrame], path: Path) -> int:
    """Each frame as a file of its own, then all in one, streamed: polars cannot append to parquet."""
    rows = 0
    with TemporaryDirectory(dir=path.parent, prefix=path.name) as folder:
        parts: list[Path] = []
        for frame in frames:
            parts.append(Path(folder) / f"{len(parts):08}.arrow")
            frame.write_ipc(parts[-1])
            rows += frame.height
        pl.scan_ipc(parts).sink_parquet(path)
    return rows
