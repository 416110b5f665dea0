"""What is explained of a row hangs on its decision: which score, whose money, and what speaks for it."""

from __future__ import annotations

import numpy as np
import pytest

from automl.explain.counterfactual import Grid
from automl.explain.explain import Answers, Explainer, Row
from automl.explain.game import Game, Player

PLAYERS = tuple(Player(names=(name,), columns=(name,)) for name in "ab")
BACKGROUND = {"a": np.array([0.0, 1.0]), "b": np.array([0.0, 1.0])}
GRIDS = {"a": Grid(cells=("0", "1", "2"), values=np.arange(3.0), places=np.array([0.2, 0.5, 0.8]))}


def explained(answers: Answers, numbers, decide=None, a: float = 2.0, b: float = 0.0):
    """The explanation of one row; `numbers` are those of the graph for a and b."""
    game = Game.over(BACKGROUND, PLAYERS, lambda columns: np.column_stack(numbers(columns["a"], columns["b"])))
    explainer = Explainer(game=game, answers=answers, grids=GRIDS, decide=decide)
    row = Row(number=1, keys={}, columns={"a": np.array([a]), "b": np.array([b])}, cells=[(f"{a:g}",), (f"{b:g}",)])
    return explainer.explain(row, seconds=60)


def always(text: str):
    """Decides everything alike."""
    return lambda columns: np.full(len(columns["a"]), text, dtype=object)


def test_money_is_that_of_the_other_decision():
    """Of three decisions the cheapest other one stands against the one taken, also where that is not the cheapest."""
    answers = Answers(labels=("bad",), decisions=("grant", "decline", "ask"), has_costs=True, currency="EUR")
    found = explained(answers, lambda a, b: (a / 10, 5 * a, 9 - a, 3 + b), always("grant"))
    assert (found.money.cost, found.money.other, found.money.other_cost) == (10.0, "ask", 3.0)
    assert found.money.value == pytest.approx(-7.0)
    assert {reason.names: reason.money for reason in found.reasons} == pytest.approx({("a",): -7.5, ("b",): -0.5})
    assert [reason.names for reason in found.reasons] == [("b",), ("a",)]


def test_a_row_that_is_not_decided_has_no_money():
    """Its score is explained, and what would have it decided is told."""
    answers = Answers(labels=("bad",), decisions=("grant", "decline"), has_costs=True)

    def decide(columns):
        return np.where(columns["a"] < 1, "grant", "").astype(object)

    found = explained(answers, lambda a, b: (a / 10, 5 * a, 9 - b), decide)
    assert (found.decision, found.money) == ("", None)
    assert found.counterfactual.decision == "grant"


def test_of_several_labels_that_of_the_decision_is_explained():
    """Where decisions are named otherwise it is the likeliest one."""
    scores = lambda a, b: (0.1 * a, 0.5 - 0.1 * b, 0 * a + 0.4)  # noqa: E731  # three columns of one graph
    labels = ("low", "mid", "high")
    found = explained(Answers(labels=labels, decisions=labels, has_costs=False), scores, always("high"))
    assert (found.score.of, found.score.value) == ("high", 0.4)
    named = Answers(labels=labels, decisions=("buy", "sell"), has_costs=False)
    assert explained(named, scores, always("sell")).score.of == "mid"


def test_reasons_speak_for_the_decision():
    """Without costs what lowers the probability speaks for the other label; of a number the largest comes first."""
    answers = Answers(labels=("bad",), decisions=("good", "bad"), has_costs=False)
    numbers = lambda a, b: (a - b,)  # noqa: E731  # one column of one graph
    assert [r.names for r in explained(answers, numbers, always("bad")).reasons] == [("a",), ("b",)]
    assert [r.names for r in explained(answers, numbers, always("good"), b=0.0, a=0.0).reasons] == [("a",), ("b",)]
    assert [r.names for r in explained(answers, numbers, always("good")).reasons] == [("b",), ("a",)]
    number = Answers(labels=(), decisions=(), has_costs=False)
    found = explained(number, lambda a, b: (a - 3 * b,), b=2.0)
    assert [reason.names for reason in found.reasons] == [("b",), ("a",)]
    assert (found.decision, found.counterfactual, found.score.of) == (None, None, "")


def test_a_constant_model_has_no_reasons():
    """Every column gives nothing, without a division by the spread that there is not."""
    found = explained(Answers(labels=(), decisions=(), has_costs=False), lambda a, _: (0 * a + 3,))
    assert [reason.score for reason in found.reasons] == [0.0, 0.0]
    assert (found.score.value, found.score.base, found.score.spread) == (3.0, 3.0, 0.0)
    rounded = explained(Answers(labels=(), decisions=(), has_costs=False), lambda a, _: (0.1 + a / 1e16 - a / 3e16,))
    assert [reason.score for reason in rounded.reasons] == [0.0, 0.0]  # what rounding alone makes


def test_a_watched_explainer_ends_when_told():
    """What is called before each call of the graph may raise, in the values and in the search for a change."""
    calls = []

    def check():
        calls.append(1)
        if len(calls) > most:
            raise TimeoutError

    game = Game.over(BACKGROUND, PLAYERS, lambda columns: np.column_stack((columns["a"], columns["b"])))
    answers = Answers(labels=("bad",), decisions=("good", "bad"), has_costs=False)
    row = Row(number=1, keys={}, columns={"a": np.array([2.0]), "b": np.array([0.0])}, cells=[("2",), ("0",)])
    explainer = Explainer(game=game, answers=answers, grids=GRIDS, decide=always("bad")).watched(check)
    most = 1_000
    explainer.explain(row, seconds=60)
    most = len(calls) - 1
    calls.clear()
    with pytest.raises(TimeoutError):
        explainer.explain(row, seconds=60)
    most = 0
    calls.clear()
    with pytest.raises(TimeoutError):
        explainer.explain(row, seconds=60)
