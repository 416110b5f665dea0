"""The rows that a bundle keeps as evidence, read back as data: what is judged without the files of the fit."""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
import polars.selectors as cs
from numpy.typing import NDArray

from automl.bundle.evidence import PRICED
from automl.bundle.manifest import Manifest, Output
from automl.bundle.read import Bundle
from automl.data.read.column_reader import ColumnReader
from automl.data.read.frames import read_frame, side_by_side
from automl.data.rows import Column, Prepared, Rows, Schema
from automl.decide.costs.cost_matrix import EXPECTED
from automl.errors import AutomlError, BundleError

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """`data` has the columns that costs and today's rule named, and what was expected of amounts known afterwards.

    `oof` [n_train, width] are the out-of-fold predictions, `prediction` [n_test, width] the graph's own answers.
    """

    data: Prepared
    oof: Floats
    prediction: Floats


def kept_rows(bundle: Bundle) -> Kept:
    """The rows of evidence.parquet: all test rows, and the train rows that a fold predicted.

    `BundleError` where the file is not evidence as a bundle has it.
    """
    try:
        return _kept(bundle)
    except AutomlError:
        raise
    except Exception as error:
        what = f"the evidence cannot be read: {error}"
        raise BundleError(what, where=str(bundle.path / "evidence.parquet"), hint="Fit again.") from error


def _kept(bundle: Bundle) -> Kept:
    manifest = bundle.manifest
    frame = pl.read_parquet(io.BytesIO(bundle.files.read("evidence.parquet")))
    priced = [name.removeprefix(PRICED) for name in frame.columns if name.startswith(PRICED)]
    entries = [entry for entry in entries_of(manifest) if entry["name"] in priced]
    names = [name for name in frame.columns if name == "p" or name.startswith("p_")]
    oof, test = (frame.filter(frame["part"] == part) for part in ("oof", "test"))
    data = Prepared(
        schema=Schema(columns=tuple(_column(entry, manifest) for entry in entries)),
        labels=manifest.target.labels(),
        train=_rows(oof, entries),
        test=_rows(test, entries),
        findings=(),
        split=manifest.split,
        digests=manifest.sources,
    )
    return Kept(data=data, oof=oof[names].to_numpy(), prediction=test[names].to_numpy())


def entries_of(manifest: Manifest) -> list[ColumnReader]:
    """How the columns of the graph are read, and those that only the evidence has."""
    return [*manifest.reader["columns"], *manifest.reader.get("evidence", ())]


def predicted(manifest: Manifest) -> Output:
    """The output that every policy stands on."""
    return next(output for output in manifest.outputs if output.name in {"probability", "prediction"})


def _column(entry: ColumnReader, manifest: Manifest) -> Column:
    return Column(
        name=entry["name"],
        wire=entry["wire"],
        role="outcome" if entry["name"] in manifest.data.get("outcomes", ()) else "excluded",
        reason="kept for costs",
        is_feature=False,
        reader=entry,
    )


def _rows(frame: pl.DataFrame, entries: list[ColumnReader]) -> Rows:
    def numbers(name: str) -> NDArray[Any] | None:
        return frame[name].to_numpy() if name in frame.columns else None

    raw = frame.select(pl.col(f"{PRICED}{entry['name']}").alias(entry["name"]) for entry in entries)
    read = read_frame({"columns": entries}, raw) if entries else pl.DataFrame({"": [0.0] * frame.height})
    read = side_by_side(read, frame.select(cs.starts_with(EXPECTED)))
    return Rows(
        frame=read,
        raw=frame,
        y=frame["y"].to_numpy(),
        weight=numbers("weight"),
        time=numbers("time"),
        group=numbers("group"),
    )
