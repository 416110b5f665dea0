"""Raw rows in, rendered answers out: what one process and many that share the work have in common."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import polars as pl

from automl.addresses import address_of
from automl.bundle.read import Bundle
from automl.bundle.score_file import ignored, read_csv
from automl.bundle.scorer import ScoreError, missing_columns
from automl.bundle.unread import lacking_hint
from automl.data.cost_files import CostFile, joined, open_costs
from automl.data.read.column_reader import CsvDialect
from automl.data.read.file_kinds import kind
from automl.data.read.remote.spool import known_as
from automl.data.read.unread import OnUnread
from automl.deploy.formats import Form, header, rendered
from automl.deploy.worker import Chunk
from automl.errors import DataError, SpecError
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Scoring:
    """An opened bundle with what it is given beside the rows, and the form that its answers are rendered in.

    `tables` are the files of the other tables that it reads.
    """

    model: Bundle
    costs: CostFile | None
    tables: Mapping[str, Path]
    options: Options
    form: Form

    @classmethod
    def load(
        cls,
        bundle: Path,
        *,
        costs: Path | None,
        tables: Mapping[str, Path],
        options: Options,
        form: Form,
        listener: Listener = silent,
        require_signature: Path | None = None,
    ) -> Scoring:
        """With the bundle at a path and the files beside the rows; the listener is told of those that nothing reads."""
        model = Bundle.load(bundle, tables=tables, require_signature=require_signature)
        table = cost_file(model, costs) if costs else None
        if said := ignored(tables, model.tables):
            listener(Event(stage="read", text=said, facts={"warning": said}))
        read = {name: file for name, file in tables.items() if name in model.tables}
        return cls(model=model, costs=table, tables=read, options=options, form=form)

    @property
    def rows(self) -> int:
        """Rows that are scored at a time: some times the graph's own."""
        chunk = self.model.manifest.chunk_rows
        return chunk * max(1, min(MOST_CHUNKS, CELLS // (chunk * len(self.model.needed))))

    @property
    def typed(self) -> bool:
        """Whether a decision that is a label has the target's own type."""
        return self.form != "csv"

    def ready(self, frame: pl.DataFrame, path: Path, first: int) -> pl.DataFrame:
        """The frame of a file as the options have it, with its costs: columns by name, in any order (V04).

        `first` rows came before it.
        """
        ready = self._columns(frame, path) if frame.width else frame  # nothing to score, which names no columns
        return ready if self.costs is None else joined(ready, self.costs, first)

    def _columns(self, frame: pl.DataFrame, path: Path) -> pl.DataFrame:
        model, options = self.model, self.options
        lacking = [name for name in map(inside, model.needed) if name not in frame.columns]
        if lacking and options.missing == "refuse":
            names = [*map(outside, lacking)]
            hint = lacking_hint(names, map(outside, frame.columns), model.needed)
            raise DataError(missing_columns(names), where=known_as(path), hint=hint)
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

    def head(self, frame: pl.DataFrame) -> bytes:
        """The first line of the output, for raw rows of these columns; nothing where the form has none."""
        if self.form != "csv":
            return b""
        keys = [key for key in self.model.manifest.keys if inside(key) in frame.columns]
        return header([*keys, *self.model.columns], excel_safe=self.options.excel_safe)

    def chunk(self, frame: pl.DataFrame, first: int) -> Chunk:
        """Raw rows that are ready, scored and rendered; `first` rows came before them."""
        found, unread = self.model.counted(frame, typed=self.typed, first=first)
        return Chunk(found.height, self.rendered(found), unread)

    def rendered(self, frame: pl.DataFrame) -> bytes:
        """Scored rows in the form of the output."""
        return rendered(frame, self.form, excel_safe=self.options.excel_safe)


def form_of(out: Path, options: Options) -> Form:
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


def cost_file(model: Bundle, path: Path) -> CostFile:
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


def dialect_of(model: Bundle, first: Path) -> CsvDialect | None:
    """The dialect of training where the header of the `first` file can be read with it; else files tell it."""
    dialect = model.manifest.dialect
    if dialect is None or kind(first) not in {"csv", "tsv"}:
        return None
    with suppress(UnicodeError, ScoreError):
        if set(model.needed) <= set(next(read_csv(first, dialect))):
            return dialect
    return None
