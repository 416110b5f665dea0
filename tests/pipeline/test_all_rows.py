"""More rows than memory holds: the members learn from all of them and say so; the same seed, the same bytes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from numpy.typing import NDArray
from surface import surface

from automl.budget import Deadline
from automl.bundle.kept import kept_rows
from automl.bundle.manifest import FindingRecord
from automl.data import memory
from automl.data.memory import room
from automl.data.read.frames import read_frame
from automl.decide.calibration.calibrate import fit_calibration
from automl.decide.calibration.out_of_fold import OutOfFold
from automl.decide.policy.number_policy import NumberPolicy, fit_number_policy
from automl.decide.verdict.coverage import coverage
from automl.features.plan_fit import transform
from automl.metrics.row_losses import row_losses
from automl.ops.bulk import evaluate
from automl.ops.expr import Stub
from automl.pipeline.choose import score_rows
from automl.pipeline.fit import Made, fit, making
from automl.pipeline.preflight import Given
from automl.pipeline.redecide import decide
from automl.pipeline.result import Fit
from automl.search.all_rows import learn
from automl.search.leaderboard import Outcome, mixed
from automl.spec import Spec, parse

N, SAMPLE = 8_000, 1_200
MANY = 2 * N  # rows, of which more than a thousand judge
Floats = NDArray[np.float64]


@pytest.fixture(scope="module")
def rows(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A surface that few rows do not show."""
    path = tmp_path_factory.mktemp("rows") / "rows.parquet"
    surface(N).write_parquet(path)
    return path


def small(
    train: Path,
    monkeypatch: pytest.MonkeyPatch,
    *,
    executor: str = "inline",
    objective: dict[str, object] | None = None,
    **data: object,
) -> Spec:
    """A spec whose memory holds a sample."""
    spec = parse(
        {
            "objective": {"target": "y", **(objective or {})},
            "data": {"train": str(train), **data},
            "budget": {"time": "10min", "trials": 1, "executor": executor, "workers": 1},
            "recipe": {"learners": ["lightgbm"], "folds": 3, "feature_search": "0%"},
            "report": {"html": False},
        }
    )
    columns = len(pl.read_parquet_schema(train))
    monkeypatch.setattr(memory, "CELL", room(spec.budget) / (columns * SAMPLE))
    return spec


def fitted(train: Path, out: Path, monkeypatch: pytest.MonkeyPatch, *, executor: str = "inline", **data: object) -> Fit:
    return fit(small(train, monkeypatch, executor=executor, **data), out=out, write_anyway=True)


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


@contextmanager
def made_of(spec: Spec, out: Path) -> Iterator[Made]:
    """The model before it is written."""
    given, deadline = Given(train=None, test=None, tables={}, metric=None), Deadline.of(spec.budget.time)
    with making(spec, given, out, deadline=deadline, write_anyway=True) as made:
        yield made


def raw_prediction(outcome: Outcome, frame: pl.DataFrame) -> Floats:
    """What the members that ship predict of typed rows, before any curve."""
    values = transform(outcome.plan, frame)
    return mixed(
        outcome.weights,
        [np.asarray(evaluate({"p": one.prediction}, {}, features=values)["p"]) for one in outcome.members],
    )


def labelled(kind: str, n: int, skip: int = 0) -> pl.DataFrame:
    """Rows of the surface, after so many others: two labels, three, or a number."""
    rows = surface(skip + n)
    score = 3 * np.sign(np.sin(20 * rows["a"].to_numpy())) * np.sign(rows["b"].to_numpy() - 0.5) + rows["c"].to_numpy()
    noisy = score + np.random.default_rng(1).logistic(size=skip + n)
    y = {"two": noisy > 0, "three": np.digitize(noisy, [-1.5, 1.5]), "number": noisy}[kind]
    return rows.with_columns(y=pl.Series(y.astype(np.int64) if kind == "two" else y)).tail(n)


@pytest.mark.parametrize("kind", ["two", "three"])
def test_the_curve_is_that_of_held_rows_and_suits_fresh_ones(
    kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is learned on those that judged, and loses less on fresh rows than that of the sample's members, and none."""
    train = tmp_path / "rows.parquet"
    labelled(kind, MANY).write_parquet(train)
    fresh = labelled(kind, 20_000, skip=MANY)
    with made_of(small(train, monkeypatch), tmp_path / "held.bundle") as made:
        choice, data, outcome = made.judged, made.data, made.judged.outcome
        held, frame = outcome.held, read_frame(data.schema.reader(), fresh)
        assert held is not None
        assert held.rows.n == pytest.approx(0.1 * (MANY - SAMPLE), rel=0.02)
        mixture, raw = mixed(outcome.weights, held.predictions), raw_prediction(outcome, frame)
        np.testing.assert_allclose(raw_prediction(outcome, held.rows.frame), mixture, atol=1e-12)
        learned = fit_calibration(mixture, held.rows.y, data.labels.task, seed=0)
        sample = fit_calibration(outcome.oof, data.train.y, data.labels.task, seed=0)
        shipped = np.asarray(score_rows(choice.model, frame, threads=1)["probability"], dtype=np.float64)
    np.testing.assert_allclose(shipped, learned.apply(raw), atol=1e-6)
    ours, theirs, none = (log_loss(p, fresh["y"].to_numpy()) for p in (shipped, sample.apply(raw), raw))
    assert ours < theirs
    assert ours < none


def log_loss(p: Floats, y: NDArray[np.int64]) -> float:
    return float(row_losses(p, y.astype(np.float64), "binary" if p.shape[1] == 1 else "multiclass").mean())


def test_the_interval_is_that_of_held_rows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It holds what it promises of fresh rows, and is nearer to it than by the errors of the sample's members."""
    train = tmp_path / "rows.parquet"
    labelled("number", MANY).write_parquet(train)
    fresh = labelled("number", 20_000, skip=MANY)
    with made_of(small(train, monkeypatch, objective={"interval": 0.9}), tmp_path / "held.bundle") as made:
        choice, data, outcome = made.judged, made.data, made.judged.outcome
        frame = read_frame(data.schema.reader(), fresh)
        sample = OutOfFold.of(outcome.oof, data.train, data.labels.task, seed=0)
        before = fit_number_policy(NumberPolicy(share=0.9), sample).graph_outputs(Stub("p", 1))
        ours = score_rows(choice.model, frame, threads=1)
        theirs = evaluate(before, {}, stubs={"p": raw_prediction(outcome, frame)})
    off = [abs(covered(answers, fresh["y"].to_numpy()) - 0.9) for answers in (ours, theirs)]
    assert off[0] < off[1]
    assert off[0] < 0.02


def covered(answers: Mapping[str, Any], y: Floats) -> float:
    low, high = (np.asarray(answers[name], dtype=np.float64)[:, 0] for name in ("prediction_low", "prediction_high"))
    return coverage(low, high, y, seed=0).share


def test_decisions_are_learned_and_kept_with_the_held_rows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Their costs, weights and times stand in the evidence, so that new costs are decided on them, too."""
    train, out = tmp_path / "rows.parquet", tmp_path / "priced.bundle"
    rng = np.random.default_rng(2)
    rows = labelled("two", N).with_columns(
        amount=rng.uniform(1, 50, N),
        w=rng.uniform(0.5, 1.5, N),
        seen=pl.date(2020, 1, 1) + pl.duration(days=pl.int_range(N) // 40),
    )
    rows.write_parquet(train)
    objective = {
        "costs": {"false_positive": 5, "false_negative": "amount"},
        "capacity": {"act": "20%"},
        "today": {"act": "amount > 40"},
    }
    spec = small(train, monkeypatch, objective=objective, exclude=["amount"], weight="w", time=["seen"])
    found = fit(spec, out=out, write_anyway=True)
    held = kept_rows(found.bundle).data.train
    assert held.n == told(found).evidence["held"]
    where = dict(zip(rows["amount"].to_list(), rows.select("y", "w", "seen").rows(), strict=True))
    y, weight, seen = zip(*(where[amount] for amount in held.frame["amount"].to_list()), strict=True)
    np.testing.assert_array_equal(held.y, y)
    np.testing.assert_array_equal(held.weight, weight)
    np.testing.assert_array_equal(held.time, pl.Series(seen).cast(pl.Datetime("us")).cast(pl.Int64).to_numpy())
    (score,) = [one for one in found.judgement.scores if one.metric == "log_loss" and one.rows == "oof"]
    assert score.n == held.n
    ages = found.bundle.manifest.ages
    assert ages
    assert ages[0].fresh > score.value  # models of a part of the sample, of which the members are not spoken
    again = decide(out, ["objective.costs.false_positive=8"], tmp_path / "again.bundle", write_anyway=True)
    assert again.verdict is not None
