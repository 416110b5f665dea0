"""A challenger answers its share, the same keys always, and what it may lose is counted as long as nobody knows."""

from __future__ import annotations

import pytest

from automl.bundle.stakes import stakes_of
from automl.deploy.serve.model import Model
from automl.deploy.serve.refusal import Refusal, gone_away
from automl.deploy.serve.settings import Settings
from automl.deploy.serve.trial import Tally, Trial, asked, broken


class Fake:
    """A model as a trial sees it: a name, and what it decides."""

    def __init__(self, name, decides, bundle):
        self.name, self.decides, self.bundle = name, decides, bundle


class Answered:
    """A reply to one row."""

    def __init__(self, decision, row):
        self.rows, self.raw, self.answers, self.unread = 1, [row], [{"decision": decision}], {}


@pytest.fixture(scope="module")
def model(versions):
    return Model.open(versions[0], Settings())


def trial_of(model, mine, share=0.3, limit=None, clock=lambda: 0.0):
    champion, challenger = Fake("champion", 1, model.bundle), Fake("challenger", mine, model.bundle)
    return Trial(
        champion=champion,
        challenger=challenger,
        share=share,
        stakes=stakes_of(model.bundle),
        limit=limit,
        clock=clock,
    )


def ask(who):
    if isinstance(who.decides, Exception):
        raise who.decides
    return Answered(who.decides, {"id": "c1", "age": "30"})


def test_a_share_of_keys_is_the_challengers(model):
    """About the share of keys, the same at every request whatever its id is; without a key, a share of ids."""
    trial = trial_of(model, 1)
    taken = [key for key in range(2_000) if trial.takes([{"id": key}], f"r{key}")]
    assert 500 < len(taken) < 700
    assert taken == [key for key in range(2_000) if trial.takes([{"id": str(key)}], "another")]
    by_id = [number for number in range(2_000) if trial.takes([{"age": 1}], f"r{number}")]
    assert 500 < len(by_id) < 700
    assert by_id == [number for number in range(2_000) if trial.takes(None, f"r{number}")]


def test_other_decisions_count_at_their_largest_regret(model):
    """Right or wrong without costs: each row that is decided otherwise may lose 1, the others nothing."""
    trial = trial_of(model, 2, share=1.0)
    for _ in range(3):
        who, reply = asked(trial.champion, trial, [{"id": "a"}], "r", ask)
        assert (who.name, reply.answers[0]["decision"]) == ("challenger", 2)
    assert trial.take() == Tally(rows=3, changed=3, regret=3.0)
    assert trial.take() == Tally()
    same = trial_of(model, 1, share=1.0)
    same.answer(ask)
    assert same.take() == Tally(rows=1)


def test_a_label_turns_what_may_be_lost_into_what_was(model):
    """The challenger was right on one key and wrong on the other: it lost nothing in all; a third waits on."""
    trial = trial_of(model, 2, share=1.0)
    for key in ("a", "b", "c"):
        trial.answer(lambda who, key=key: Answered(who.decides, {"id": key}))
    assert trial.take().regret == 3.0
    assert trial.waiting() == ["a", "b", "c"]
    trial.settle({"a": "2", "b": "1", "d": "1"})
    assert trial.take() == Tally(regret=-2.0)
    assert trial.waiting() == ["c"]
    after = trial_of(model, 2, share=1.0)
    after.take_over(trial)
    after.settle({"c": "2"})
    assert after.take() == Tally(regret=-2.0)


@pytest.mark.parametrize("error", [Refusal(422, "no such column"), ValueError("a bug")])
def test_what_a_challenger_refuses_the_champion_answers(error, model):
    """Nobody is left without an answer; it is counted, and the challenger is to go."""
    trial = trial_of(model, error, share=1.0)
    who, _ = trial.answer(ask)
    assert who.name == "champion"
    assert "refused 1 request" in broken(trial.take(), None)


def test_a_client_that_left_is_no_failure(model):
    """Nor is a refusal of the champion."""
    trial = trial_of(model, gone_away(), share=1.0)
    with pytest.raises(Refusal):
        trial.answer(ask)
    assert trial.take() == Tally()


def test_late_answers_break_the_gate(model):
    """One of a hundred may be late, and a few more by chance; half of them may not."""
    ticks = iter(range(10_000))
    trial = trial_of(model, 1, share=1.0, limit=0.5, clock=lambda: float(next(ticks)))
    for _ in range(10):
        trial.answer(ask)
    assert "longer than its limit" in broken(trial.take(), None)
    assert broken(Tally(rows=1_000, timed=1_000, slow=15), None) is None
    assert broken(Tally(rows=1_000, timed=1_000, slow=40), None) is not None


def test_a_budget_is_kept_to_the_cent():
    """What may have been lost is more than the budget, or it is not; without one money ends no trial."""
    lost = Tally(rows=10, changed=5, regret=500.0)
    assert broken(lost, 500.0) is None
    assert "may have lost 500.00" in broken(lost, 499.99)
    assert broken(lost, None) is None


def test_requests_of_others_are_the_models(model):
    """Without a trial, and outside of the share."""
    trial = trial_of(model, 2, share=0.0)
    for each in (None, trial):
        assert asked(trial.champion, each, [{"id": "a"}], "r", ask)[0].name == "champion"
