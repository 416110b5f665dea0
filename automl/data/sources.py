"""The tables that a spec names for train and test, as they came, with the columns of their cost files beside them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Literal

import polars as pl

from automl.data.cost_files import ROW_ORDER, costs_of, joined
from automl.data.memory import check_workbook, cost, fitting
from automl.data.read.excel import inflated
from automl.data.read.file_kinds import kind
from automl.data.read.files import files
from automl.data.read.query import read_query
from automl.data.read.remote.spool import known_as
from automl.data.read.sampling import thinned
from automl.data.read.source import SourceTable, checked, extents, frame_digest, load, probe_all
from automl.data.read.weight import Extent, added, extent_of
from automl.data.rows import Finding, finding
from automl.data.schema import check_names
from automl.errors import DataError, SpecError
from automl.spec import Spec
from automl.spec.data import Query

Part = Literal["train", "test"]
Given = pl.DataFrame | SourceTable  # rows in memory: a frame, or a part of a file that was read


@dataclass(frozen=True, slots=True, kw_only=True)
class Sources:
    """The raw rows; `test` is None where none was given. `columns` are those of train without its costs'.

    `between` are rows of a gap between both, where somebody else has parted them.
    """

    train: SourceTable
    test: SourceTable | None
    columns: tuple[str, ...]
    between: SourceTable | None = None

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


def open_sources(spec: Spec, train: Given | None, test: Given | None, between: SourceTable | None = None) -> Sources:
    """What stands in `train` and `test`, else in the files of the spec. Raises DataError and SpecError.

    Where both together do not fit into `budget.memory` the same share of each is taken: while they are read as far as
    can be told before, and once more when they are counted.
    """
    given: dict[Part, Given | None] = {"train": train}
    if test is not None or spec.data.test is not None:
        given["test"] = test
    before = _before(spec, given)
    share = fitting(sum(map(cost, before.values())), spec.budget)
    read = {part: _source(spec, frame, part, share) for part, frame in given.items()}
    counted = fitting(sum(cost(extent_of(source.frame)) for source in read.values()), spec.budget)
    found = {part: _fitted(source, before[part].rows, share, counted) for part, source in read.items()}
    check_names(found["train"].frame.columns, spec)
    priced = {part: _priced(source, spec, part) for part, source in found.items()}
    columns = tuple(found["train"].frame.columns)
    gap = None if between is None else _priced(between, spec, "train")
    return Sources(train=priced["train"], test=priced.get("test"), columns=columns, between=gap)


def _before(spec: Spec, given: Mapping[Part, Given | None]) -> Mapping[Part, Extent]:
    """How much each part is, as far as it can be told before it is read; files of parquet are tried in a child."""
    named = {part: spec.data.train if part == "train" else spec.data.test for part in given}
    paths = {part: path for part, path in named.items() if isinstance(path, str) and given[part] is None}
    for book in (file for path in paths.values() for file in files(path) if kind(file) == "excel"):
        check_workbook(inflated(book), known_as(book), spec.budget)
    probed = probe_all(*paths.values())
    found: dict[Part, Extent] = {part: Extent() for part in given}
    return {**found, **{part: added(extents(path, probed)) for part, path in paths.items()}}


def _source(spec: Spec, frame: Given | None, part: Part, share: float) -> SourceTable:
    named = spec.data.train if part == "train" else spec.data.test
    if frame is not None:
        return frame if isinstance(frame, SourceTable) else load(frame, name=part)
    if isinstance(named, Query):
        folder = spec.source.parent if spec.source else None
        rows = checked(read_query(named, part=part, seconds=spec.budget.time, folder=folder), f"data.{part}")
        return SourceTable(frame=rows, digests={f"query:{part}": frame_digest(rows)})
    if named is None:
        hint = f'set data.{part} = "rows.csv", or give a frame'
        raise SpecError(f"there are no {part} rows", where=f"data.{part}", hint=hint)
    return load(named, probed=True, share=share)


def _fitted(source: SourceTable, before: int, share: float, counted: float) -> SourceTable:
    """The source with as many of its rows as fit, and how many there were `before` a share of them was read."""
    if share == counted == 1.0:
        return source
    there = before if share < 1.0 and before else source.frame.height
    if counted == 1.0:
        return replace(source, rows=there)
    taken = source.share * counted
    frame = thinned(source.frame, taken, of=source.share, heights=source.heights)
    return replace(source, frame=frame, rows=there, share=taken)


def _priced(source: SourceTable, spec: Spec, part: Part) -> SourceTable:
    """The rows with the columns of their cost file, if the spec has one."""
    costs = costs_of(spec, part)
    if costs is None:
        return source
    file, digests = costs
    if source.rows is not None and file.by == ROW_ORDER:
        hint = "give more budget.memory, or costs by a key"
        raise DataError("the rows must be sampled, so costs in row order do not fit", where=f"data.{part}", hint=hint)
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
