"""The rows that a profile is made of, with a target or without one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

from automl.data.audit.columns import audit_reading
from automl.data.infer.typed_values import unreadable
from automl.data.memory import CELL, asked, cost
from automl.data.prepare import prepare
from automl.data.read.frames import read_frame, side_by_side
from automl.data.read.source import SourceTable, extents, load, probe_all
from automl.data.read.weight import added
from automl.data.rows import Column, Finding, Prepared, Schema
from automl.data.schema import drop, read_schema
from automl.errors import DataError
from automl.spec import Spec, parse
from automl.spec.units import read_size

Floats = NDArray[np.float64]
CELLS = 5_000_000  # rows times columns: what a look takes seconds for
SAMPLED = "sampled"  # the check that says so of a fit, by whose memory


@dataclass(frozen=True, kw_only=True)
class Looked:
    """Train rows as they were read: all columns of the schema that hold single values, and what came with them.

    `prepared` is None without a target.
    """

    schema: Schema
    frame: pl.DataFrame
    findings: tuple[Finding, ...]
    source: tuple[str, ...]
    all_rows: int | None
    prepared: Prepared | None = None

    @cached_property
    def columns(self) -> Mapping[str, Column]:
        """The columns of the frame by name."""
        return {column.name: column for column in self.schema.columns if column.name in self.frame.columns}

    @property
    def y(self) -> Floats | None:
        """The target, if there is one [n]."""
        return self.prepared.train.y if self.prepared else None

    @property
    def time(self) -> Floats | None:
        """When each row's prediction is made, in microseconds of UTC [n]."""
        return self.prepared.train.time if self.prepared else None


def look(spec: Spec, *, cells: int | None = None, train: pl.DataFrame | None = None) -> Looked:
    """The rows of a spec, read and audited as a fit does it; of more than `cells` (None: `CELLS`) a sample.

    `train` stands in for the rows that the spec names. Raises DataError.
    """
    data = prepare(_light(spec, cells), train=train)
    known = set(data.train.frame.columns)
    others = [c for c in data.schema.columns if c.name not in known and c.role != "target" and not c.computed]
    frame = side_by_side(data.train.frame, _readable(others, data.train.raw))
    rows = sum(int(str(found.evidence["of"])) for found in data.findings if found.check == SAMPLED)
    return Looked(
        schema=data.schema,
        frame=frame,
        findings=tuple(found for found in data.findings if found.check != SAMPLED),
        source=tuple(data.digests),
        all_rows=rows or None,
        prepared=data,
    )


def look_at_file(path: Path) -> Looked:
    """The rows of a file, a glob or a folder that nobody named a target of. Raises DataError."""
    source, all_rows = load_some(path)
    schema, seen = schema_of(source, str(path))
    frame = _readable(schema.columns, source.frame)
    there = Schema(columns=tuple(column for column in schema.columns if column.name in frame.columns))
    found = audit_reading(there, source.frame, frame)
    return Looked(
        schema=drop(schema, found),
        frame=frame,
        findings=(*seen, *found),
        source=tuple(source.digests),
        all_rows=all_rows,
    )


def load_some(path: Path, *, cells: int | None = None) -> tuple[SourceTable, int | None]:
    """The rows of a file, a glob or a folder, and how many there are about where more than `cells` made it a sample."""
    extent = added(extents(path, probe_all(path)))
    share = min(1.0, _room(cells) / max(cost(extent), 1.0))
    return load(path, probed=True, share=share), extent.rows if share < 1.0 else None


def schema_of(source: SourceTable, where: str) -> tuple[Schema, tuple[Finding, ...]]:
    """What each column of rows without a target is, and what was seen in those that can be no feature.

    Raises DataError for a table without rows.
    """
    if not source.frame.height:
        raise DataError("the data has no rows", where=where, hint="give rows below the header line")
    spec = parse({"objective": {"target": _unused(source.frame.columns)}})
    comma = source.dialect is not None and source.dialect["separator"] in {";", "\t"}
    return read_schema(source.frame, spec, comma=comma)


def _light(spec: Spec, cells: int | None) -> Spec:
    """The spec with no more memory for rows than `cells` take: what is beyond is sampled, and said."""
    most = read_size(asked(_room(cells), spec.budget))
    return spec.model_copy(update={"budget": spec.budget.model_copy(update={"memory": min(most, spec.budget.memory)})})


def _room(cells: int | None) -> float:
    return float(CELL * (cells or CELLS))


def _readable(columns: Sequence[Column], raw: pl.DataFrame) -> pl.DataFrame:
    """Those of the columns that hold single values, read as the schema says."""
    single = {name for name in raw.columns if not unreadable(raw[name])}
    readers = [column.reader for column in columns if single.issuperset(column.cells)]
    return read_frame({"columns": readers}, raw) if readers else pl.DataFrame()


def _unused(names: Sequence[str]) -> str:
    """A name that no column has."""
    return "_" * (1 + max(map(len, names), default=0))
