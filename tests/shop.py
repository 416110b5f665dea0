"""A small true bundle of two tables, made without a fit: what a customer spent is in a table of purchases."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from automl.bundle.contents import Contents
from automl.bundle.write import finish, stage, staging
from automl.data.read.column_reader import ColumnReader, Wire
from automl.data.read.table_rows import RelationalDocument
from automl.data.rows import Labels
from automl.features.relational.codec import to_json
from automl.features.relational.definition import (
    Aggregation,
    Base,
    Catalog,
    Definitions,
    Hop,
    Relation,
    RelationalFeature,
    TableSchema,
)
from automl.graph.onnx import to_onnx
from automl.ops import expr as ops
from automl.task import Task
from automl.testing._bundle import small_contents

ON = (("customer", "customer"),)
PRICE = Labels(name="price", task=Task(kind="regression"), dtype="float")


def shop_bundle(out: Path, keys: tuple[str, ...] = ()) -> Path:
    """The finished bundle at `out`: the prediction is the age of a customer and what that customer spent."""
    stage(_contents(keys), staging(out))
    return finish(staging(out), out, gates=(), verdict=None, card="# A card\n")


def _contents(keys: tuple[str, ...]) -> Contents:
    age, spent = ops.Column("age"), ops.Column("spent")
    known = ops.Where(ops.IsMissing(spent), ops.constant(0.0), spent)
    contents = small_contents(PRICE)
    return replace(
        contents,
        model=to_onnx({"prediction": ops.Add(age, known)}, inputs=[age, spent]),
        reader={"columns": [_column("age", "number")]},
        outputs=(contents.outputs[0],),
        decisions=(),
        keys=keys,
        golden=[{"customer": "k1", "age": 30}, {"customer": "k2", "age": 40}],
        relational=_relational(),
        golden_tables={"purchases": [{"customer": "k1", "amount": 5.0}, {"customer": "k1", "amount": 7.0}]},
    )


def _relational() -> RelationalDocument:
    spent = Aggregation(op="sum", path=(Hop(table="purchases", on=ON),), of=Base(column="amount"))
    catalog = Catalog(
        tables=(
            TableSchema(name="main", columns={"customer": "category", "age": "number"}),
            TableSchema(name="purchases", columns={"customer": "category", "amount": "number"}),
        ),
        relations=(Relation(child="purchases", parent="main", on=ON),),
    )
    definitions = Definitions(catalog=catalog, features=(RelationalFeature(name="spent", expr=spent, wire="number"),))
    customer = _column("customer", "category")
    return {
        "definitions": to_json(definitions),
        "main": {"columns": [customer, _column("age", "number")]},
        "tables": {"purchases": {"reader": {"columns": [customer, _column("amount", "number")]}, "dialect": None}},
        "unused": [],
    }


def _column(name: str, wire: Wire) -> ColumnReader:
    return {"name": name, "wire": wire, "missing": [], "parser": None}
