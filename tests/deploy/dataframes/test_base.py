"""Any engine that hands out Arrow gets the answers of the bundle, in any parts and any process."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest

from automl.bundle.ranking import Ranking
from automl.bundle.read import Bundle
from automl.deploy.dataframes import base
from automl.deploy.dataframes.base import arrow_scorer
from automl.errors import BundleError, DataError, SpecError


def test_parts_are_scored_as_the_whole(bundle: Path, raw: pl.DataFrame) -> None:
    """Batches of seven rows, in a process that got the function pickled; the schema is known before any row is."""
    scorer = pickle.loads(pickle.dumps(arrow_scorer(bundle, keep=["job"])))  # noqa: S301  # our own bytes
    table = raw.to_arrow()
    got = pl.concat([pl.DataFrame(pl.from_arrow(batch)) for batch in scorer.batches(table.to_batches(7))])
    assert got.equals(pl.concat([raw.select("job"), Bundle.load(bundle).predict(raw)], how="horizontal"))
    assert got.columns == scorer.schema(table.schema).names
    assert scorer.schema(table.schema) == next(iter(scorer.batches(table.to_batches()))).schema


def test_a_bundle_is_opened_once_a_process(bundle: Path, raw: pl.DataFrame, monkeypatch: pytest.MonkeyPatch) -> None:
    """However many batches come."""
    opened: list[Path] = []
    real = Bundle.of
    monkeypatch.setattr(Bundle, "of", lambda taken, *more: opened.append(taken.path) or real(taken, *more))
    base._opened.cache_clear()
    scorer = arrow_scorer(bundle)
    assert len(list(scorer.batches(raw.to_arrow().to_batches(50)))) == 10
    assert len(opened) == 2  # to look at it, and to score


def test_another_bundle_at_the_place_is_refused(
    make_version: Callable[..., Path], raw: pl.DataFrame, tmp_path: Path
) -> None:
    """Executors must not answer by a bundle that came after the driver looked."""
    scorer = arrow_scorer(make_version(tmp_path / "b.bundle", 1))
    make_version(tmp_path / "b.bundle", 2)
    with pytest.raises(BundleError, match="not the bundle"):
        scorer.scored(raw.to_arrow())


def test_a_capacity_and_a_column_that_cannot_be_read_are_refused(
    bundle: Path, raw: pl.DataFrame, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Parts cannot be ranked as one batch; a part of which a column cannot be read stops, unless it is to be empty."""
    rows = raw.with_columns(income=pl.lit("no number")).to_arrow()
    with pytest.raises(DataError, match="income"):
        arrow_scorer(bundle).scored(rows)
    assert arrow_scorer(bundle, unread="empty").scored(rows).num_rows == 500
    monkeypatch.setattr(Ranking, "of", staticmethod(lambda manifest: object()))
    with pytest.raises(SpecError, match="capacity"):
        arrow_scorer(bundle)
