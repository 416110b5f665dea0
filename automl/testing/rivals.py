"""The contract of rivals: a file that says what it stands for and needs, and has a `run(task, budget)`."""

from __future__ import annotations

import ast

import pytest

from automl.bench.rivals import NEED, Rival, find_rival, folder, names

every = pytest.mark.parametrize("rival", [find_rival(name, folder()) for name in names(folder())], ids=lambda r: r.name)


@every
def test_it_says_what_it_stands_for(rival: Rival) -> None:
    """The first line of its docstring is for people."""
    assert rival.purpose.endswith((".", ":"))


@every
def test_it_says_what_it_needs(rival: Rival) -> None:
    """In words that pip knows, each with its bounds."""
    assert [need for need in rival.needs if not NEED.fullmatch(need)] == []


@every
def test_it_runs_a_task_within_a_budget(rival: Rival) -> None:
    """It has a `run(task, budget)`; who saves its model can load it again."""
    defined = {
        node.name: [argument.arg for argument in node.args.args]
        for node in ast.parse(rival.path.read_text(encoding="utf-8")).body
        if isinstance(node, ast.FunctionDef)
    }
    assert defined["run"] == ["task", "budget"]
    assert ("save" in defined) == ("load" in defined)
