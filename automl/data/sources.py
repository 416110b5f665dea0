"""The tables that a spec names for train and test, as they came, with the columns of their cost files beside them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Literal

import polars as pl

from automl.data.cost_files import ROW_ORDER, costs_of, joined
from automl.data.read.query import read_query
from automl.data.read.source import SourceTable, checked, frame_digest, load, probe_all
from automl.data.rows import Finding, finding
from automl.data.schema import check_names
from automl.errors import DataError, SpecError
from automl.spec import Spec
from automl.spec.data import Query

CELL_BYTES = 40  # of memory for each raw cell: as it came, as it is read, as a feature, in folds

Part = Literal["train", "test"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sources:
    """The raw rows; `test` is None where none was given. `columns` are those of train without its costs'."""

    train: SourceTable
    test: SourceTable | None
    columns: tuple[str, ...]

    @property
    def typed(self) -> bool:
        """Whether the source writes what is missing as null: all but csv."""
        return self.train.dialect is None

    @property
    def comma(self) -> bool:
        """Whether the csv is written as where commas stand before decimals."""
        return self.train.dialect is not None and self.train.dialect["separator"] in {";", "\t"}

    @property
    def digests(self) -> Mapping[str, str]:
        """The SHA-256 of each file or frame."""
        return {**self.train.digests, **(self.test.digests if self.test else {})}

    @property
    def findings(self) -> list[Finding]:
        """Statements where only some of the rows are used (D16), and where lines are none."""
        return [*_lines(self.train, "train"), *(_lines(self.test, "test") if self.test else [])]


def open_sources(spec: Spec, train: pl.DataFrame | None, test: pl.DataFrame | None) -> Sources:
    """What stands in `train` and `test`, else in the files of the spec. Raises DataError and SpecError."""
    named = [(spec.data.train, train), (spec.data.test, test)]
    probe_all(*(path for path, frame in named if isinstance(path, str) and frame is None))
    source = _source(spec, train, "train")
    check_names(source.frame.columns, spec)
    priced = _priced(source, spec, "train")
    held = None if test is None and spec.data.test is None else _source(spec, test, "test")
    return Sources(train=priced, test=held and _priced(held, spec, "test"), columns=tuple(source.frame.columns))


def _source(spec: Spec, frame: pl.DataFrame | None, part: Part) -> SourceTable:
    named = spec.data.train if part == "train" else spec.data.test
    if frame is not None:
        return load(frame, name=part)
    if isinstance(named, Query):
        folder = spec.source.parent if spec.source else None
        rows = checked(read_query(named, part=part, seconds=spec.budget.time, folder=folder), f"data.{part}")
        return SourceTable(frame=rows, digests={f"query:{part}": frame_digest(rows)})
    if named is None:
        hint = f'set data.{part} = "rows.csv", or give a frame'
        raise SpecError(f"there are no {part} rows", where=f"data.{part}", hint=hint)
    source = load(named, probed=True, cells=spec.budget.memory / CELL_BYTES)
    costs = spec.objective.costs
    if source.rows is not None and costs is not None and costs.by == ROW_ORDER:
        hint = "give more budget.memory, or costs by a key"
        raise DataError("the rows must be sampled, so costs in row order do not fit", where=named, hint=hint)
    return source


def _priced(source: SourceTable, spec: Spec, part: Part) -> SourceTable:
    """The rows with the columns of their cost file, if the spec has one."""
    costs = costs_of(spec, part)
    if costs is None:
        return source
    file, digests = costs
    frame = joined(source.frame, file)
    file.end(frame.height)
    return replace(source, frame=frame, digests={**source.digests, **digests})


def _lines(source: SourceTable, part: Part) -> Iterator[Finding]:
    if any(source.left_out):
        evidence = source.left_out._asdict()
        yield finding("lines", None, f"of the csv of {part} are {source.left_out}", "changed", evidence)
    yield from _sampled(source, part)


def _sampled(source: SourceTable, part: Part) -> list[Finding]:
    if source.rows is None:
        return []
    text = (
        f"{part} has about {source.rows:,} rows, too many for budget.memory: {source.frame.height:,} of them are used, "
        "spread evenly over the files"
    )
    return [finding("sampled", None, text, "changed", {"rows": source.frame.height, "of": source.rows})]
