"""Rows of a request explained, one after the other, within a number of rows and a time of their own.

A row takes thousands of rows of the graph: what is little work for `/predict` would hold the server here.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from time import monotonic

import polars as pl

from automl.bundle.manifest import plain
from automl.bundle.read import Bundle
from automl.bundle.scorer import missing_columns
from automl.data.read.unread import UnreadWarning
from automl.deploy.serve.nested import has_nested
from automl.deploy.serve.refusal import Refusal, gone_away
from automl.deploy.serve.rows import Row
from automl.deploy.serve.settings import Settings
from automl.errors import AutomlError
from automl.names import inside

PATIENCE = 2  # times the seconds that it should take: so long may what each row takes in any case last


def explained(
    bundle: Bundle, rows: Sequence[Row], settings: Settings, gone: Callable[[], bool] = lambda: False
) -> list[dict[str, object]]:
    """The explanation of each row as JSON values. Refusals: 413 for too many rows or too long, 422 for one that fails.

    It ends with a Refusal once the client is `gone`.
    """
    if len(rows) > settings.explain_rows:
        what = f"{len(rows):,} rows are more than the {settings.explain_rows:,} that one request may have explained"
        raise Refusal(413, what, hint="Send fewer rows at a time, or use `automl explain --all`.")
    begun = monotonic()
    until, patience = begun + settings.explain_seconds, begun + PATIENCE * settings.explain_seconds
    too_long = Refusal(
        413,
        f"explaining {len(rows):,} rows takes longer than {settings.explain_seconds:g} s",
        hint="Send fewer rows at a time.",
    )

    def check() -> None:
        if gone():
            raise gone_away()
        if monotonic() > patience:
            raise too_long

    found: list[dict[str, object]] = []
    for number, row in enumerate(rows):
        check()
        left = until - monotonic()
        if left <= 0:
            raise too_long
        found += _one(bundle, row, number, left / (len(rows) - number), check)
    return found


def _one(bundle: Bundle, row: Row, number: int, seconds: float, check: Callable[[], None]) -> list[dict[str, object]]:
    where = f"rows[{number}]"
    if has_nested(row, bundle.tables):
        hint = "Give the server the tables (--table NAME=FILE), and the row its keys."
        raise Refusal(422, "a row with rows inside is not explained yet", where=where, hint=hint)
    if lacking := [name for name in bundle.needed if name not in row and inside(name) not in row]:
        raise Refusal(422, missing_columns(lacking), where=where)
    frame = pl.DataFrame([pl.Series(name, [cell], dtype=pl.Object) for name, cell in row.items()])
    try:
        with warnings.catch_warnings():  # one row after the other: no other thread has warnings here
            warnings.simplefilter("ignore", UnreadWarning)  # as `/predict`, which counts what it cannot read as missing
            explanations = bundle.explain(frame, unread="empty", seconds=seconds, first=number + 1, check=check)
    except AutomlError as error:
        raise Refusal.of(error, where) from None
    content: list[dict[str, object]] = plain(explanations.as_json())
    return content
