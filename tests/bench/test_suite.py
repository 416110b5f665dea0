"""A suite is read at the door, and its cells are found again by their keys."""

from __future__ import annotations

from pathlib import Path

import pytest

from automl.bench.suite import chosen, read_suite, suites
from automl.errors import SpecError
from automl.spec import recipes


def suite_of(tmp_path: Path, text: str) -> str:
    (tmp_path / "mine.toml").write_text(text)
    return str(tmp_path / "mine.toml")


def test_a_suite_is_the_product_of_its_parts(tmp_path: Path) -> None:
    """Two tasks, two entrants, two budgets, three seeds: 24 cells, task by task, with keys of their own."""
    text = """
    tasks = ["adult", { task = "sklearn:wine", costs = false, set = ["budget.trials=3"] }]
    recipes = ["quick"]
    rivals = ["lightgbm"]
    budgets = ["10s", "1min"]
    seeds = [0, 1, 2]
    memory = "2GB"
    """
    cells = list(read_suite(suite_of(tmp_path, text)).cells())
    assert len({cell.key for cell in cells}) == len(cells) == 24
    assert [(cell.short_task, cell.entrant) for cell in cells[:3]] == [
        ("adult", "recipe:quick"),
        ("adult", "rival:lightgbm"),
        ("wine", "recipe:quick"),
    ]
    assert (cells[2].costs, cells[2].settings, cells[3].settings) == (False, ("budget.trials=3",), ())
    assert {cell.budget for cell in cells} == {10.0, 60.0}
    assert cells[0].memory == 2_000_000_000


def test_what_is_asked_is_part_of_the_key(tmp_path: Path) -> None:
    """A cell with other settings is another cell: its record is not taken for this one's."""
    one, other = (
        next(read_suite(suite_of(tmp_path, f'tasks = ["a"]\nrecipes = ["quick"]\nworkers = {n}')).cells())
        for n in (1, 2)
    )
    assert one.key != other.key


@pytest.mark.parametrize("name", suites())
def test_the_shipped_suites_are_right(name: str) -> None:
    """Each names recipes that exist; quick needs neither data nor network."""
    suite = read_suite(name)
    assert set(suite.recipes) <= set(recipes.names())
    if name == "quick":
        assert all(task.task.startswith("sklearn:") for task in suite.tasks)


def test_a_wrong_name_is_answered_with_the_nearest(tmp_path: Path) -> None:
    """Suites, keys, and what `--only` names."""
    with pytest.raises(SpecError, match="no suite 'quik'\n  did you mean 'quick'"):
        read_suite("quik")
    with pytest.raises(SpecError, match="did you mean 'rivals'"):
        read_suite(suite_of(tmp_path, 'tasks = ["a"]\nrivls = ["lightgbm"]'))
    with pytest.raises(SpecError, match="needs recipes or rivals"):
        read_suite(suite_of(tmp_path, 'tasks = ["a"]'))
    with pytest.raises(SpecError, match="'blanced'\n  did you mean 'balanced'"):
        chosen(list(read_suite("quick").cells()), ["blanced"])


def test_only_names_tasks_and_entrants() -> None:
    """Words of one kind are alternatives, of both kinds conditions."""
    cells = list(read_suite("quick").cells())
    found = chosen(cells, ["wine", "sklearn:diabetes", "recipe:quick"])
    assert [(cell.short_task, cell.short_entrant) for cell in found] == [("diabetes", "quick"), ("wine", "quick")]
    assert chosen(cells, []) == cells
