"""The smallest change that is decided otherwise is found wherever there is one, and no larger one is told."""

from __future__ import annotations

from itertools import combinations, product

import numpy as np
import pytest

from automl.explain import counterfactual
from automl.explain.counterfactual import Grid, smallest_change

GRIDS = {
    "age": Grid(cells=("20", "40", "60"), values=np.array([20.0, 40.0, 60.0]), places=np.array([0.2, 0.5, 0.8])),
    "income": Grid(cells=tuple(map(str, range(9))), values=np.arange(9.0), places=(np.arange(9) + 0.5) / 9),
    "job": Grid(cells=("clerk", "farmer"), values=np.array(["clerk", "farmer"], dtype=object), places=None),
}


def rule(seed: int):
    """A decision that hangs on all columns at random."""
    draw = np.random.default_rng(seed)
    table = draw.random((4, 10, 3)) < draw.choice([0.02, 0.1, 0.4])

    def decide(columns):
        age = np.searchsorted([20.0, 40.0, 60.0], np.nan_to_num(columns["age"], nan=99.0))
        income = np.nan_to_num(columns["income"], nan=9.0).astype(int)
        job = np.array(
            [["clerk", "farmer"].index(word) if word in ("clerk", "farmer") else 2 for word in columns["job"]]
        )
        return np.where(table[age, income, job], "yes", "no").astype(object)

    return decide


def size_of(name, old, code) -> float:
    """How large a change is, by its definition."""
    grid = GRIDS[name]
    if grid.places is None or np.isnan(old):
        return 1.0
    return abs(grid.places[code] - np.interp(old, grid.values, grid.places))


def exhaustive(row, taken, decide):
    """The number of columns and the size of the smallest change, by trying every one; None where there is none."""
    for count in (1, 2):
        sizes = []
        for names in combinations(GRIDS, count):
            for codes in product(*(range(len(GRIDS[name].cells)) for name in names)):
                new = {name: values.copy() for name, values in row.items()}
                for name, code in zip(names, codes, strict=True):
                    new[name][0] = GRIDS[name].values[code]
                changed = all(new[name][0] != row[name][0] for name in names)
                if changed and decide(new)[0] != taken:
                    sizes.append(sum(size_of(n, row[n][0], code) for n, code in zip(names, codes, strict=True)))
        if sizes:
            return count, min(sizes)
    return None


@pytest.mark.parametrize("seed", range(25))
def test_it_is_found_where_exhaustive_search_finds_one(seed):
    """Of as many columns, never larger, and it replays: the changed row is decided as was told."""
    draw, decide = np.random.default_rng(seed), rule(seed)
    row = {
        "age": np.array([draw.choice([20.0, 33.0, 60.0, np.nan])]),
        "income": np.array([float(draw.integers(9))]),
        "job": np.array([draw.choice(["clerk", "farmer", "", "other"])], dtype=object),
    }
    taken = decide(row)[0]
    found, best = smallest_change(row, taken, GRIDS, decide, seconds=60), exhaustive(row, taken, decide)
    assert found.complete
    assert (len(found.changes) or None) == (best and best[0])
    if best:
        assert found.size == pytest.approx(best[1])
        new = {name: values.copy() for name, values in row.items()}
        for change in found.changes:
            grid = GRIDS[change.column]
            new[change.column][0] = grid.values[grid.cells.index(change.cell)]
        assert decide(new)[0] == found.decision != taken


def test_without_time_it_is_said_that_not_all_was_tried():
    """An answer that took too long to find is no answer that there is none."""
    row = {name: grid.values[:1] for name, grid in GRIDS.items()}
    found = smallest_change(row, "no", GRIDS, lambda columns: np.full(len(columns["age"]), "no"), seconds=-1.0)
    assert (found.changes, found.complete) == ((), False)


def test_nothing_that_may_change_changes_nothing():
    """Without a grid there is no counterfactual, and that is all there is to try."""
    found = smallest_change({"age": np.array([1.0])}, "no", {}, lambda _: np.array(["yes"]), seconds=1.0)
    assert (found.changes, found.complete) == ((), True)


def test_a_row_that_would_not_be_decided_is_no_other_decision():
    """A change that takes the row its cost is none that leads to another decision."""
    row = {name: grid.values[:1] for name, grid in GRIDS.items()}
    found = smallest_change(row, "no", GRIDS, lambda columns: np.full(len(columns["age"]), ""), seconds=9.0)
    assert found.changes == ()


@pytest.mark.parametrize("most", [1, 7, 1_000])
def test_pairs_of_changes_come_by_size(monkeypatch, most):
    """Each pair of changes of two columns once, the smaller first, few at a time, also where many are of one size."""
    monkeypatch.setattr(counterfactual, "ROWS", most)
    monkeypatch.setattr(counterfactual, "FIRST", most // 4)
    row = {"age": 33.0, "income": 2.0, "job": "other"}
    moves = [counterfactual._moves(name, row[name], grid) for name, grid in GRIDS.items()]
    shells = list(counterfactual._double(moves))
    assert max(len(shell.sizes) for shell in shells) <= most
    sizes = np.concatenate([shell.sizes for shell in shells])
    pairs = {
        frozenset(zip(columns, cells, strict=True))
        for shell in shells
        for columns, cells in zip(shell.columns.tolist(), shell.cells.tolist(), strict=True)
    }
    assert (np.diff(sizes) >= 0).all()
    assert len(pairs) == len(sizes) == 3 * 8 + 3 * 2 + 8 * 2
