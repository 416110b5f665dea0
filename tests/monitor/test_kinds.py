"""Every kind of objective is watched alike: a look at rows as they were, and at rows whose contract is broken."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path

import polars as pl

from automl import Bundle
from automl.monitor.look import Status, Watched
from automl.report.watched import as_json, render_watched, watched_page

BundleOf = Callable[[str], Bundle]
RowsOf = Callable[..., pl.DataFrame]


def test_rows_as_they_were_are_fine(bundle_of: BundleOf, rows_of: RowsOf, kind: str) -> None:
    """With labels: what was promised, what is expected and what was saved agree, and can be read in every form."""
    found = bundle_of(kind).monitor(rows_of(1_000, seed=2))
    assert (found.status, found.waiting) == (Status.fine, 0), render_watched(found)
    for look in found.looks:
        seen = look.money
        assert seen is not None
        assert seen.promise is not None
        assert seen.unlabelled is not None
        assert seen.labelled is not None
        assert seen.running is not None
        assert seen.labelled.low <= seen.labelled.value <= seen.labelled.high
        assert seen.unlabelled.low <= seen.labelled.value <= seen.unlabelled.high
    assert json.loads(json.dumps(as_json(found), allow_nan=False))["status"] == "fine"
    assert "Nothing to do" in watched_page(found)


def _swapped(name: str, a: str, b: str) -> pl.Expr:
    return pl.col(name).replace({a: b, b: a})


BROKEN: Mapping[str, tuple[Callable[[pl.DataFrame], pl.DataFrame], str]] = {
    "a column is missing": (lambda frame: frame.drop("signal"), "lacking"),
    "numbers are words": (lambda frame: frame.with_columns(signal=pl.lit("n/a!")), "unread"),
    "numbers come as text": (lambda frame: frame.with_columns(signal=pl.col("signal").cast(pl.String)), "type"),
    "another unit": (lambda frame: frame.with_columns(signal=pl.col("signal") * 100), "slip"),
    "levels never seen": (lambda frame: frame.with_columns(segment=pl.col("segment") + "2"), "unseen"),
    "levels exchanged": (lambda frame: frame.with_columns(segment=_swapped("segment", "gold", "tin")), "slip"),
}


def test_a_broken_contract_is_told_at_the_next_look(bundle_of: BundleOf, rows_of: RowsOf, kind: str) -> None:
    """Of every kind, each break by its name, and its column named (M02, M03)."""
    fresh = rows_of(1_000, seed=3).drop("fraud", "fault", "sold")
    for name, (broken, check) in BROKEN.items():
        found = bundle_of(kind).monitor(broken(fresh), window="30d")
        assert found.status > Status.fine, f"{kind}, {name}: {render_watched(found)}"
        assert check in checks(found), f"{kind}, {name}: {render_watched(found)}"


def test_what_the_model_ignores_raises_no_alarm(bundle_of: BundleOf, rows_of: RowsOf, kind: str) -> None:
    """Columns that it never read may change, come and go."""
    fresh = rows_of(1_000, seed=3).drop("fraud", "fault", "sold")
    for changed in (fresh.with_columns(fee=pl.col("fee") * 1e6, colour=pl.lit("red")), fresh.drop("fee")):
        found = bundle_of(kind).monitor(changed, window="30d")
        assert found.status is Status.fine, render_watched(found)


def checks(found: Watched) -> set[str]:
    """What is more than a note."""
    return {each.check for look in found.looks for each in look.findings if each.severity != "note"}


def test_rows_that_come_late_are_counted(bundle_of: BundleOf, rows_of: RowsOf, tmp_path: Path) -> None:
    """What is of a time that was looked at, the last row's own among it, is no new row, and that is said."""
    opened, given = bundle_of("rule"), rows_of(600, seed=2)
    assert opened.monitor(given, state=tmp_path / "watch.json", window="30d").waiting == 0
    again = opened.monitor(given.tail(200), state=tmp_path / "watch.json", window="30d")
    assert (again.looks, again.waiting) == ((), 0)
    assert again.findings[0].sentence.endswith("200 rows are of a time that was looked at before.")
