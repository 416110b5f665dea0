"""What comes of several tables: data with the columns that they give, and what those are computed by."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import replace

import polars as pl

from automl.data.read.column_reader import Reader
from automl.data.read.frames import side_by_side
from automl.data.read.table_rows import RelationalDocument, TableReader
from automl.data.read.typed_tables import RelatedTables
from automl.data.rows import Column, Prepared, Rows, Schema
from automl.data.tables.checks import MAIN
from automl.data.tables.joins import JoinedTables
from automl.features.relational.codec import from_json, to_json
from automl.features.relational.definition import Definitions, RelationalFeature
from automl.features.relational.parts import by_key

GOLDEN_ROWS = 20_000  # raw rows of another table that golden rows are drawn from


def related(
    data: Prepared, joined: JoinedTables, chosen: Definitions, train: pl.DataFrame, test: pl.DataFrame
) -> Prepared:
    """`data` with the features `chosen` as columns, of the values `train` and `test`, and with what computes them."""
    return replace(
        data,
        schema=Schema(columns=(*data.schema.columns, *computed_columns(data.schema, chosen.features))),
        train=_with(data.train, train),
        test=_with(data.test, test),
        between=None,  # their features are not computed
        related=RelatedTables(document=_document(joined, chosen), samples=_samples(joined, data)),
    )


def computed_columns(main: Schema, features: Iterable[RelationalFeature]) -> tuple[Column, ...]:
    """The features as columns beside those of `main`."""
    level = max(column.min_level for column in main.columns)
    return tuple(_column(feature, level) for feature in features)


def narrowed(document: RelationalDocument, names: Collection[str]) -> RelationalDocument:
    """relational.json of the features `names` alone: what nothing is computed from need not be given."""
    definitions = from_json(document["definitions"])
    kept = replace(definitions, features=tuple(f for f in definitions.features if f.name in names))
    needs = kept.needs()
    tables: dict[str, TableReader] = {
        name: _narrowed(entry, needs[name])
        for name, entry in document["tables"].items()
        if name in needs and (name != MAIN or kept.history)
    }
    every = [*document["tables"], *document["unused"]]
    return {
        "definitions": to_json(kept),
        "main": _only(document["main"], needs[MAIN]),
        "tables": tables,
        "unused": [name for name in every if name not in tables],
    }


def _narrowed(entry: TableReader, names: Collection[str]) -> TableReader:
    """The columns `names` of a table, and the label of those alone: main's own past may be asked for no target."""
    found: TableReader = {**entry, "reader": _only(entry["reader"], names)}
    if "positive" in found:
        found["positive"] = {name: label for name, label in found["positive"].items() if name in names}
    return found


def _only(reader: Reader, names: Collection[str]) -> Reader:
    return {**reader, "columns": [entry for entry in reader["columns"] if entry["name"] in names]}


def _column(feature: RelationalFeature, level: int) -> Column:
    return Column(
        name=feature.name,
        wire=feature.wire,
        role="feature",
        reason="computed from other tables",
        is_feature=True,
        reader={"name": feature.name, "wire": feature.wire, "missing": [], "parser": None},
        computed=True,
        min_level=level,
    )


def _with(rows: Rows, computed: pl.DataFrame) -> Rows:
    return replace(rows, frame=side_by_side(rows.frame, computed))


def _samples(joined: JoinedTables, data: Prepared) -> dict[str, pl.DataFrame]:
    """Some raw rows of each table, by whole keys: golden rows are drawn from their margins."""
    samples = {name: by_key(frame, joined, name, GOLDEN_ROWS) for name, frame in joined.raw.items()}
    return samples | ({MAIN: data.train.raw.head(GOLDEN_ROWS)} if joined.history else {})


def _document(joined: JoinedTables, chosen: Definitions) -> RelationalDocument:
    whole: RelationalDocument = {**joined.document, "unused": [], "definitions": to_json(chosen)}
    return narrowed(whole, [feature.name for feature in chosen.features])
