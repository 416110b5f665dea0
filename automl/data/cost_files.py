"""Cost files: columns that only the costs name, from a table beside the rows, by row order or by key."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Final, Literal

import polars as pl

from automl.data.infer.column_types import guess
from automl.data.read.column_reader import ColumnReader
from automl.data.read.frames import side_by_side
from automl.data.read.source import load
from automl.data.rows import Column
from automl.data.spelling import canonical
from automl.errors import DataError, SpecError
from automl.spec import Spec
from automl.spec.costs import CostTable
from automl.spec.expressions import named_columns

ROW_ORDER: Final = "row order"
WHERE: Final = "objective.costs.table"


@dataclass(frozen=True, slots=True, kw_only=True)
class CostFile:
    """The columns `frame` of a cost file, for the rows of one table: in their order, or by the column `by`."""

    frame: pl.DataFrame
    by: str
    name: str

    def beside(self, rows: pl.DataFrame, start: int = 0) -> pl.DataFrame:
        """The columns for `rows`, which begin at row `start` of their table; null where a key is not in the file."""
        if self.by == ROW_ORDER:
            amounts = self.frame.slice(start, rows.height)
            self._check_height(start + amounts.height, start + rows.height)
            return amounts
        places = pl.DataFrame(
            {"key": canonical(self.frame[self.by]), "place": pl.int_range(self.frame.height, eager=True)}
        )
        keys = pl.DataFrame({"key": canonical(_key(rows, self.by, "the data"))})
        place = keys.join(places, on="key", how="left", maintain_order="left")["place"]
        return self.frame.drop(self.by).select(pl.all().gather(place))

    def end(self, rows: int) -> None:
        """Refuse a file in row order that has more rows than their table."""
        if self.by == ROW_ORDER:
            self._check_height(self.frame.height, rows)

    def _check_height(self, have: int, need: int) -> None:
        if have != need:
            hint = 'costs in row order have one row for each row of the data; or give by = "the key column"'
            raise DataError(f"{have:,} rows of costs for {need:,} rows of data", where=self.name, hint=hint)


def open_costs(path: str, by: str, names: Collection[str]) -> tuple[CostFile, Mapping[str, str]]:
    """The columns `names` that the file at `path` has, and the file's digest. DataError for a key that stands twice."""
    source = load(path)
    if by == ROW_ORDER:
        kept = [name for name in source.frame.columns if name in names]
        return CostFile(frame=source.frame.select(kept), by=by, name=path), source.digests
    keys = canonical(_key(source.frame, by, path))
    if keys.drop_nulls().n_unique() < keys.drop_nulls().len():
        raise DataError(f"a value of {by!r} stands twice", where=path, hint="a cost file has one row for each key")
    kept = [by, *(name for name in source.frame.columns if name in names and name != by)]
    return CostFile(frame=source.frame.select(kept).filter(keys.is_not_null()), by=by, name=path), source.digests


def costs_of(spec: Spec, part: Literal["train", "test"]) -> tuple[CostFile, Mapping[str, str]] | None:
    """The cost file of a part (train or test) of the spec's data, None if there is none."""
    costs = spec.objective.costs
    if costs is None or costs.table is None:
        return None
    table, by = costs.table, costs.by
    if by is None:
        hint = 'name the key column that both have, or write by = "row order"'
        raise SpecError("is missing", where="objective.costs.by", hint=hint)
    path: str | None = getattr(table, part) if isinstance(table, CostTable) else table
    if path is None or (part == "test" and by == ROW_ORDER and not isinstance(table, CostTable)):
        hint = 'write table = { train = "a.parquet", test = "b.parquet" }'
        raise SpecError(f"the {part} part has no cost file", where=WHERE, hint=hint)
    return open_costs(path, by, named_columns(spec.objective))


def joined(rows: pl.DataFrame, file: CostFile, start: int = 0) -> pl.DataFrame:
    """`rows`, which begin at row `start`, with the columns of their cost file. DataError where both have one name."""
    amounts = file.beside(rows, start)
    double = sorted(set(rows.columns) & set(amounts.columns))
    if double:
        hint = "rename it in one of them, so that the cost can say which it means"
        raise DataError(f"the data has a column {double[0]!r} too", where=file.name, hint=hint)
    return side_by_side(rows, amounts)


def cost_column(raw: pl.Series) -> Column:
    """How a column of a cost file is read: it may be absent when rows are scored, and is missing then."""
    guessed = guess(raw)
    if guessed is None:
        raise DataError(f"{raw.name!r} holds {raw.dtype}, which are no single values", where=WHERE)
    reader: ColumnReader = {**guessed.reader(raw.name), "optional": True}
    reason = f"{WHERE}: {guessed.reason}"
    return Column(name=raw.name, wire=guessed.wire, role="excluded", reason=reason, is_feature=False, reader=reader)


def _key(frame: pl.DataFrame, by: str, where: str) -> pl.Series:
    if by not in frame.columns:
        raise DataError(f"there is no column {by!r}", where=where, hint="objective.costs.by names the key of both")
    return frame[by]
