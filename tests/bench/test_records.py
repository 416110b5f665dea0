"""Records of benchmarks are appended, read again and shown; their scripts read what they compare with."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

from automl.bench.records import append, markdown, origin, read

ROOT = Path(__file__).parents[2]
PAGE = """
| task (metric) | one | two |
|---|---|---|
| adult (roc_auc) | 0.92 | **0.93** |
| houses (rmse) | **100** |  |
| mean rank | 1.5 | 1 |
"""


def script(name: str) -> ModuleType:
    found = importlib.util.spec_from_file_location(name, ROOT / "benchmarks" / f"{name}.py")
    assert found is not None
    assert found.loader is not None
    module = sys.modules[name] = importlib.util.module_from_spec(found)  # dataclasses look their module up
    found.loader.exec_module(module)
    return module


@pytest.fixture
def rivals() -> Iterator[ModuleType]:
    yield script("against_rivals")
    del sys.modules["against_rivals"]


def run_of(task: str, metric: str, score: float, *, seed: int = 0, budget: str = "60s") -> dict[str, object]:
    fit = {"scores": [{"metric": metric, "value": score + 0.01, "low": None, "high": None, "rows": "oof"}]}
    fit["scores"].append({"metric": metric, "value": score, "low": score - 0.02, "high": score + 0.02, "rows": "test"})
    facts = {"wall_seconds": 60.0, "load_before": 1.0, "date": "2026-11-23T10:00:00+00:00", "versions": {"numpy": "2"}}
    return {
        "task": task,
        "metric": metric,
        "seed": seed,
        "budget": budget,
        "scores": {metric: score},
        "fit": fit,
        **facts,
    }


def test_records_survive(tmp_path: Path) -> None:
    """A file that is not there has none; each append adds one line."""
    path = tmp_path / "results" / "x.jsonl"
    assert read(path) == []
    append(path, {"b": 1, "a": 2})
    append(path, {"c": 3})
    assert read(path) == [{"a": 2, "b": 1}, {"c": 3}]


def test_a_torn_last_line_is_as_if_it_never_was(tmp_path: Path) -> None:
    """A record that a kill cut off is not read, and the next one does not begin in its middle."""
    path = tmp_path / "deep" / "journal.jsonl"
    append(path, {"a": 1})
    with path.open("a") as file:
        file.write('{"a": 2, "tor')
    assert read(path) == [{"a": 1}]
    append(path, {"a": 3})
    assert read(path) == [{"a": 1}, {"a": 3}]


def test_a_table_says_where_it_is_from() -> None:
    """The command, the day of the last run, its versions; then header and rows."""
    records = [{"date": "2026-11-22T10", "versions": {"x": "1"}}, {"date": "2026-11-23T10", "versions": {"x": "2"}}]
    assert origin(records, "python a.py") == "`python a.py`, last run 2026-11-23. x 2."
    assert list(markdown(("a", "b"), [(1, "x")])) == ["| a | b |", "|---|---|", "| 1 | x |"]


def test_the_table_of_the_rivals_is_read(rivals: ModuleType) -> None:
    """Task, metric and scores; a rival that was not run has none; the means below are no tasks."""
    adult, houses = rivals.rivals(PAGE)
    assert (adult.task, adult.metric, dict(adult.scores)) == ("adult", "roc_auc", {"one": 0.92, "two": 0.93})
    assert dict(houses.scores) == {"one": 100.0}
    assert (adult.best(), houses.best()) == ("two", "one")


def test_wins_losses_and_ranks(rivals: ModuleType) -> None:
    """The best of a row wins; a gap within our own spread is a tie; less is better for errors."""
    found = [run_of("adult", "roc_auc", 0.940), run_of("adult", "roc_auc", 0.942, seed=1)]
    found += [run_of("houses", "rmse", 105.0), run_of("houses", "rmse", 90.0, budget="300s")]
    text = "\n".join(rivals.render(rivals.rivals(PAGE), found))
    assert "| adult | roc_auc | 2 | 0.941 | 0.002 | 0.92 | 0.93 | two | +0.011 | 1 | win |" in text
    assert "| houses | rmse | 1 | 105 | 0 | 100 |  | one | -5 | 2 | loss |" in text
    assert "| automl | 2 | 1.50 |  |  |" in text
    assert "| one | 2 | 2.00 | 1 | 1 |" in text
    assert "| houses | rmse | 105 | 1 | 90 | 1 | +15 |" in text


def test_the_gap_of_the_estimate() -> None:
    """Test below the out-of-fold estimate is a disappointment; the estimate may lie in the interval of the test."""
    text = "\n".join(script("validation").render([run_of("adult", "roc_auc", 0.9)]))
    assert "| adult | roc_auc | 1 | 0.91 | 0.9 | -0.01 | -1.10 | 0.88 to 0.92 | 1/1 |" in text


@pytest.mark.parametrize(("budget", "seconds"), [(10, 16.5), (60, 66.0), (300, 318.0)])
def test_the_promise(budget: int, seconds: float) -> None:
    """R10: 1.05 x budget + 3 s, for 10 s + 6 s."""
    assert script("walls").limit(budget) == pytest.approx(seconds)
