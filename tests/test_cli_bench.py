"""The commands of recipes and benchmarks say what there is."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from automl import cli


def test_recipes_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    """Each with for whom it is, for people and for machines."""
    assert cli.run(["recipes"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == [
        "accurate",
        "balanced",
        "interpretable",
        "low-latency",
        "quick",
        "relational",
        "small",
    ]
    assert lines[3].endswith("who answers single rows online.")
    assert cli.run(["recipes", "--json"]) == 0
    assert len(json.loads(capsys.readouterr().out)) == 7


def test_a_recipe_is_shown_as_it_is_written(capsys: pytest.CaptureFixture[str]) -> None:
    """Its comment and its keys; a wrong name is answered with the nearest."""
    assert cli.run(["recipes", "show", "quick"]) == 0
    assert "[budget]\ntime = " in capsys.readouterr().out
    assert cli.run(["recipes", "show", "quik"]) == 2
    assert "did you mean 'quick'?" in capsys.readouterr().err


def test_suites_and_rivals_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    """What `automl bench` can be given."""
    assert cli.run(["bench", "list"]) == 0
    out = capsys.readouterr().out
    assert "suites\n  openml\n  quick\n" in out
    assert "  autogluon/best_quality\n" in out


def test_a_suite_is_a_word_of_its_own(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """`automl bench SUITE` is `automl bench run SUITE`; a report of nothing is refused."""
    assert cli.run(["bench", "quik"]) == cli.run(["bench", "run", "quik"]) == 2
    assert capsys.readouterr().err.count("did you mean 'quick'?") == 2
    assert cli.run(["bench", "report", str(tmp_path)]) == 2
