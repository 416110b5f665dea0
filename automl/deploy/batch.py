"""Files in, scored files out: in chunks, in constant memory, and the output appears only when it is whole."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from hashlib import sha256
from itertools import islice
from pathlib import Path

import numpy as np
import polars as pl

from automl import disk
from automl.bundle.place import check_output
from automl.bundle.read import Bundle
from automl.bundle.unlike import unlike
from automl.bundle.unread import check_unread
from automl.data.read.csv_lines import LeftOut
from automl.data.read.files import file_digest, files
from automl.data.read.remote.fetched import delivered, fetched
from automl.data.read.remote.spool import known_as
from automl.data.read.source import batches, frame_digest
from automl.data.read.unread import told
from automl.deploy.formats import rendered
from automl.deploy.parts import Parts
from automl.deploy.scoring import AS_EVER, Options, Scoring, cost_file, dialect_of, form_of
from automl.deploy.worker import Chunk, scored
from automl.errors import Stopped
from automl.progress import Event, Listener, silent


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
    form, given = form_of(out, options), [*(tables or {}).values(), *([costs] if costs else [])]
    with delivered(out, inputs=[data, *given]) as place:
        check_output(place, inputs=[bundle, *files(data), *given])
        scoring = Scoring.load(
            bundle,
            costs=costs,
            tables=tables or {},
            options=options,
            form=form,
            listener=listener,
            require_signature=require_signature,
        )
        done, called = _whole(_Job(data=data, scoring=scoring, listener=listener), place), known_as(place)
    for sentence in told(done.unread):
        listener(Event(stage="read", text=f"{sentence}; such cells count as missing", facts={"warning": sentence}))
    listener(Event(stage="done", text=f"Scored {done.rows:,} rows into {called}.", facts={"rows": done.rows}))
    return done.rows


def raw_rows(
    model: Bundle, data: Path, costs: Path | None = None, *, options: Options = AS_EVER, listener: Listener = silent
) -> Iterator[tuple[int, pl.DataFrame]]:
    """The first row and the raw rows of each chunk of `data`, read as `predict` reads them, with their `costs`."""
    table = cost_file(model, costs) if costs else None
    scoring = Scoring(model=model, costs=table, tables={}, options=options, form="csv")
    yield from _raw(_Job(data=data, scoring=scoring, listener=listener))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Job:
    """Which data is scored, and how."""

    data: Path
    scoring: Scoring
    listener: Listener

    @property
    def identity(self) -> dict[str, object]:
        """What must be the same for a killed run to go on: the bytes that are read, not what the disk says of them."""
        scoring, options = self.scoring, self.scoring.options
        return {
            "bundle": sha256(scoring.model.files.text).hexdigest(),
            "files": [file_digest(path) for where in (self.data, *scoring.tables.values()) for path in files(where)],
            "costs": None if scoring.costs is None else frame_digest(scoring.costs.frame),
            "how": [options.missing, options.extra, options.excel_safe, scoring.form, scoring.rows],
        }

    def tell(self, path: Path, left_out: LeftOut) -> None:
        """Say which lines of a file are no rows."""
        said = f"{known_as(path)}: {left_out}"
        self.listener(Event(stage="read", text=said, facts={"warning": said}))


def _whole(job: _Job, out: Path) -> Parts:
    """Score all rows into `out`, which appears when it is whole."""
    options, ranking = job.scoring.options, job.scoring.model.ranking
    parts = Parts.open(out, job.scoring.form, job.identity, resume=options.resume and ranking is None)
    if parts.damaged:
        job.listener(Event(stage="read", text="What an earlier run left is damaged: scoring begins anew."))
    try:
        _write(job, parts)
        check_unread(parts.unread, options.unread, known_as(job.data))
        parts.finish()
    except (Stopped, KeyboardInterrupt):  # the parts stay: --resume goes on from here
        parts.release()
        raise
    except BaseException:
        parts.discard()
        raise
    return parts


def _write(job: _Job, parts: Parts) -> None:
    """Score what is not scored yet into the parts."""
    for head, chunk in _ranked(job) if job.scoring.model.ranking else _rendered(job, skip=parts.chunks):
        parts.add(chunk.content, chunk.rows, head, chunk.unread)
        job.listener(Event(stage="read", text=f"{parts.rows:,} rows scored.", facts={"rows": parts.rows}))


def _rendered(job: _Job, *, skip: int) -> Iterator[tuple[bytes, Chunk]]:
    """The header, and each chunk after the first `skip`."""
    heads: list[bytes] = []
    scoring = job.scoring

    def raw() -> Iterator[tuple[int, pl.DataFrame]]:
        for first, frame in islice(_raw(job), skip, None):
            heads.append(scoring.head(frame))
            yield first, frame

    if scoring.options.workers > 1:
        settings = {
            "bundle": str(scoring.model.path),
            "seal": scoring.model.files.seal.decode(),
            "tables": {name: str(fetched(path)) for name, path in scoring.tables.items()},
            "form": scoring.form,
            "excel_safe": scoring.options.excel_safe,
        }
        chunks = scored(raw(), settings, scoring.options.workers)
    else:
        chunks = (scoring.chunk(frame, first) for first, frame in raw())
    for chunk in chunks:
        yield heads[0], chunk


def _ranked(job: _Job) -> Iterator[tuple[bytes, Chunk]]:
    """All rows ranked as one batch: scored rows wait on disk, only their costs and times are kept until the end."""
    scoring, model, ranking = job.scoring, job.scoring.model, job.scoring.model.ranking
    assert ranking is not None  # noqa: S101  # who asks knows
    with disk.scratch() as folder:
        waiting: list[Path] = []
        decisions: list[str] = []
        each, times, unread = [], [], []
        head = b""
        for first, raw in _raw(job):
            found, lost = model.counted(raw, typed=False, first=first)
            unread.append(lost)
            head = head or scoring.head(raw)
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
            frame = model.decided(pl.read_ipc(part), chosen, typed=scoring.typed)
            yield head, Chunk(frame.height, scoring.rendered(frame), lost)


def _raw(job: _Job) -> Iterator[tuple[int, pl.DataFrame]]:
    """The first row and the raw rows of each chunk, with their costs, in the columns that are asked for."""
    scoring, rows = job.scoring, 0
    dialect = dialect_of(scoring.model, files(job.data)[0])
    for path, frame in batches(job.data, scoring.rows, dialect, tell=job.tell):
        ready = scoring.ready(frame, path, rows)
        for sentence in unlike(scoring.model.manifest.reader, scoring.model.margins, ready) if rows == 0 else ():
            said = f"{known_as(path)}: {sentence}"
            job.listener(Event(stage="read", text=said, facts={"warning": said}))
        yield rows, ready
        rows += frame.height
    if scoring.costs is not None:
        scoring.costs.end(rows)
