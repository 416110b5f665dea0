"""Members are fitted once more on other rows, whole or not at all."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from automl.data.rows import joined
from automl.learners.base import Member
from automl.search.collect import close
from automl.search.loop import _explore
from automl.search.refit import refit
from automl.search.refit_members import NO_TIME, Refitted, refit_members
from automl.search.state import State


@pytest.fixture
def found(make_state: Callable[..., State]) -> tuple[State, Member]:
    """A search that has ended, and its first ridge, refitted on its own rows; from then on a fit takes five seconds."""
    state = make_state(trials=2, price=lambda _: 0.1)
    _explore(state)
    state.run.executor.cancel()
    close(state)
    ridge = next(one for one in state.ready if one.learner.name == "ridge")
    member = refit(state, {ridge: 1.0})[ridge.id].member
    state.run.executor.price = lambda _: 5.0  # type: ignore[attr-defined]  # the simulated one
    return state, member


def test_the_members_learn_from_the_rows_that_are_given(found: tuple[State, Member]) -> None:
    """On the same rows twice they are the same; parameters stay, and so does what they are called."""
    state, member = found
    rows = state.problem.rows
    again, twice = (refit_members([member], one, state.problem, state.run) for one in (rows, joined(rows, rows)))
    assert isinstance(again, Refitted)
    assert isinstance(twice, Refitted)
    assert again.members[0].params == twice.members[0].params == member.params
    assert len(twice.parity_rows) == 480
    assert twice.native[0].shape == (480, 1)
    assert np.isfinite(twice.native[0]).all()


@pytest.mark.parametrize(("share", "whole"), [(0.3, False), (0.98, False), (1.02, True)])
def test_the_clock_ends_them_and_cuts_none_short(found: tuple[State, Member], *, share: float, whole: bool) -> None:
    """R10: all fits of a member, five seconds each, are there in time, or none of them."""
    state, member = found
    begun, seconds = state.run.deadline.spent(), share * 5.0 * member.fits
    done = refit_members([member], state.problem.rows, state.problem, state.run, seconds=seconds)
    assert isinstance(done, Refitted) if whole else done == NO_TIME
    assert state.run.deadline.spent() - begun <= seconds + 0.1


def test_a_member_that_was_taught_has_no_twin(found: tuple[State, Member]) -> None:
    """Its teacher has not seen the other rows."""
    state, member = found
    taught = replace(member, taught=True)
    assert "was taught" in str(refit_members([taught], state.problem.rows, state.problem, state.run))
