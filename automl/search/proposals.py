"""What is tried next: baselines, then the portfolio in its order, then local search where a gain costs least."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import zip_longest

from automl.engines.base import Engine, Proposer
from automl.errors import SpecError, nearest
from automl.learners.base import Configurations, Learner, Params, Value
from automl.search.candidate import Candidate
from automl.search.cost.fidelity import Fidelity, at_rate, hurried
from automl.task import Task

MOST_HASTE = 2.0
REPEATS = 20  # proposals that were tried before, until one is taken as the last word of its search
ENOUGH = ((100, 4), (500, 8), (2_500, 15), (10_000, 40), (100_000, 100))  # rows: trials without a gain (AutoGluon)

Cost = Callable[[Candidate], float]
Haste = Callable[[Learner], float]
Key = tuple[str, tuple[tuple[str, Value], ...]]


def usable(
    learners: Mapping[str, Learner], names: Sequence[str], task: Task, *, categories: bool = True, texts: bool = True
) -> tuple[Learner, ...]:
    """The learners named (all if none are) that know the task, best first; baselines always take part.

    Without `categories` in the table, or without `texts`, what is for them takes part only where it is named.
    """
    for name in names:
        if name not in learners:
            close = nearest(name, learners)
            hint = f"did you mean '{close}'?" if close else f"known: {', '.join(learners)}"
            raise SpecError(f"no learner '{name}'", where="recipe.learners", hint=hint)

    def of_use(learner: Learner) -> bool:
        return (categories or not learner.categories) and (texts or not learner.texts)

    known = [
        learner
        for name, learner in learners.items()
        if task.kind in learner.kinds and (learner.baseline or name in names or (not names and of_use(learner)))
    ]
    return tuple(sorted(known, key=lambda learner: (learner.order, learner.name)))


def enough(rows: int) -> float:
    """How many trials without a gain end a search over so many rows: more would only fit the folds."""
    return next((trials for most, trials in ENOUGH if rows <= most), math.inf)


@dataclass(slots=True, kw_only=True)
class Proposals:
    """Hands out (learner, parameters) one at a time. `cost` is what a trial took, in seconds or counted work."""

    learners: tuple[Learner, ...]
    task: Task
    rows: int
    fidelity: Fidelity
    engine: Callable[[], Engine]
    seed: int
    cost: Cost
    tell: Callable[[str], None]  # what the user should know: one plain sentence
    warm: Configurations = ()  # what an earlier search found best: first of all, baselines aside
    order: Configurations = ()  # as measured; learners not in it follow
    early: int = 1  # how many of the order come before the learners for categories
    only: bool = False  # nothing is tried but baselines and what is `warm`
    _queue: list[tuple[Learner, Params]] = field(default_factory=list)
    _searches: dict[str, Proposer] = field(default_factory=dict)
    _tried: dict[Key, Candidate] = field(default_factory=dict)
    _broken: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        baselines = sorted((learner for learner in self.learners if learner.baseline), key=lambda learner: learner.cost)
        first = [(learner, params) for learner in baselines for params in learner.portfolio(self.task, self.rows)]
        warm = [entry for entry in self._named(self.warm) if not entry[0].baseline]
        self._queue += [*first, *warm, *([] if self.only else self._portfolio())]

    def next(self, candidates: Sequence[Candidate], haste: Haste) -> tuple[Learner, Params, bool] | None:
        """The next trial, and whether an engine proposed it and waits for its loss.

        `haste` says how many times too long a trial of a learner will take for the time left; up to `MOST_HASTE` a
        higher learning rate makes up for it. None if nothing is worth a trial or fits into the time.
        """
        self._queue = [entry for entry in self._queue if _key(*entry) not in self._tried]
        for place, (learner, params) in enumerate(self._queue):
            if learner.baseline or haste(learner) <= MOST_HASTE:
                del self._queue[place]
                if learner.baseline:
                    return learner, params, False
                return learner, at_rate(params, max(1.0, haste(learner)) * self.fidelity.rate), False
        for learner in self._ranked(candidates):
            factor = haste(learner)
            proposal = None
            if factor <= MOST_HASTE and learner.name not in self._broken:
                with self._contained(learner):
                    proposal = self._ask(learner, candidates)
            if proposal is not None:
                return learner, hurried(proposal, factor), factor <= 1.0
        return None

    def first(self) -> tuple[Learner, Params] | None:
        """The best learner's defaults: what is tried on fewer rows where there is time for nothing else."""
        return next((entry for entry in self._queue if not entry[0].baseline), None)

    def note(self, candidate: Candidate) -> None:
        """Remember a candidate that was started."""
        self._tried[_key(candidate.learner, candidate.params)] = candidate

    def observe(self, candidate: Candidate) -> None:
        """Tell the engine how a proposal did."""
        search = self._searches.get(candidate.learner.name)
        if search is not None and candidate.proposed:
            with self._contained(candidate.learner):
                search.observe(candidate.params, loss=candidate.first, seconds=self.cost(candidate))

    @contextmanager
    def _contained(self, learner: Learner) -> Iterator[None]:
        """An engine that fails ends its own search, never the run (R11)."""
        try:
            yield
        except Exception as error:  # noqa: BLE001  # an engine is a library of others
            self._broken.add(learner.name)
            self._searches.pop(learner.name, None)
            self.tell(f"the engine gave up on {learner.name}: {type(error).__name__}. Its portfolio goes on")

    def _named(self, entries: Configurations) -> list[tuple[Learner, Params]]:
        known = {learner.name: learner for learner in self.learners}
        return [(known[name], params) for name, params in entries if name in known]

    def _portfolio(self) -> list[tuple[Learner, Params]]:
        """The measured order, then the portfolios of the others in turns; what is for categories and texts early."""
        entries = {learner.name: learner.portfolio(self.task, self.rows) for learner in self.learners}
        named = {name for name, _ in self.order}
        unnamed = [learner for learner in self.learners if not learner.baseline and learner.name not in named]
        others = [learner for learner in unnamed if not (learner.categories or learner.texts)]
        ordered = self._named(self.order)
        for row in zip_longest(*([(learner, params) for params in entries[learner.name]] for learner in others)):
            ordered += [entry for entry in row if entry is not None]
        for place, own in ((self.early, "categories"), (1, "texts")):
            special = [learner for learner in unnamed if getattr(learner, own)]
            ordered[place:place] = [(learner, params) for learner in special for params in entries[learner.name]]
        return ordered

    def _ranked(self, candidates: Sequence[Candidate]) -> list[Learner]:
        """Learners by estimated cost for a gain (after Wang et al., FLAML, MLSys 2021).

        That is what a trial takes, more the longer nothing was gained and the further its best is from the best of all.
        """
        done = [c for c in candidates if 0 in c.losses]
        if not done or self.only:
            return []
        best, worst = min(c.first for c in done), max(c.first for c in done)
        costs: dict[str, float] = {}
        for learner in self.learners:
            of = [c for c in candidates if c.learner.name == learner.name and 0 in c.losses]
            if learner.baseline or not of or not learner.space(self.task, self.rows):
                continue
            firsts = [c.first for c in of]
            since = (
                len(firsts)
                - firsts.index(min(firsts))
                + sum(1 for c in candidates if c.learner.name == learner.name and not c.ended)
            )
            gap = (min(firsts) - best) / ((worst - best) or 1.0)
            mean = sum(self.cost(c) / len(c.losses) for c in of) / len(of)
            costs[learner.name] = mean * since * (1.0 + 50.0 * gap)
        return sorted((one for one in self.learners if one.name in costs), key=lambda one: costs[one.name])

    def _ask(self, learner: Learner, candidates: Sequence[Candidate]) -> Params | None:
        """A proposal that was not tried; the answers to those that were are given from memory."""
        search = self._searches.get(learner.name)
        if search is None:
            of = [c for c in candidates if c.learner.name == learner.name and 0 in c.losses]
            best = min(of, key=lambda c: c.first)
            search = self.engine().start(learner.space(self.task, self.rows), best.params, self.seed)
            search.observe(search.propose(), loss=best.first, seconds=self.cost(best))  # it begins at the best
            self._searches[learner.name] = search
        for _ in range(REPEATS):
            params = search.propose()
            known = self._tried.get(_key(learner, params))
            if known is None:
                return params
            if known.ended:
                search.observe(params, loss=known.first, seconds=self.cost(known))
        return None


def _key(learner: Learner, params: Params) -> Key:
    """Parameters that differ in the tenth digit only are the same."""
    return learner.name, tuple(sorted((k, float(f"{v:.9g}") if isinstance(v, float) else v) for k, v in params.items()))
