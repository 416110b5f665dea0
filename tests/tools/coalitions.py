"""The oracle of explanations: Shapley values by all 2^d coalitions, as their definition has them."""

from __future__ import annotations

from math import factorial

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from automl.bundle.read import Bundle
from automl.explain.explanation import Explanation
from automl.explain.game import Columns, Game

Floats = NDArray[np.float64]


def enumerated(game: Game, row: Columns) -> Floats:
    """The values of every number of the graph for one row [players, width]."""
    players = len(game.players)
    codes = np.arange(2**players)
    coalitions = (codes[:, None] >> np.arange(players)) % 2 == 1
    worth, size = game.worth(row, coalitions), coalitions.sum(axis=1)
    weight = np.array([factorial(s) * factorial(players - s - 1) / factorial(players) for s in range(players)])
    values = np.zeros((players, worth.shape[1]))
    for player in range(players):
        without = codes[~coalitions[:, player]]
        values[player] = weight[size[without]] @ (worth[without | 1 << player] - worth[without])
    return values


def within(model: Bundle, columns: Columns, place: int, found: Explanation) -> list[bool]:
    """Whether each score and each money of a row's explanation lies within t(.995) standard errors of the oracle."""
    explainer = model.explainer
    oracle = enumerated(explainer.game, {name: values[place : place + 1] for name, values in columns.items()})
    answers, names = explainer.answers, [player.names for player in explainer.game.players]
    score = answers.labels.index(found.score.of) if found.score.of else 0
    width = float(stats.t.ppf(0.995, found.pairs - 1)) if found.pairs else 0.0
    flags = []
    for reason in found.reasons:
        own = oracle[names.index(reason.names)]
        rounding = 1e-9 * max(1.0, abs(found.score.value))
        flags.append(bool(abs(reason.score - own[score]) <= width * reason.score_error + rounding))
        if found.money is not None:
            costs = own[answers.scores :]
            taken, other = (answers.decisions.index(d) for d in (found.decision, found.money.other))
            reach = width * reason.money_error + 1e-9 * max(1.0, abs(found.money.value))
            flags.append(bool(abs(reason.money - (costs[other] - costs[taken])) <= reach))
    return flags
