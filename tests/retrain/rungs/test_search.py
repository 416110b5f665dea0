"""A search for a challenger takes a share of the first one's budget."""

from __future__ import annotations

import pytest

from automl.errors import DataError
from automl.retrain.rungs import search
from automl.retrain.rungs.search import challenge


def test_the_budget_is_a_share_of_the_first(contest, world, tmp_path, monkeypatch):
    """By counted work where the first one was counted: a tenth, and one trial at the least."""
    asked = contest(world(500, seed=4, start=150), rungs=["search"])
    given = {}

    class Fitted:
        def __init__(self, _contest, _place, budget, *, warm):
            given.update(budget=budget, warm=warm)

        def __enter__(self):
            return "the challenger"

        def __exit__(self, *_):
            return None

    monkeypatch.setattr(search, "fitted", Fitted)
    with challenge(asked, tmp_path / "made.bundle") as made:
        assert made == "the challenger"
    assert (given["budget"].trials, given["budget"].time) == (1, asked.spec.budget.time)
    assert given["warm"][0][0] == asked.champion.manifest.members[0].learner


def test_a_search_that_would_be_the_refit_is_none(contest, world, tmp_path):
    """Where the refit has made the same challenger from all that the search may try, it is not made twice."""
    asked = contest(world(500, seed=4, start=150))
    with pytest.raises(DataError, match="1 of its trials would be the refit again"), challenge(asked, tmp_path / "b"):
        pass
