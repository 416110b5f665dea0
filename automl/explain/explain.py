"""Explains rows: the score and the money of the shipped graph divided among the columns, and what would change it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from automl.explain.counterfactual import Decide, Grid, smallest_change
from automl.explain.explanation import Explanation, Money, Reason, Score
from automl.explain.game import Array, Columns, Game
from automl.explain.shapley import ALLOWED, Shares, shapley

Floats = NDArray[np.float64]
SMALLEST = 1e-12  # of a worth: what rounding alone makes of a constant


@dataclass(frozen=True, slots=True, kw_only=True)
class Answers:
    """What the numbers of the graph are: first the score of each of `labels` (one for two labels, or for a number).

    Then, where there are costs, what each of `decisions` is expected to cost in `currency`. `labels` is empty where a
    number is predicted; of two labels it has the positive one.
    """

    labels: tuple[str, ...]
    decisions: tuple[str, ...]
    has_costs: bool
    currency: str = ""

    @property
    def scores(self) -> int:
        """How many scores there are."""
        return max(1, len(self.labels))


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A row to explain: its number, keys, columns in wire types [1], and its raw cells as text by player."""

    number: int
    keys: Mapping[str, object]
    columns: Columns
    cells: Sequence[tuple[str, ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Explainer:
    """The game over a bundle's graph, what its numbers mean, and what may change; `decide` is None without labels."""

    game: Game
    answers: Answers
    grids: Mapping[str, Grid]
    decide: Decide | None

    def watched(self, check: Callable[[], object]) -> Explainer:
        """The same, which calls `check` before each call of the graph: what that raises ends it."""

        def run(columns: Columns) -> Floats:
            check()
            return self.game.run(columns)

        def decide(columns: Columns) -> Array:
            check()
            assert self.decide is not None  # noqa: S101  # else this one is not called
            return self.decide(columns)

        return replace(self, game=replace(self.game, run=run), decide=None if self.decide is None else decide)

    def explain(self, row: Row, *, seconds: float, seed: int = 0) -> Explanation:
        """The explanation of one row within about `seconds`, of which the counterfactual may take half."""
        answer = self.game.run(row.columns)[0]
        decision = None if self.decide is None else str(self.decide(row.columns)[0])
        picked = _Picked.of(self.answers, answer, decision)
        base, spread = picked.base(self.game.answers), picked.of_all(self.game.answers).std(axis=0)
        ends = (base, picked.of_all(answer[None, :])[0])
        allowed = np.maximum(ALLOWED * spread, SMALLEST * np.maximum(1.0, np.abs(base)))
        shares = shapley(
            lambda coalitions: picked.of_all(self.game.worth(row.columns, coalitions)),
            ends,
            len(self.game.players),
            allowed=allowed,
            seconds=seconds / 2,
            seed=seed,
        )
        otherwise = None
        if self.decide is not None:
            otherwise = smallest_change(row.columns, decision, self.grids, self.decide, seconds=seconds / 2)
        errors = shares.errors.max(axis=0, initial=0.0)
        return Explanation(
            row=row.number,
            keys=row.keys,
            decision=decision,
            score=Score(
                of=self.answers.labels[picked.score] if self.answers.labels else "",
                value=float(ends[1][0]),
                base=float(base[0]),
                error=float(errors[0]),
                spread=float(spread[0]),
            ),
            money=self._money(picked, answer, base, errors, spread),
            reasons=self._reasons(row, shares, picked, base),
            counterfactual=otherwise,
            pairs=shares.pairs,
            background=len(self.game.answers),
        )

    def _money(self, picked: _Picked, answer: Floats, base: Floats, errors: Floats, spread: Floats) -> Money | None:
        if picked.taken is None or picked.other is None:
            return None
        first = self.answers.scores
        return Money(
            currency=self.answers.currency,
            cost=float(answer[picked.taken]),
            other=self.answers.decisions[picked.other - first],
            other_cost=float(answer[picked.other]),
            value=float(answer[picked.other] - answer[picked.taken]),
            base=float(base[1]),
            error=float(errors[1]),
            spread=float(spread[1]),
        )

    def _reasons(self, row: Row, shares: Shares, picked: _Picked, base: Floats) -> tuple[Reason, ...]:
        """A reason for each player, those first that speak most for the decision."""
        rounding = np.abs(shares.values) <= SMALLEST * np.maximum(1.0, np.abs(base))
        values, errors = np.where(rounding, 0.0, shares.values), shares.errors
        speaks = values[:, -1] * picked.sign if picked.sign else np.abs(values[:, -1])
        return tuple(
            Reason(
                names=self.game.players[place].names,
                cells=row.cells[place],
                score=float(values[place, 0]),
                score_error=float(errors[place, 0]),
                money=float(values[place, 1]) if picked.taken is not None else None,
                money_error=float(errors[place, 1]) if picked.taken is not None else None,
            )
            for place in np.argsort(-speaks, kind="stable").tolist()
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Picked:
    """What is explained: a score, and the cost of the `other` decision less that of the one `taken`, by their places.

    `sign` says what the last of them must do to speak for the decision: grow, fall, or (0) either.
    """

    score: int
    taken: int | None
    other: int | None
    sign: int

    @classmethod
    def of(cls, answers: Answers, answer: Floats, decision: str | None) -> _Picked:
        """What is explained of one row's `answer` [width]."""
        first, labels, decisions = answers.scores, answers.labels, answers.decisions
        score = labels.index(decision) if decision in labels else int(np.argmax(answer[:first]))
        costs = answer[first:]
        if answers.has_costs and decision in decisions and len(decisions) > 1 and np.isfinite(costs).all():
            taken = decisions.index(decision)
            other = int(np.argmin(np.where(np.arange(len(costs)) == taken, np.inf, costs)))
            return cls(score=score, taken=first + taken, other=first + other, sign=1)
        for_other = first == 1 and decision is not None and decision == next(iter(decisions), None)
        return cls(score=score, taken=None, other=None, sign=0 if not labels else -1 if for_other else 1)

    def of_all(self, found: Floats) -> Floats:
        """What is explained, for the graph's numbers [n, width]: [n, 1], or with money [n, 2]."""
        if self.taken is None or self.other is None:
            return found[:, [self.score]]
        return np.column_stack((found[:, self.score], found[:, self.other] - found[:, self.taken]))

    def base(self, found: Floats) -> Floats:
        """Its mean."""
        return np.asarray(self.of_all(found).mean(axis=0))
