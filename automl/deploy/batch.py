"""Files in, scored files out: in chunks, in constant memory, and the output appears only when it is whole."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from hashlib import sha256
from itertools import islice
from pathlib import Path
from typing import Literal

import numpy as np
import polars as pl

from automl import disk
from automl.addresses import address_of
from automl.bundle.place import check_output
from automl.bundle.read import Bundle
from automl.bundle.score_file import ignored, read_csv
from automl.bundle.scorer import ScoreError, missing_columns
from automl.bundle.unread import check_unread
from automl.data.cost_files import CostFile, joined, open_costs
from automl.data.read.column_reader import CsvDialect
from automl.data.read.csv_lines import LeftOut
from automl.data.read.file_kinds import kind
from automl.data.read.files import file_digest, files
from automl.data.read.remote.fetched import delivered, fetched
from automl.data.read.remote.spool import known_as
from automl.data.read.source import batches, frame_digest
from automl.data.read.unread import OnUnread, told
from automl.deploy.formats import Form, header, rendered
from automl.deploy.parts import Parts
from automl.deploy.worker import Chunk, scored
from automl.errors import DataError, SpecError, Stopped
from automl.names import inside, outside
from automl.progress import Event, Listener, silent

MOST_CHUNKS = 16  # of a batch: 65,536 rows, so that parquet is not decoded in crumbs
CELLS = 1_000_000  # of a batch: as text they take some 60 MB


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """How files are scored; which columns may lack or be more, and what a spreadsheet must not run.

    `missing` columns that the model reads: refuse the data, or take them as empty. `extra` ones that it neither reads
    nor passes through: ignore them, or refuse the data. `unread` ones, of whose many filled cells not one can be read:
    refuse the data, or take them as empty. `excel_safe`: text such as ``=1+1`` is written with a quote
    in front (CSV only). `workers` processes score; the output is the same, in the same order. With `resume` a run that
    was killed goes on after its last whole chunk, if bundle, data and options are the same; under a capacity all rows
    are one batch, which begins anew.
    """

    missing: Literal["refuse", "empty"] = "refuse"
    extra: Literal["ignore", "refuse"] = "ignore"
    unread: OnUnread = "refuse"
    excel_safe: bool = False
    workers: int = 1
    resume: bool = False


AS_EVER = Options()


def predict(
    bundle: Path,
    data: Path,
    out: Path,
    *,
    costs: Path | None = None,
    tables: Mapping[str, Path] | None = None,
    options: Options = AS_EVER,
    listener: Listener = silent,
    require_signature: Path | None = None,
) -> int:
    """Score the rows of `data` (csv, tsv, parquet, ndjson, arrow) into `out` (csv or parquet); returns their number.

    `data` is a file, a folder or a glob. Columns: the key columns that the data has, then those of `Bundle.columns`.
    Rows keep their order. CSV in is read as text with the dialect of training, as `score.py` does, or with its own
    where that does not fit. In parquet a decision that is a label has the target's own type, in CSV it is the label's
    text. `costs` is the cost file of these rows, where the spec names one; without it ``objective.costs.missing`` says
    what stands in. `tables` are the files of the other tables; those that the bundle does not read are left alone, and
    the listener is told. Under a capacity
    all rows are ranked as one batch: they are written when the last one was read, and each takes some 50 bytes of
    memory. `require_signature` is a public key, whose owner must have signed the bundle. Raises `BundleError`,
    `DataError` for rows that lack columns, `MachineError` where the disk refuses; an older `out` stays as it was then.
    """
    form = _form(out, options)
    if goal := address_of(out):
        inputs = [data, *(tables or {}).values(), *([costs] if costs else [])]
        with delivered(goal, inputs=inputs) as place:
            return predict(
                bundle,
                data,
                place,
                costs=costs,
                tables=tables,
                options=options,
                listener=listener,
                require_signature=require_signature,
            )
    check_output(out, inputs=[bundle, *files(data), *(tables or {}).values(), *([costs] if costs else [])])
    model = Bundle.load(bundle, tables=tables or {}, require_signature=require_signature)
    table = _cost_file(model, costs) if costs else None
    if said := ignored(tables or {}, model.tables):
        listener(Event(stage="read", text=said, facts={"warning": said}))
    read = {name: file for name, file in (tables or {}).items() if name in model.tables}
    job = _Job(model=model, data=data, costs=table, tables=read, options=options, form=form, listener=listener)
    parts = Parts.open(out, form, job.identity, resume=options.resume and model.ranking is None)
    if parts.damaged:
        listener(Event(stage="read", text="What an earlier run left is damaged: scoring begins anew."))
    try:
        rows = _write(job, parts)
        check_unread(parts.unread, options.unread, known_as(data))
        parts.finish()
    except (Stopped, KeyboardInterrupt):  # the parts stay: --resume goes on from here
        parts.release()
        raise
    except BaseException:
        parts.discard()
        raise
    for sentence in told(parts.unread):
        listener(Event(stage="read", text=f"{sentence}; such cells count as missing", facts={"warning": sentence}))
    listener(Event(stage="done", text=f"Scored {rows:,} rows into {known_as(out)}.", facts={"rows": rows}))
    return rows


def raw_rows(
    model: Bundle, data: Path, costs: Path | None = None, *, options: Options = AS_EVER, listener: Listener = silent
) -> Iterator[tuple[int, pl.DataFrame]]:
    """The first row and the raw rows of each chunk of `data`, read as `predict` reads them, with their `costs`."""
    table = _cost_file(model, costs) if costs else None
    yield from _raw(
        _Job(model=model, data=data, costs=table, tables={}, options=options, form="csv", listener=listener)
    )


def _form(out: Path, options: Options) -> Form:
    """CSV or parquet, by the name of the output. SpecError where it cannot be written so."""
    suffix = out.suffix.lower()
    if suffix not in {".csv", ".parquet"}:
        raise SpecError("the output ends in neither .csv nor .parquet", where=str(out), hint="Name it OUT.csv, say.")
    if address_of(out):
        if options.resume:
            hint = "Write to a file with --resume, and copy it there."
            raise SpecError("what is sent to an object store begins anew", where=str(address_of(out)), hint=hint)
    elif not out.parent.is_dir():
        raise SpecError("there is no such folder", where=str(out.parent), hint="Make it, or name another place.")
    if options.excel_safe and suffix != ".csv":
        raise SpecError("only CSV needs to be safe for spreadsheets", where=str(out), hint="Name it OUT.csv.")
    return "csv" if suffix == ".csv" else "parquet"


def _cost_file(model: Bundle, path: Path) -> CostFile:
    """The cost file that the bundle's spec speaks of, in the columns that the graph takes."""
    names = list(map(inside, model.optional))
    by = (model.manifest.objective.get("costs") or {}).get("by")
    if not names or by is None:
        raise SpecError(
            "the bundle reads no cost file", where="--costs", hint="Its spec names no objective.costs.table."
        )
    file, _ = open_costs(str(path), by, names)
    lacking = [name for name in names if name not in file.frame.columns]
    if lacking:
        raise DataError(
            missing_columns([*map(outside, lacking)]), where=str(path), hint="Give the columns that the costs name."
        )
    return file


@dataclass(frozen=True, slots=True, kw_only=True)
class _Job:
    """What is scored, and how."""

    model: Bundle
    data: Path
    costs: CostFile | None
    tables: Mapping[str, Path]
    options: Options
    form: Form
    listener: Listener

    def tell(self, path: Path, left_out: LeftOut) -> None:
        """Say which lines of a file are no rows."""
        said = f"{known_as(path)}: {left_out}"
        self.listener(Event(stage="read", text=said, facts={"warning": said}))

    @property
    def rows(self) -> int:
        """Rows of a chunk: some times the graph's own."""
        chunk = self.model.manifest.chunk_rows
        return chunk * max(1, min(MOST_CHUNKS, CELLS // (chunk * len(self.model.needed))))

    @property
    def identity(self) -> dict[str, object]:
        """What must be the same for a killed run to go on: the bytes that are read, not what the disk says of them."""
        return {
            "bundle": sha256(self.model.files.text).hexdigest(),
            "files": [file_digest(path) for where in (self.data, *self.tables.values()) for path in files(where)],
            "costs": None if self.costs is None else frame_digest(self.costs.frame),
            "how": [self.options.missing, self.options.extra, self.options.excel_safe, self.form, self.rows],
        }

    @property
    def typed(self) -> bool:
        """Whether a decision that is a label has the target's own type."""
        return self.form != "csv"


def _write(job: _Job, parts: Parts) -> int:
    """Score what is not scored yet into the parts; returns the rows of all of them."""
    for head, chunk in _ranked(job) if job.model.ranking else _rendered(job, skip=parts.chunks):
        parts.add(chunk.content, chunk.rows, head, chunk.unread)
        job.listener(Event(stage="read", text=f"{parts.rows:,} rows scored.", facts={"rows": parts.rows}))
    return parts.rows


def _rendered(job: _Job, *, skip: int) -> Iterator[tuple[bytes, Chunk]]:
    """The header, and each chunk after the first `skip`."""
    heads: list[bytes] = []

    def raw() -> Iterator[tuple[int, pl.DataFrame]]:
        for first, frame in islice(_raw(job), skip, None):
            heads.append(_head(job, frame))
            yield first, frame

    if job.options.workers > 1:
        settings = {
            "bundle": str(job.model.path),
            "seal": job.model.files.seal.decode(),
            "tables": {name: str(fetched(path)) for name, path in job.tables.items()},
            "form": job.form,
            "excel_safe": job.options.excel_safe,
        }
        chunks = scored(raw(), settings, job.options.workers)
    else:
        chunks = (_here(job, first, frame) for first, frame in raw())
    for chunk in chunks:
        yield heads[0], chunk


def _here(job: _Job, first: int, frame: pl.DataFrame) -> Chunk:
    found, unread = job.model.counted(frame, typed=job.typed, first=first)
    return Chunk(found.height, rendered(found, job.form, excel_safe=job.options.excel_safe), unread)


def _head(job: _Job, frame: pl.DataFrame) -> bytes:
    if job.form != "csv":
        return b""
    keys = [key for key in job.model.manifest.keys if inside(key) in frame.columns]
    return header([*keys, *job.model.columns], excel_safe=job.options.excel_safe)


def _ranked(job: _Job) -> Iterator[tuple[bytes, Chunk]]:
    """All rows ranked as one batch: scored rows wait on disk, only their costs and times are kept until the end."""
    model, ranking = job.model, job.model.ranking
    assert ranking is not None  # noqa: S101  # who asks knows
    with disk.scratch() as folder:
        waiting: list[Path] = []
        decisions: list[str] = []
        each, times, unread = [], [], []
        head = b""
        for first, raw in _raw(job):
            found, lost = model.counted(raw, typed=False, first=first)
            unread.append(lost)
            head = head or _head(job, raw)
            waiting.append(folder / f"{len(waiting):08}.arrow")
            with disk.writing(waiting[-1]) as file:
                file.write(rendered(found, "parquet"))
            each.append(ranking.costs(found))
            decisions.extend(found["decision"])
            times.append(ranking.times(raw))
        known = [part for part in times if part is not None]
        whole = pl.concat(known) if known and len(known) == len(times) else None
        codes = ranking.decide(np.concatenate(each), decisions, whole)
        ends = np.cumsum([len(part) for part in each])[:-1]
        for part, chosen, lost in zip(waiting, np.split(codes, ends), unread, strict=True):
            frame = model.decided(pl.read_ipc(part), chosen, typed=job.typed)
            yield head, Chunk(frame.height, rendered(frame, job.form, excel_safe=job.options.excel_safe), lost)


def _raw(job: _Job) -> Iterator[tuple[int, pl.DataFrame]]:
    """The first row and the raw rows of each chunk, with their costs, in the columns that are asked for."""
    rows = 0
    for path, frame in batches(job.data, job.rows, _dialect(job.model, job.data), tell=job.tell):
        ready = _columns(job, frame, path)
        yield rows, ready if job.costs is None else joined(ready, job.costs, rows)
        rows += frame.height
    if job.costs is not None:
        job.costs.end(rows)


def _columns(job: _Job, frame: pl.DataFrame, path: Path) -> pl.DataFrame:
    """The frame of a file as the options have it: columns by name, in any order (V04)."""
    model, options = job.model, job.options
    if not frame.width:  # nothing to score, which names no columns
        return frame
    lacking = [name for name in map(inside, model.needed) if name not in frame.columns]
    if lacking and options.missing == "refuse":
        told, hint = missing_columns([*map(outside, lacking)]), "Give the columns that the model was trained on."
        raise DataError(told, where=known_as(path), hint=hint)
    if lacking:
        frame = frame.with_columns(pl.lit(None).alias(name) for name in lacking)
    if options.extra == "refuse":
        known = set(map(inside, (*model.needed, *model.optional, *model.manifest.keys, model.manifest.target.name)))
        if extra := [name for name in frame.columns if name not in known]:
            raise DataError(
                f"the data has columns that the model does not read: {', '.join(map(repr, extra))}",
                where=known_as(path),
                hint="Leave them out, or allow them with --extra ignore.",
            )
    return frame


def _dialect(model: Bundle, data: Path) -> CsvDialect | None:
    """The dialect of training where the header can be read with it; else it is found from the file."""
    dialect = model.manifest.dialect
    first = files(data)[0]
    if dialect is None or kind(first) not in {"csv", "tsv"}:
        return None
    with suppress(UnicodeError, ScoreError):
        if set(model.needed) <= set(next(read_csv(first, dialect))):
            return dialect
    return None
