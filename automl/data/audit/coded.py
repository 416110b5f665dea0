"""Whole numbers that are codes: their levels tell more about the target than their order does.

The data decide. Where both tell something, both are offered; what a name says breaks ties.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import polars as pl
from numpy.typing import NDArray

from automl.data.audit.file_order import answers_of
from automl.data.audit.levels_and_order import CHANCE, LEAST, SURE, Explained, explained
from automl.data.infer.column_types import Guess
from automl.data.infer.name_hints import is_code
from automl.data.read.column_reader import ColumnReader
from automl.data.read.frames import read_frame
from automl.data.rows import Column, Finding, Schema, finding
from automl.spec import Spec
from automl.task import Task

Floats = NDArray[np.float64]

SAMPLE, CELLS = 30_000, 8_000_000  # rows, and rows times columns times answers, that are looked at
EXACT = 2.0**53  # whole numbers from here on are hashes: a float64 does not tell neighbours apart


def read_codes(
    schema: Schema, raw: pl.DataFrame, *, y: Floats, task: Task, spec: Spec
) -> tuple[Schema, tuple[Finding, ...]]:
    """The schema with whole numbers read as what they are to the target `y` [n] of the train rows `raw`.

    A level is predicted by its own mean, shrunk as far as the levels differ by chance (Morris 1983), and by that of its
    piece: stretches of the levels, cut where the means differ most, as a regression tree cuts (Breiman et al. 1984).
    Both are fitted on three quarters of a sample of the rows and judged on the fourth, in turn. Where the levels tell
    clearly more than a few pieces do, and these hardly more than in an order drawn anew (a permutation test's idea), a
    column of that name is a category, any other is offered as levels beside the number
    (sense ``both``); what is called a code stays a number where its order tells clearly more. ``data.types`` and
    ``data.audit.keep`` overrule.
    """
    told = {*spec.data.types, *spec.data.audit.keep}
    asked = [column for column in schema.columns if column.name not in told and _may_be(column)]
    size = min(SAMPLE, CELLS // max(1, len(asked) * task.width))
    rows = np.random.default_rng(spec.budget.seed).permutation(y.size)[:size]
    if rows.size < LEAST or not asked:
        return schema, ()
    frame = read_frame({"columns": [_number(column) for column in asked]}, raw.select(_cells(asked))[rows])
    answers = answers_of(y[rows], task)
    seen = {column.name: explained(frame[column.name].to_numpy(), answers, named=_named(column)) for column in asked}
    changed = dict(_changed([(column, one) for column in asked if (one := seen[column.name]) is not None]))
    columns = tuple(changed[c.name][0] if c.name in changed else c for c in schema.columns)
    return Schema(columns=columns), tuple(said for _, said in changed.values())


def _may_be(column: Column) -> bool:
    """Whether it may be read as a number and as levels."""
    if column.role != "feature" or not column.is_feature or "parts" in column.reader:
        return False
    return column.sense == "code" if column.wire == "category" else column.wire == "number" and not column.sense


def _named(column: Column) -> bool:
    return column.sense == "code" or is_code(column.name)


def _cells(columns: list[Column]) -> list[str]:
    return [cell for column in columns for cell in column.cells]


def _number(column: Column) -> ColumnReader:
    """How its cells are read as numbers."""
    if column.wire == "number":
        return column.reader
    return Guess(wire="number", reason="", missing=tuple(column.reader["missing"])).reader(column.name)


def _changed(found: list[tuple[Column, Explained]]) -> Iterator[tuple[str, tuple[Column, Finding]]]:
    """The columns that are read as something else than their names say, each with what was seen."""
    for column, seen in found:
        named = _named(column)
        if column.sense == "code":
            if seen.as_order:
                yield column.name, _as_number(column, seen)
        elif seen.as_levels:
            alone = (named and seen.order_sure <= CHANCE) or seen.largest >= EXACT
            alone = alone and column.reader["parser"] is None
            yield column.name, _as_code(column, seen) if alone else _as_both(column, seen)
        elif named and seen.levels_sure > SURE:
            yield column.name, _as_both(column, seen)


def _as_code(column: Column, seen: Explained) -> tuple[Column, Finding]:
    guess = Guess(wire="number", reason="", missing=tuple(column.reader["missing"])).as_category()
    reason = "a code: its levels tell more of the target than their order"
    made = replace(guess.column(column.name, column.role, reason), sense="code", min_level=column.min_level)
    return made, _said(column, seen, "it is read as a category", "number")


def _as_both(column: Column, seen: Explained) -> tuple[Column, Finding]:
    reason = f"{column.reason}: its levels are offered beside the number, as they tell of the target"
    return replace(column, sense="both", reason=reason), _said(
        column, seen, "its levels are offered beside the number", "number"
    )


def _as_number(column: Column, seen: Explained) -> tuple[Column, Finding]:
    guess = Guess(wire="number", reason="", missing=tuple(column.reader["missing"]))
    reason = "called a code, but its order tells more of the target than its levels"
    made = replace(guess.column(column.name, column.role, reason), min_level=column.min_level)
    return made, _said(column, seen, "called a code, it is read as a number", "category")


def _said(column: Column, seen: Explained, done: str, otherwise: str) -> Finding:
    named = json.dumps(column.name, ensure_ascii=False)
    text = (
        f"{column.name!r}: its levels explain {max(seen.levels, 0.0):.1%} of the target, their order "
        f'{max(seen.order, 0.0):.1%}: {done}; data.types = {{ {named} = "{otherwise}" }} overrules'
    )
    evidence = {"levels": seen.levels, "order": seen.order, "standard_errors": seen.beyond}
    return finding("code", column.name, text, "changed", evidence)
