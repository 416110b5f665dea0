"""What a bundle says of the loss of a window of new rows holds for single windows, in worlds that go on as they did."""

from __future__ import annotations

import datetime as dt
import itertools

import numpy as np
import polars as pl
import pytest

from automl.bundle.read import Bundle
from automl.metrics.row_losses import row_losses
from automl.pipeline.fit import fit
from automl.pipeline.redecide import decide
from automl.pipeline.shelf_life import FEWEST_ROWS, Seen, expected

FOLDS, WINDOWS, AHEAD, ROWS = 5, 20, 12, 120
WORLDS = 60


def _world(rng: np.random.Generator, *, drift: float, alike: float, learned: float = 0.1) -> tuple[Seen, np.ndarray]:
    """Rows that five frozen models met in twenty windows of a day, and the mean loss of the final one in twelve more.

    The logarithm of a window's loss grows by `drift` a day of the model's age, falls by what later models have
    `learned` more, and differs by .15 from window to window, of which `alike` is that of the window before.
    """
    days = WINDOWS + AHEAD
    state, change = 0.0, np.sqrt(1.0 - alike**2) * 0.15 * rng.normal(size=days + 50)
    about = np.array([state := alike * state + each for each in change])[50:]
    starts = np.arange(FOLDS) * WINDOWS // FOLDS
    level = -learned * np.log(np.arange(FOLDS + 1) + 3.0)
    parts = []
    for model, start in enumerate(starts):
        end = starts[model + 1] if model + 1 < FOLDS else WINDOWS
        day = np.repeat(np.arange(start, WINDOWS), ROWS)
        time = day + np.tile(np.arange(ROWS) / ROWS, WINDOWS - start)
        mean = np.exp(about[day] + level[model] + drift * (time - start))
        parts.append((rng.gamma(4.0, mean / 4.0), time, np.full(day.size, float(start)), day < end))
    loss, time, begun, own = map(np.concatenate, zip(*parts, strict=True))
    seen = Seen(loss=loss, weight=np.ones(loss.size), time=time * 86_400, begun=begun * 86_400, own=own)
    ages = np.arange(AHEAD) + 0.5
    truth = np.exp(about[WINDOWS:] + level[FOLDS] + drift * ages)
    return seen, rng.gamma(4.0 * ROWS, truth / (4.0 * ROWS))


def _held(drift: float, alike: float) -> tuple[float, float]:
    """The share of new windows whose loss lies in the band, and the band's median width as a share of the loss."""
    rng, held, wide = np.random.default_rng(4), [], []
    for _ in range(WORLDS):
        seen, truth = _world(rng, drift=drift, alike=alike)
        told = expected(seen, until=AHEAD * 86_400.0)[:AHEAD]
        held += [one.low <= loss <= one.high for one, loss in zip(told, truth, strict=False)]
        wide += [(one.high - one.low) / one.loss for one in told]
    return float(np.mean(held)), float(np.median(wide))


@pytest.mark.parametrize("drift", [0.0, 0.02, 0.06])
def test_single_windows_lie_in_the_band(drift):
    """92 to 99 % of windows that differ by 15 %, whether the model ages or not; the band is no wider than it must."""
    held, wide = _held(drift, alike=0.0)
    assert 0.92 <= held <= 0.99
    assert wide < 0.95  # 4 x .15 is what knowing everything would take


def test_neighbours_that_are_alike_widen_it():
    """Twenty windows that go together tell less than twenty: nine tenths of new ones lie in the band all the same."""
    held, wide = _held(0.0, alike=0.6)
    assert held >= 0.88
    assert wide > _held(0.0, alike=0.0)[1]


def test_what_later_models_have_learned_is_no_aging():
    """Of models that have learned ever more the line is flat, where none of them grows worse."""
    rng = np.random.default_rng(6)
    told = [expected(_world(rng, drift=0.0, alike=0.0, learned=1.0)[0], until=86_400.0 * AHEAD) for _ in range(20)]
    assert np.mean([one[-1].loss / one[0].loss for one in told]) == pytest.approx(1.0, abs=0.05)


def test_the_band_grows_where_nobody_has_been():
    """Beyond the oldest model the line is drawn further, and says so."""
    seen, _ = _world(np.random.default_rng(1), drift=0.06, alike=0.0)
    told = expected(seen, until=50 * 86_400.0)
    assert told[-1].end >= 50 * 86_400.0 > told[-1].start
    assert [one.seen for one in told] == sorted((one.seen for one in told), reverse=True)
    assert told[0].seen
    assert not told[-1].seen
    widths = [np.log(one.high / one.low) for one in told]
    assert widths == sorted(widths)
    assert widths[-1] > 1.5 * widths[0]


def test_few_rows_tell_of_no_window():
    """Nothing is stated where windows have no hundred rows, or all rows have one moment."""
    seen, _ = _world(np.random.default_rng(1), drift=0.0, alike=0.0)
    few = np.arange(seen.loss.size) % ROWS < 5
    assert expected(Seen(**{name: getattr(seen, name)[few] for name in Seen.__slots__}), until=86_400.0) == ()
    still = Seen(**{name: getattr(seen, name) for name in Seen.__slots__} | {"time": np.zeros(seen.loss.size)})
    assert expected(still, until=86_400.0) == ()


SPEC = {
    "objective": {"target": "y", "task": "regression"},
    "data": {"time": ["day"]},
    "budget": {"trials": 1, "time": "10min", "executor": "inline", "workers": 1},
    "recipe": {"learners": ["linear"], "feature_search": 0, "members": 1},
}


def _rows(days: range, seed: int) -> pl.DataFrame:
    """Thirty rows a day, whose slope and noise are others each week."""
    rng, weeks = np.random.default_rng(seed), np.random.default_rng(9).normal(size=(2, 40))
    day = np.repeat(np.array(days), 30)
    x = rng.normal(size=day.size)
    y = x * (1.0 + 0.3 * weeks[0, day // 7]) + np.exp(0.2 * weeks[1, day // 7]) * rng.normal(size=day.size)
    return pl.DataFrame({"day": [dt.date(2026, 1, 1) + dt.timedelta(days=int(one)) for one in day], "x": x, "y": y})


@pytest.fixture(scope="module")
def aged(tmp_path_factory):
    """A model of 200 days, used for 60 more."""
    out = tmp_path_factory.mktemp("shelf") / "numbers.bundle"
    return fit(SPEC, train=_rows(range(200), 1), test=_rows(range(200, 260), 2), out=out, write_anyway=True)


def test_a_bundle_states_it_for_the_ages_in_use(aged):
    """Windows follow each other from new on, to the end of the test part, and nine tenths of its windows lie within."""
    told = aged.bundle.manifest.shelf_life
    assert told[0].start == 0.0
    assert told[-1].start < 59 * 86_400 <= told[-1].end
    assert all(one.end == other.start for one, other in itertools.pairwise(told))
    rows = _rows(range(200, 260), 2)
    scored = aged.bundle.score(rows)["prediction"].to_numpy()[:, None]
    losses = row_losses(scored.astype(np.float64), rows["y"].to_numpy(), "regression")
    age = (rows["day"] - rows["day"].min()).dt.total_seconds().to_numpy()
    windows = [(one, losses[(age >= one.start) & (age < one.end)]) for one in told]
    held = [one.low <= own.mean() <= one.high for one, own in windows if own.size >= FEWEST_ROWS]
    assert len(held) > 5
    assert np.mean(held) >= 0.9


def test_the_report_says_what_the_band_is(aged):
    """That of one window, not of a mean."""
    page = (aged.path / "report.html").read_text(encoding="utf-8")
    assert "What a window of new rows will lose" in page
    assert "it is that of one window, not of a mean" in page


def test_it_stays_where_only_the_decision_is_made_anew(aged, tmp_path):
    """Members and curve are the same."""
    out = tmp_path / "other.bundle"
    decide(aged.path, ["objective.costs.under=3", "objective.costs.over=1"], out, write_anyway=True)
    assert Bundle.load(out).manifest.shelf_life == aged.bundle.manifest.shelf_life
