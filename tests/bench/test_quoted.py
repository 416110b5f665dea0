"""What README and recipes quote is what was committed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from automl.bench.judge import judge
from automl.bench.quoted import LINE, last_benchmark, quoted, readme_table, recipe_pages
from automl.bench.report import document
from automl.spec import parse, recipes

ROOT = Path(__file__).parents[2]
OPENING = "# For whom: all.\n# In the last benchmark: not in it.\n"


@pytest.fixture
def report(records: list[dict[str, Any]]) -> dict[str, Any]:
    """The report of the records."""
    return document(judge(records), {"name": "mine", "command": "automl bench mine"})


def test_a_recipe_quotes_its_row(report: dict[str, Any]) -> None:
    """Rank, latency, size, failures, suite and date; the rest of the file stays."""
    found = quoted(OPENING + "[recipe]\nfolds = 3\n", "balanced", report)
    row = "mean rank 1.00 of 4, 0.2 ms a row, 3 MB, 0 of 7 failed (suite mine, 2026-11-23)."
    assert found == f"# For whom: all.\n# In the last benchmark: {row}\n[recipe]\nfolds = 3\n"
    assert quoted(found, "balanced", report) == found


def test_a_recipe_that_was_not_in_it_says_so(report: dict[str, Any]) -> None:
    """Neither a rival of that name nor nobody is quoted."""
    assert "last benchmark: not in it (suite mine, 2026-11-23)." in quoted(OPENING, "one", report)
    with pytest.raises(ValueError, match="has not one line"):
        quoted("# For whom: all.\n", "balanced", report)


def test_readme_has_everyone(report: dict[str, Any]) -> None:
    """Each entrant in the order of ranks, ours in bold, failures counted, the command above."""
    lines = readme_table(report).splitlines()
    assert lines[0].startswith("`automl bench mine`: 7 tasks, 60 s each, 2 cores")
    assert [line.split("|")[1].strip() for line in lines[4:]] == ["**balanced**", "copy", "one", "**broken**"]
    assert lines[-1].endswith("| 7 of 7 |")


def test_the_committed_results_are_quoted() -> None:
    """README's table and the line in each recipe come from benchmarks/results; `make docs` writes both."""
    committed = last_benchmark(ROOT / "benchmarks" / "results")
    assert committed is not None
    assert readme_table(committed) in (ROOT / "README.md").read_text(encoding="utf-8")
    for path, text in recipe_pages(recipes.folder(), committed).items():
        assert path.read_text(encoding="utf-8") == text, f"{path.name} is old: `make docs`"


@pytest.mark.parametrize("name", recipes.names())
def test_every_recipe_opens_with_what_it_is_for(name: str) -> None:
    """For whom, what it trades, its row in the last benchmark; and a spec can build on it."""
    opening = recipes.text(name).partition("\n\n")[0].partition("extends")[0]
    assert opening.startswith("# For whom: ")
    assert "\n# What it trades: " in opening
    assert len(LINE.findall(opening)) == 1
    spec = parse({"objective": {"target": "y"}}, recipe=name)
    assert spec.recipe.name == name


def test_what_a_recipe_promises_is_a_limit() -> None:
    """Latency and size are gates where a recipe is named after them."""
    limits = {name: parse({"objective": {"target": "y"}}, recipe=name).limits for name in recipes.names()}
    assert limits["low-latency"].latency_p99 == 0.005
    assert limits["small"].size == 2_000_000
    assert limits["balanced"].latency_p99 is None


def test_an_interpretable_model_is_one_linear_model() -> None:
    """No other learner is tried, nothing is averaged."""
    recipe = parse({"objective": {"target": "y"}}, recipe="interpretable").recipe
    assert (recipe.learners, recipe.members) == (("linear",), 1)
