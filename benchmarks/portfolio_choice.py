"""The order of a portfolio: chosen greedily by regret and time, and judged on tasks that had no part in the choice.

The regret of a set on a sample is (its loss - the best loss seen) / (the median loss of all configurations - the best),
on rows that neither fit nor stop looked at. A set's loss is the mean of two: of its best member, and of its greedy
ensemble of at most four. Both are chosen on one half of these rows and judged on the other, and the other way round.
The baselines are in every set, as in the engine.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from portfolio_cells import BASELINES, configurations, predictions, records, truth

MEMBERS, STEPS, ROWS = 4, 8, 500
LENGTH = 12  # of an order
HORIZONS = (2, 4, 8, 16)  # times the median configuration's seconds
OTHERS = 0.5  # the weight of samples of another size
MOST = 3.0  # regret of a sample: where baselines are poor, nothing else would count
TINY = 1e-12


@dataclass(frozen=True, slots=True)
class Sample:
    """One sample of a question: by configuration the priced predictions [rows] to judge on, and seconds."""

    question: str
    size: str
    squares: bool  # else log loss
    judge: Mapping[str, np.ndarray]
    truth: np.ndarray
    halves: tuple[np.ndarray, np.ndarray]  # of the rows
    seconds: Mapping[str, float]
    scale: float  # the median's distance from the best
    best: float
    _known: dict[frozenset[str], float] = field(default_factory=dict)

    def regret(self, members: Iterable[str]) -> float:
        """The regret of the best member and the ensemble of `members`, on average."""
        inside = frozenset(members) | frozenset(BASELINES)
        inside &= frozenset(self.judge)
        if inside not in self._known:
            names = sorted(inside)
            stack = np.stack([self.judge[name] for name in names])
            one, other = self.halves
            found = [self._halved(stack, mine, theirs) for mine, theirs in ((one, other), (other, one))]
            self._known[inside] = float(np.mean(found))
        return min(MOST, (self._known[inside] - self.best) / self.scale)

    def _halved(self, stack: np.ndarray, chosen_on: np.ndarray, judged_on: np.ndarray) -> float:
        single = int(self._prices(stack[:, chosen_on], self.truth[chosen_on]).argmin())
        judged, y = stack[:, judged_on], self.truth[judged_on]
        mixed = self._mix(stack[:, chosen_on[:ROWS]], self.truth[chosen_on[:ROWS]]) @ judged
        return float(self._prices(np.stack([judged[single], mixed]), y).mean())

    def _mix(self, stack: np.ndarray, y: np.ndarray) -> np.ndarray:
        """Weights by the engine's greedy selection (`automl.search.ensemble.greedy_selection`)."""
        chosen: list[int] = []
        losses: list[float] = []
        total = np.zeros(stack.shape[1])
        for _ in range(STEPS):
            losing = self._prices((stack + total) / (len(chosen) + 1), y)
            if len(set(chosen)) >= MEMBERS:
                losing[[c for c in range(len(stack)) if c not in chosen]] = np.inf
            chosen.append(int(losing.argmin()))
            losses.append(float(losing.min()))
            total = total + stack[chosen[-1]]
        kept = chosen[: int(np.argmin(losses)) + 1]
        return np.bincount(kept, minlength=len(stack)) / len(kept)

    def _prices(self, values: np.ndarray, y: np.ndarray) -> np.ndarray:
        if self.squares:
            return np.sqrt(np.mean((values - y) ** 2, axis=1))
        return -np.mean(np.log(np.clip(values, 1e-15, None)), axis=1)


def samples(scratch: Path, group: str, size: str) -> list[Sample]:
    """The samples of a group and size whose cells are all there."""
    cells: dict[tuple[str, int], list[dict[str, Any]]] = defaultdict(list)
    for record in records():
        if record["group"] == group and record["size"] == size:
            cells[record["question"], record["seed"]].append(record)
    wanted = set(configurations(group))
    return [
        _sample(scratch, found)
        for _, found in sorted(cells.items())
        if wanted <= {record["configuration"] for record in found}
    ]


def derive(given: Sequence[Sample], names: Sequence[str], size: str, length: int = LENGTH) -> list[str]:
    """Greedily the configuration that lowers the mean regret most for its time, until none does.

    Samples of the other sizes have a say, lest a few tasks decide.
    """

    def regret(members: Sequence[str]) -> float:
        parts = {each: [sample for sample in given if sample.size == each] for each in {one.size for one in given}}
        weights = [1.0 if each == size else OTHERS for each in parts]
        return float(np.average([mean_regret(part, members) for part in parts.values()], weights=weights))

    order: list[str] = []
    while len(order) < min(length, len(names)):
        now = regret(order)
        left = [name for name in names if name not in order]
        gains = {name: now - regret([*order, name]) for name in left}
        # one median configuration's time beside its own: reading, predicting and choosing take time, too
        best = max(left, key=lambda name: gains[name] / (1.0 + _relative(given, name)))
        if gains[best] <= 0.0:
            break
        order.append(best)
    return order


def mean_regret(given: Sequence[Sample], members: Sequence[str]) -> float:
    """Over questions, each with the mean of its samples."""
    found: dict[str, list[float]] = defaultdict(list)
    for sample in given:
        found[sample.question].append(sample.regret(members))
    return float(np.mean([np.mean(each) for each in found.values()]))


def over_time(given: Sequence[Sample], order: Sequence[str]) -> float:
    """The mean regret at each of `HORIZONS`, of what an order has ended by then."""
    found = []
    for horizon in HORIZONS:
        for sample in given:
            limit = horizon * float(np.median(list(sample.seconds.values())))
            ended, spent = [], 0.0
            for name in order:
                spent += sample.seconds.get(name, 0.0)
                if spent > limit:
                    break
                ended.append(name)
            found.append(sample.regret(ended))
    return float(np.mean(found))


def left_out(given: Sequence[Sample], names: Sequence[str], size: str) -> dict[str, list[str]]:
    """For each question the order that the others give; samples of the same table count as the same question."""
    tables = {sample.question: sample.question.partition(":")[0] for sample in given}
    return {
        question: derive([sample for sample in given if tables[sample.question] != table], names, size)
        for question, table in tables.items()
    }


def _sample(scratch: Path, found: Sequence[dict[str, Any]]) -> Sample:
    told = truth(scratch, found[0])["judge"]
    squares = found[0]["group"] == "regression"
    usable = [record for record in found if record["status"] == "ok"]
    judge = {
        record["configuration"]: _of_truth(
            predictions(scratch, record)["judge"].astype(np.float64), told, squares=squares
        )
        for record in usable
    }
    rows = np.random.default_rng(0).permutation(len(told))
    losses = [record["loss"]["judge"] for record in usable if record["configuration"] not in BASELINES]
    spread = float(np.median(losses) - min(losses))
    return Sample(
        question=found[0]["question"],
        size=found[0]["size"],
        squares=squares,
        judge=judge,
        truth=told,
        halves=(rows[: len(rows) // 2], rows[len(rows) // 2 :]),
        seconds={
            record["configuration"]: record["seconds"] for record in usable if record["configuration"] not in BASELINES
        },
        scale=max(spread, TINY),
        best=float(min(losses)),
    )


def _of_truth(values: np.ndarray, y: np.ndarray, *, squares: bool) -> np.ndarray:
    """Numbers as they are, else the probability of the true label."""
    if squares:
        return values[:, 0]
    if values.shape[1] == 1:
        return np.where(y == 1, values[:, 0], 1.0 - values[:, 0])
    return values[np.arange(len(y)), y.astype(np.int64)]


def _relative(given: Sequence[Sample], name: str) -> float:
    """Seconds in those of the median configuration."""
    shares = [s.seconds[name] / float(np.median(list(s.seconds.values()))) for s in given if name in s.seconds]
    return float(np.mean(shares)) if shares else 1.0
