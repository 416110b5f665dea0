"""A rival is one file; it runs in a Python that has what it needs, or says why not."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from automl.bench import rivals
from automl.bench.rivals import find_rival, is_met, python_for
from automl.bench.sets import Unavailable
from automl.errors import SpecError


def test_the_rivals_of_the_plan_are_there() -> None:
    """The four big engines with AutoGluon in three forms, mljar, and four untuned learners."""
    found = rivals.names(rivals.folder())
    assert {name for name in found if name.startswith("autogluon")} == {
        "autogluon/best_quality",
        "autogluon/high_quality",
        "autogluon/infer_limit",
    }
    assert {"flaml", "h2o", "lightautoml", "mljar"} <= set(found)
    assert {"lightgbm", "xgboost", "catboost", "hist_gradient_boosting"} <= set(found)


def test_our_python_is_used_where_it_is_enough(tmp_path: Path) -> None:
    """An untuned booster needs nothing that we do not have: no venv is made."""
    assert python_for(find_rival("lightgbm", rivals.folder()), tmp_path) == Path(sys.executable)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("need", "met"),
    [
        ("numpy", True),
        ("numpy>=2,<999", True),
        ("numpy>=2,<2.0", False),
        ("numpy==0.1", False),
        ("flaml[automl]>=2", False),
    ],
)
def test_needs_are_compared_by_their_numbers(need: str, met: bool) -> None:
    """Bounds hold together; with extras nobody knows, so a venv is made."""
    assert is_met(need) is met


def test_what_pip_cannot_install_is_a_skip(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The reason is pip's last line, and a venv that is not complete is not taken for one that is."""
    (tmp_path / "odd.py").write_text('"""Odd."""\n\nNEEDS = ("no-such-package>=1",)\n')
    monkeypatch.setattr(rivals.venv, "create", lambda place, *, with_pip: place.mkdir(parents=True))

    class Done:
        returncode = 1
        stderr = "a warning\nERROR: no matching distribution\n"

    monkeypatch.setattr(rivals.subprocess, "run", lambda *args, **said: Done)
    rival = find_rival("odd", tmp_path)
    for _ in range(2):
        with pytest.raises(Unavailable, match="could not install no-such-package>=1: ERROR: no matching distribution"):
            python_for(rival, tmp_path / "cache")


def test_wrong_names_are_answered_with_the_nearest(tmp_path: Path) -> None:
    """Rivals and their variants; a file without needs is told what to write."""
    with pytest.raises(SpecError, match="did you mean 'catboost'"):
        find_rival("catbost", rivals.folder())
    with pytest.raises(SpecError, match="no variant 'fast'\n  write autogluon/best_quality or"):
        find_rival("autogluon/fast", rivals.folder())
    with pytest.raises(SpecError, match="no variant 'x'\n  write flaml"):
        find_rival("flaml/x", rivals.folder())
    (tmp_path / "bare.py").write_text("def run(task, budget): ...\n")
    with pytest.raises(SpecError, match="says what it needs"):
        find_rival("bare", tmp_path)
