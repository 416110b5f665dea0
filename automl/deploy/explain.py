"""Rows of a file explained: one of them, or all, as words, as JSON, or as a table of reason codes in a file."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Literal

import polars as pl

from automl import disk
from automl.bundle.explaining import SECONDS
from automl.bundle.manifest import plain
from automl.bundle.place import check_output
from automl.bundle.read import Bundle
from automl.data.read.files import files
from automl.deploy.batch import raw_rows
from automl.deploy.formats import header, rendered
from automl.deploy.scoring import Options
from automl.errors import DataError, SpecError
from automl.explain.explanation import Explanations
from automl.progress import Listener, silent

FORMS = (".csv", ".parquet", ".json")


def explain(
    bundle: Path,
    data: Path,
    *,
    row: int | None = 1,
    costs: Path | None = None,
    tables: Mapping[str, Path] | None = None,
    unread: Literal["refuse", "empty"] = "refuse",
    seconds: float = SECONDS,
    require_signature: Path | None = None,
    listener: Listener = silent,
) -> Explanations:
    """Explain the row number `row` (from 1 on) of `data`, or every row where that is None: see `Bundle.explain`.

    `data`, `costs`, `tables` and `require_signature` are as in `automl.deploy.batch.predict`. Raises `DataError` for a
    row that is not there.
    """
    model = Bundle.load(bundle, tables=tables or {}, require_signature=require_signature)
    read = raw_rows(model, data, costs, options=Options(unread=unread), listener=listener)
    if row is None:
        parts = [frame for _, frame in read] or [pl.DataFrame()]
        return model.explain(pl.concat(parts, how="diagonal_relaxed"), unread=unread, seconds=seconds)
    for start, frame in read:
        if row <= start + frame.height:
            return model.explain(frame[row - 1 - start :][:1], unread=unread, seconds=seconds, first=row)
    raise DataError(f"the data has no row {row}", where=str(data), hint="Rows are counted from 1 on.")


def check_explained(out: Path, inputs: Sequence[Path]) -> None:
    """Raise SpecError for an output that is neither csv, parquet nor json, or would replace what is read."""
    if out.suffix.lower() not in FORMS:
        raise SpecError(
            "the output ends in neither .csv, .parquet nor .json", where=str(out), hint="Name it OUT.csv, say."
        )
    check_output(out, inputs=[path for given in inputs for path in (files(given) if given.exists() else [given])])


def write_explained(found: Explanations, out: Path) -> None:
    """Write reason codes to a csv or parquet file, a line for each row, or all that is known to a JSON file.

    Cells of the csv that a spreadsheet would take for a formula get a quote in front (V12).
    """
    form = out.suffix.lower()
    table = pl.DataFrame(found.codes(), infer_schema_length=None)
    if form == ".json":
        content = json.dumps(plain(found.as_json()), indent=1, ensure_ascii=False, allow_nan=False).encode() + b"\n"
    elif form == ".parquet":
        buffer = io.BytesIO()
        table.write_parquet(buffer)
        content = buffer.getvalue()
    else:
        content = header(table.columns, excel_safe=True) + rendered(table, "csv", excel_safe=True)
    disk.put(out, content)
