"""More rows than memory holds: the members learn from all of them and say so; the same seed, the same bytes."""

from __future__ import annotations

from pathlib import Path

import pytest
from surface import surface

from automl.bundle.manifest import FindingRecord
from automl.data import memory
from automl.data.memory import room
from automl.pipeline.fit import fit
from automl.pipeline.result import Fit
from automl.search.all_rows import learn
from automl.spec import parse

N, SAMPLE = 8_000, 1_200


@pytest.fixture(scope="module")
def rows(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A surface that few rows do not show."""
    path = tmp_path_factory.mktemp("rows") / "rows.parquet"
    surface(N).write_parquet(path)
    return path


def fitted(train: Path, out: Path, monkeypatch: pytest.MonkeyPatch, *, executor: str = "inline", **data: object) -> Fit:
    spec = parse(
        {
            "objective": {"target": "y"},
            "data": {"train": str(train), **data},
            "budget": {"time": "10min", "trials": 1, "executor": executor, "workers": 1},
            "recipe": {"learners": ["lightgbm"], "folds": 3, "feature_search": "0%"},
            "report": {"html": False},
        }
    )
    monkeypatch.setattr(memory, "CELL", room(spec.budget) / (4 * SAMPLE))
    return fit(spec, out=out, write_anyway=True)


@pytest.fixture(scope="module")
def ours(rows: Path, tmp_path_factory: pytest.TempPathFactory) -> Fit:
    """The fit with nothing said of rows."""
    with pytest.MonkeyPatch.context() as patch:
        return fitted(rows, tmp_path_factory.mktemp("ours") / "all.bundle", patch)


def told(found: Fit) -> FindingRecord:
    """What the bundle says of the rows that its members learned from."""
    (one,) = [each for each in found.bundle.manifest.findings if each.check == "learned rows"]
    return one


def test_members_learn_from_all_rows_and_the_bundle_says_so(ours: Fit) -> None:
    """All but those that judge and the test part; it is told again beside the scores, and the files are gone."""
    found = told(ours)
    assert found.evidence["shipped"]
    assert found.evidence["rows"] == pytest.approx(0.8 * SAMPLE + (N - SAMPLE) * 0.8, rel=0.02)
    assert found.text in ours.judgement.left_out
    assert not list(ours.path.parent.glob("*.run/all-rows"))


def test_the_same_seed_gives_the_same_bundle(
    ours: Fit, rows: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With counted trials the fit of all rows follows no clock either, and in a process of its own it is the same."""
    again = fitted(rows, tmp_path / "again.bundle", monkeypatch, executor="local")
    assert again.bundle.manifest.content_hash == ours.bundle.manifest.content_hash


def test_no_more_rows_than_asked_for(ours: Fit, rows: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As many as the sample has: it stays alone, and is behind on the test part."""
    sample = fitted(rows, tmp_path / "sample.bundle", monkeypatch, rows=SAMPLE)
    assert not told(sample).evidence["shipped"]
    scores = [one.judgement.scores[0].value for one in (ours, sample)]
    assert scores[0] < scores[1]


def test_what_is_worse_does_not_ship(rows: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the rows that judge find the sample's members better, these ship, and the reason is told."""
    losses = iter([0.4, 0.5])
    monkeypatch.setattr(learn, "score", lambda *_: next(losses, 0.5))
    found = fitted(rows, tmp_path / "worse.bundle", monkeypatch)
    assert not told(found).evidence["shipped"]
    assert "log_loss would be 0.5 in place of 0.4" in told(found).text


def test_auto_stops_where_more_rows_do_not_show(rows: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The rows grow by steps; a step that brought no more than noise is the last."""
    monkeypatch.setattr(learn, "GROWTH", 2.0)
    monkeypatch.setattr(learn, "_shows", lambda _before, _found: False)
    found = fitted(rows, tmp_path / "auto.bundle", monkeypatch, rows="auto")
    assert SAMPLE < told(found).evidence["rows"] < 0.7 * N
