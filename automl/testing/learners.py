"""The contract that every registered learner keeps: it learns, and its export scores as its library does."""

from __future__ import annotations

import pickle
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

from automl.distributions import version_of
from automl.learners.base import Choice, FeatureInfo, Floats, Learner, Matrix, Member, Model, Params, Range, learners
from automl.ops.bulk import evaluate
from automl.task import Task

TASKS = (Task(kind="binary", classes=2), Task(kind="multiclass", classes=4), Task(kind="regression"))
LEVELS = 12
FEATURES = (
    FeatureInfo(name="dense", kind="number"),
    FeatureInfo(name="gaps", kind="number"),
    FeatureInfo(name="city", kind="code", levels=LEVELS),
    FeatureInfo(name="city of target", kind="target"),
    FeatureInfo(name="street", kind="code", levels=300),
    FeatureInfo(name="always 3", kind="number"),
    FeatureInfo(name="always missing", kind="number"),
)
YARDSTICK = "constant"  # what every other learner has to beat
SHARE = 0.67  # of the yardstick's loss, the most that a learner may have left

CASES = [
    pytest.param(learner, task, id=f"{learner.name}-{task.kind}")
    for learner in learners.all.values()
    for task in TASKS
    if task.kind in learner.kinds
]
AIMED = [
    *TASKS,
    Task(kind="multiclass", classes=6),
    Task(kind="regression", loss="absolute"),
    Task(kind="regression", loss="poisson", shape="counts"),
    Task(kind="regression", loss="gamma", shape="positive"),
    Task(kind="regression", shape="counts"),
]
AIMED_CASES = [
    pytest.param(learner, task, id=f"{learner.name}-{task.kind}-{task.classes}-{task.loss}-{task.shape}")
    for learner in learners.all.values()
    for task in AIMED
    if task.kind in learner.kinds
]
every = pytest.mark.parametrize(("learner", "task"), CASES)


def rows(task: Task, count: int, seed: int = 0, weight: Floats | None = None) -> Matrix:
    """A matrix with numbers, gaps, codes and dead columns whose target depends on all but the dead ones."""
    rng = np.random.default_rng(seed)
    dense, gaps = rng.normal(size=count), rng.normal(size=count) * 1e3
    gaps[rng.random(count) < 0.2] = np.nan
    city, street = rng.integers(0, LEVELS, size=count), rng.integers(0, 300, size=count)
    values = [dense, gaps, city, city % 3 + 0.1 * dense, street, np.full(count, 3.0), np.full(count, np.nan)]
    signal = dense + (city % 3) + 2.0 * np.isnan(gaps) + 0.3 * rng.normal(size=count)
    return Matrix(values=np.stack(values, axis=1), features=FEATURES, y=_target(task, signal), weight=weight)


def _target(task: Task, signal: Floats) -> Floats:
    if task.kind == "regression":
        return np.asarray(np.exp(0.4 * signal) * 1e4)
    edges = np.quantile(signal, np.linspace(0, 1, task.classes + 1)[1:-1])
    return np.searchsorted(edges, signal).astype(np.float64)


def strange_rows(count: int, seed: int = 1) -> Floats:
    """Rows as they may come one day: missing, extreme, with codes that train never saw."""
    rng = np.random.default_rng(seed)
    values = rows(TASKS[0], count, seed).values.copy()
    numbers = [j for j, feature in enumerate(FEATURES) if feature.kind != "code"]
    odd = np.asarray([np.nan, 0.0, -0.0, 1e-40, 1e20, -1e20, 1e300, -1e300, 3.0000000001])
    for j in numbers:
        values[rng.random(count) < 0.2, j] = rng.choice(odd)
        struck = rng.random(count) < 0.2
        values[struck, j] = rng.choice(odd, size=struck.sum())
    values[rng.random(count) < 0.1, 2] = LEVELS + 50
    values[rng.random(count) < 0.1, 4] = 10_000
    return values


def fitted(
    learner: Learner,
    task: Task,
    train: Matrix,
    valid: Matrix | None = None,
    params: Params | None = None,
    *,
    seconds: float = 60.0,
) -> Model:
    """A model of the learner's defaults with few rounds, or as `params` say."""
    first = (*learner.portfolio(task, len(train.y)), {})[0]
    return learner.fit(train, valid, task, {**first, "rounds": 12, **(params or {})}, seed=3, seconds=seconds)


def exported(member: Member, values: Floats) -> Mapping[str, Floats]:
    """What the exported model says of the rows: its ``raw`` scores and its ``prediction``."""
    found = evaluate({"raw": member.raw, "prediction": member.prediction}, {}, features=values)
    return {name: np.asarray(value) for name, value in found.items()}


def assert_exported(learner: Learner, model: Model, values: Floats) -> None:
    """The export's raw scores are the library's, within the learner's tolerance."""
    native, got = model.raw(values), exported(model.member(), values)["raw"]
    assert native.shape == got.shape
    gap = np.abs(native - got) / np.maximum(1.0, np.abs(native))
    assert gap.max() <= learner.tolerance


def loss(task: Task, y: Floats, values: Mapping[str, Floats], weight: Floats | None = None) -> float:
    """The squared error, or the log loss, of exported predictions."""
    prediction = values["prediction"]
    if task.kind == "regression":
        return float(np.average((y - prediction[:, 0]) ** 2, weights=weight))
    chosen = prediction if task.kind == "multiclass" else np.hstack([1.0 - prediction, prediction])
    return -float(np.average(np.log(chosen[np.arange(len(y)), y.astype(int)]), weights=weight))


@pytest.mark.parametrize("learner", learners.all.values(), ids=learners.all)
def test_what_it_needs_is_there(learner: Learner) -> None:
    """Its package is installed under the name that it says, and the modules that workers preload exist."""
    assert learner.package is None or version_of(learner.package)
    assert [name for name in learner.preload if find_spec(name) is None] == []


@every
def test_the_exported_model_scores_like_the_library(learner: Learner, task: Task) -> None:
    """Raw scores of the member equal the library's on strange rows: missing, extreme, unseen codes."""
    model = fitted(learner, task, rows(task, 600), rows(task, 200, seed=9))
    assert_exported(learner, model, strange_rows(1000))


@pytest.mark.parametrize("size", [400, 50_000])
@pytest.mark.parametrize(("learner", "task"), AIMED_CASES)
def test_every_entry_of_the_portfolio_can_be_exported(learner: Learner, task: Task, size: int) -> None:
    """Each entry fits without validation rows, for exactly the rounds asked for, and its export is exact."""
    train = rows(task, 400)
    for params in learner.portfolio(task, size):
        model = learner.fit(train, None, task, {**params, "rounds": 4}, seed=3, seconds=60.0)
        assert model.rounds in (4, None)
        assert model.member().rounds == model.rounds
        assert model.member().learner == learner.name
        assert_exported(learner, model, strange_rows(200))


@every
def test_predictions_are_probabilities_or_numbers(learner: Learner, task: Task) -> None:
    """Predictions have the stated shape; classes sum to 1; a number lies in the range of the targets, roughly."""
    train = rows(task, 600)
    prediction = exported(fitted(learner, task, train).member(), strange_rows(300))["prediction"]
    assert prediction.shape == (300, task.width)
    assert np.isfinite(prediction).all()
    if task.kind == "regression":
        spread = np.ptp(train.y)
        assert prediction.min() >= train.y.min() - spread
        assert prediction.max() <= train.y.max() + spread
    else:
        assert prediction.min() >= 0.0
        assert prediction.max() <= 1.0
        assert task.kind == "binary" or np.allclose(prediction.sum(axis=1), 1.0)


@every
def test_a_learner_learns(learner: Learner, task: Task) -> None:
    """On rows it has not seen, a learner that looks at features beats the constant by a third at least."""
    train, test = rows(task, 1500), rows(task, 600, seed=5)
    got = loss(task, test.y, exported(fitted(learner, task, train, params={"rounds": 40}).member(), test.values))
    least = loss(task, test.y, exported(fitted(learners.get(YARDSTICK), task, train).member(), test.values))
    assert got <= least * (1.0 if learner.name == YARDSTICK else SHARE)


@every
def test_the_same_seed_gives_the_same_model(learner: Learner, task: Task) -> None:
    """Two fits with one seed give equal raw scores, to the last bit."""
    train, values = rows(task, 500), strange_rows(100)
    first, second = (fitted(learner, task, train, rows(task, 100, seed=2)).raw(values) for _ in range(2))
    assert np.array_equal(first, second)


@every
def test_members_cross_process_borders(learner: Learner, task: Task) -> None:
    """A member pickles and scores the same afterwards."""
    member, values = fitted(learner, task, rows(task, 300)).member(), strange_rows(50)
    again = pickle.loads(pickle.dumps(member))  # noqa: S301  # our own bytes
    assert np.array_equal(exported(member, values)["raw"], exported(again, values)["raw"])


@every
def test_no_time_left_ends_the_rounds(learner: Learner, task: Task) -> None:
    """With hardly a second to go, a model of few rounds comes back, with and without validation rows."""
    for valid in (None, rows(task, 100, seed=4)):
        model = fitted(learner, task, rows(task, 500), valid, {"rounds": 5000}, seconds=1e-9)
        assert model.rounds in (1, None)
        assert_exported(learner, model, strange_rows(50))


@every
def test_weights_count(learner: Learner, task: Task) -> None:
    """Rows that weigh 10 are predicted better by who learned with weights than by who did not."""
    plain = rows(task, 400)
    weighted = Matrix(values=plain.values, features=FEATURES, y=plain.y, weight=_heavy(plain.y))
    # what fits every row fits any weights: forests show theirs in larger leaves, a path of penalties near its start
    first = (*learner.portfolio(task, 400), {})[0]
    params: Params = {"min_samples_leaf": 30} if "min_samples_leaf" in first else {}
    params = {**params, "rounds": 4} if "pairs" in first else params
    models = [fitted(learner, task, train, params=params) for train in (plain, weighted)]
    test = rows(task, 600, seed=5)
    without, given = (exported(model.member(), test.values) for model in models)
    assert loss(task, test.y, given, _heavy(test.y)) < loss(task, test.y, without, _heavy(test.y))


def _heavy(y: Floats) -> Floats:
    """The larger half weighs ten times as much."""
    return np.where(y >= np.median(y), 10.0, 1.0)


@every
@pytest.mark.parametrize("count", [2, 10])
def test_few_rows_are_enough(learner: Learner, task: Task, count: int) -> None:
    """Two rows or ten, without some of the classes, still give a finite model that can be exported."""
    train = rows(task, count)
    model = fitted(learner, task, train, rows(task, 3, seed=8))
    assert np.isfinite(model.raw(train.values)).all()
    assert_exported(learner, model, strange_rows(50))


@every
def test_one_target_is_a_constant(learner: Learner, task: Task) -> None:
    """Where all targets are equal, the prediction is (nearly) that target."""
    given = rows(task, 50)
    train = Matrix(values=given.values, features=FEATURES, y=np.ones(50))
    model = fitted(learner, task, train)
    assert_exported(learner, model, strange_rows(50))
    assert model.rounds in (0, None)
    prediction = exported(model.member(), strange_rows(50))["prediction"]
    assert np.abs(prediction[:, 1 if task.kind == "multiclass" else 0] - 1.0).max() < 0.05


@every
def test_constant_features_are_no_trap(learner: Learner, task: Task) -> None:
    """Dead columns alone, and a single one, give the same score for every row."""
    given = rows(task, 60)
    for columns in ([5, 6], [6]):
        features = tuple(FEATURES[j] for j in columns)
        model = fitted(learner, task, Matrix(values=given.values[:, columns].copy(), features=features, y=given.y))
        raw = exported(model.member(), strange_rows(20)[:, columns])["raw"]
        assert np.isfinite(raw).all()
        assert np.ptp(model.raw(given.values[:, columns]), axis=0).max() == 0.0


@every
def test_one_feature_is_enough(learner: Learner, task: Task) -> None:
    """A matrix of one column works."""
    given = rows(task, 200)
    train = Matrix(values=given.values[:, :1].copy(), features=FEATURES[:1], y=given.y)
    assert_exported(learner, fitted(learner, task, train), strange_rows(50)[:, :1])


@every
def test_memory_maps_are_read_not_written(learner: Learner, task: Task, tmp_path: Path) -> None:
    """Values may be a read-only memory map."""
    given = rows(task, 200)
    np.save(tmp_path / "values.npy", given.values)
    mapped = np.load(tmp_path / "values.npy", mmap_mode="r")
    train = Matrix(values=mapped, features=FEATURES, y=given.y)
    model, usual = fitted(learner, task, train, train), fitted(learner, task, given, given)
    assert np.array_equal(model.raw(mapped), usual.raw(given.values))


@pytest.mark.parametrize("learner", learners.all.values(), ids=learners.all)
def test_spaces_hold_their_portfolio(learner: Learner) -> None:
    """Each dimension is a range that rises or a choice; what the portfolio sets of them lies within."""
    for task in (one for one in (*TASKS, Task(kind="multiclass", classes=6)) if one.kind in learner.kinds):
        space = learner.space(task, 5000)
        for dimension in space.values():
            assert isinstance(dimension, Choice) or dimension.low < dimension.high
        for params in (*learner.portfolio(task, 5000), *learner.portfolio(task, 50_000)):
            for name, value in params.items():
                assert name not in space or _inside(space[name], value), name


def _inside(dimension: Range | Choice, value: object) -> bool:
    if isinstance(dimension, Choice):
        return value in dimension.options
    return isinstance(value, int | float) and dimension.low <= value <= dimension.high
