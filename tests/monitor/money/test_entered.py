"""Rows of a look as the ledger takes them, with the columns that costs read, and what is said of those that lack."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import polars as pl
import pytest

from automl import Bundle
from automl.monitor.money.entered import entered, lacking
from automl.monitor.money.ground import Ground, ground_of
from automl.monitor.rows import scored
from automl.spec.data import Data

BundleOf = Callable[[str], Bundle]
RowsOf = Callable[..., pl.DataFrame]


def ground(bundle: Bundle) -> Ground:
    """What money stands on."""
    found = ground_of(bundle)
    assert found is not None
    return found


def test_decisions_are_codes_and_costs_have_their_columns(bundle_of: BundleOf, rows_of: RowsOf) -> None:
    """Of labels the place among the actions; the prediction is that of the bundle, the amount that of the row."""
    opened, raw = bundle_of("rule"), rows_of(200, seed=2)
    policy, rows = ground(opened).policy, scored(opened, raw, Data())[0]
    found = entered(opened, policy, rows)
    assert found.prediction[:, 0].tolist() == rows.answers["probability"].to_list()
    assert (found.decision == 1).tolist() == (rows.answers["decision"] == "yes").to_list()
    assert found.frame["amount"].to_list() == raw["amount"].to_list()
    assert lacking(opened, policy, rows) == []


def test_decided_numbers_are_those_of_the_bundle(bundle_of: BundleOf, rows_of: RowsOf) -> None:
    """With costs the decision, without them the prediction itself."""
    raw = rows_of(200, seed=2)
    for kind, column in (("stock", "decision"), ("numbers", "prediction")):
        opened = bundle_of(kind)
        rows = scored(opened, raw, Data())[0]
        found = entered(opened, ground(opened).policy, rows)
        assert found.decision.tolist() == rows.answers[column].to_list()
        assert found.frame.height == rows.n


def test_answers_that_were_given_need_no_column_and_say_which_lack(bundle_of: BundleOf, rows_of: RowsOf) -> None:
    """Costs then count at their mean."""
    opened = bundle_of("rule")
    policy = ground(opened).policy
    rows = scored(opened, rows_of(200, seed=2), Data())[0]
    few = scored(opened, rows_of(200, seed=2).drop("amount"), Data())[0]
    assert lacking(opened, policy, few) == []  # as a column of the graph it is there, and empty
    bare = type(few)(raw=few.raw.drop("amount"), wire=few.wire.drop("amount"), answers=rows.answers)
    assert lacking(opened, policy, bare) == ["amount"]
    saved = ground(opened).ledger.outcomes(entered(opened, policy, bare)).saved
    assert np.isfinite(saved).all()
    whole = ground(opened).ledger.outcomes(entered(opened, policy, rows)).saved
    assert saved.mean() != pytest.approx(whole.mean())
