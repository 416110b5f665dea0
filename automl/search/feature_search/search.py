"""The search over features: groups of joint steps are tried with a small booster, and what beats noise is kept.

A group is what one joint step proposes. It stands if a booster that has it loses less on the predicted rows than one
that does not, paired over blocks of rows, and in every fold. Of a group only what outweighs permuted copies is taken.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain, pairwise

import numpy as np
from numpy.typing import NDArray

from automl import disk
from automl.features.base import Ask, Joint, Survey, joints
from automl.learners.base import Learner
from automl.registry import Registry
from automl.search.feature_search.columns import Columns
from automl.search.feature_search.gain import gain, mean_weight, price, row_losses
from automl.search.feature_search.lab import FOLDER, Lab
from automl.search.feature_search.probe import LEARNER, Probed
from automl.search.feature_search.survey import survey_of
from automl.search.problem import Problem
from automl.search.run import Run
from automl.search.schedule.estimates import usual_fit
from automl.spec.model import Spec

Floats = NDArray[np.float64]

BEYOND = 2.0  # standard errors that the gain of all that is kept must have: a dozen groups are tried
COLUMNS = 60  # of the base, the weightiest; the others cannot change what a group is worth by much
SHORTEST = (
    12.0  # seconds that the groups need on two cores (8 to 15 measured); in fewer it only takes time from learners
)
BRIEFEST = 4.0  # seconds that a brief group needs (see `Joint.brief`)
FEWEST_FITS = 5.0  # of a usual booster that the time must hold: with fewer it is worth more to the learners
NODE = 1.5e-6  # seconds that an operation of the graph takes for one row (decision 2)
LEAST_ROWS = 500  # fewer cannot tell a gain from noise
OF_LIMIT = 0.3  # of a limit on the latency, what further features may take
MOST_NODES = 400
KIND = "features"  # of a line in the journal


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """What one joint step gained: `gain` of the proper loss (a share of it), which is `errors` standard errors."""

    name: str
    proposed: int
    asks: tuple[Ask, ...]
    gain: float
    errors: float
    kept: bool
    text: str


def choose_features(problem: Problem, run: Run) -> Problem:
    """The problem with the joint steps that help, found within ``recipe.feature_search`` of the time.

    With ``budget.trials`` every group is tried, so that the choice follows counted work. A resumed run takes what its
    journal says. Where the share is too short for all groups, or the time for many fits, only those are tried that are
    brief on such data (see `Joint.brief`); and nothing where the package of learners lacks LightGBM.
    """
    known = recorded(run.folder.records)
    if known is not None:
        return replace(problem, asks=known)
    seconds = run.spec.recipe.feature_search * run.deadline.seconds
    brief = _is_brief(problem, run, seconds)
    steps = _steps(problem, run, seconds, brief=brief)
    if not steps:
        return problem
    until = None if run.counted else run.deadline.spent() + seconds
    lab = Lab.of(problem, run, seconds=seconds, until=until)
    groups = tuple(_search(lab, steps, _most_nodes(run.spec), brief=brief))
    run.executor.cancel()
    disk.discard(run.folder.path / FOLDER)
    asks = tuple(ask for group in groups if group.kept for ask in group.asks)
    run.folder.append({"kind": KIND, "groups": [_plain(group) for group in groups]})
    if not groups:
        run.tell("features", "no further features: none could be tried in the time for it")
    for group in groups:
        run.tell("features", group.text, group=group.name, gain=group.gain)
    return replace(problem, asks=asks)


def recorded(lines: Sequence[Mapping[str, object]]) -> tuple[Ask, ...] | None:
    """The joint steps that a journal says were chosen; None if it does not say."""
    for line in lines:
        if line.get("kind") == KIND:
            groups: list[dict[str, object]] = line["groups"]  # type: ignore[assignment]  # as `_plain` wrote it
            chosen = [ask for group in groups if group["kept"] for ask in group["asks"]]  # type: ignore[attr-defined]  # a list
            return tuple(Ask(step=str(step), columns=tuple(columns)) for step, columns in chosen)
    return None


def _is_brief(problem: Problem, run: Run, seconds: float) -> bool:
    """Whether only brief steps are tried; never with counted work.

    Where the search will hold few fits, both the trying and each further column take what learners lack.
    """
    few = run.deadline.left() * run.workers < FEWEST_FITS * usual_fit(problem)
    return not run.counted and (few or _in_time(run, seconds) < SHORTEST)


def _steps(problem: Problem, run: Run, seconds: float, *, brief: bool) -> tuple[Joint, ...]:
    """The joint steps that there is time to try, as far as the columns alone tell."""
    if LEARNER not in Registry(run.learners, Learner, "learner").all or seconds == 0.0 or problem.rows.n < LEAST_ROWS:
        return ()
    if not brief:
        return tuple(joints.all.values())
    unseen = Survey(
        columns=problem.schema.features, frame=problem.rows.frame, task=problem.task, weight={}, together={}
    )
    return tuple(step for step in joints.all.values() if _in_time(run, seconds) >= BRIEFEST and step.brief(unseen))


def _in_time(run: Run, seconds: float) -> float:
    return min(seconds, run.deadline.left() / 2)


def _search(lab: Lab, steps: Sequence[Joint], most_nodes: int, *, brief: bool) -> Iterator[Group]:
    base = lab.base()
    first = None if base is None else lab.probe(base)
    if base is None or first is None:
        return
    survey = survey_of(lab, base, first)
    if brief:
        steps = [step for step in steps if step.brief(survey)]
    if base.width > COLUMNS:
        base = base.best(mean_weight(first), COLUMNS)
        first = lab.probe(base)
        if first is None:
            return
    lost = row_losses(lab.drawn, first)
    weeded = _one_ahead(_weeded(lab, base, _one_ahead(_begun(lab, steps, base, survey, most_nodes))))
    tried = tuple(_judged(lab, base, lost, one) for one in weeded)
    kept = _together(lab, base, lost, tried)
    for one in tried:
        yield _group(one, kept=any(one is other for other in kept))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Begun:
    """A group under way: `columns` None if none of them outweighs permuted copies, `jobs` None if that is not known."""

    name: str
    proposed: int
    columns: Columns | None
    jobs: tuple[int, ...] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Tried:
    """A group that was probed: what it gains beside the base, how many standard errors that is, and less its price."""

    name: str
    proposed: int
    columns: Columns | None
    gain: float = 0.0
    errors: float = 0.0
    worth: float = 0.0
    lost: Floats | None = None  # of each predicted row, with these columns beside the base
    ended: bool = False  # the time, or a probe failed


def _one_ahead(items: Iterator[_Begun]) -> Iterator[_Begun]:
    """Each of `items` when the next one has begun: while the workers probe one, the next is made."""
    return (one for one, _ in pairwise(chain(items, (None,))) if one is not None)


def _begun(lab: Lab, steps: Sequence[Joint], base: Columns, survey: Survey, most_nodes: int) -> Iterator[_Begun]:
    """Each group beside permuted copies of itself."""
    for step in steps:
        asks = step.propose(survey)
        if not asks or lab.late():
            continue
        columns = lab.columns(asks).within(most_nodes)
        if columns.width:
            jobs = lab.submit_beside_copies(base, columns)
            yield _Begun(name=step.name, proposed=len(asks), columns=columns, jobs=jobs)


def _weeded(lab: Lab, base: Columns, begun: Iterator[_Begun]) -> Iterator[_Begun]:
    """What outweighs the copies, without them: noise among the columns would spoil what the others gain."""
    for one in begun:
        result = None if one.columns is None or one.jobs is None else lab.collect(one.jobs)
        if one.columns is None or result is None:
            yield replace(one, jobs=None)
            continue
        kept = _beyond_noise(base, one.columns, result)
        yield replace(one, columns=kept, jobs=() if kept is None else lab.submit(base.beside(kept)))


def _beyond_noise(base: Columns, columns: Columns, result: Sequence[Probed]) -> Columns | None:
    weight = mean_weight(result)
    own, copies = np.split(weight[base.width :], 2)
    kept = columns.asked({columns.owner[j] for j in np.flatnonzero(own > copies.max(initial=0.0)).tolist()})
    return kept if kept.width else None


def _judged(lab: Lab, base: Columns, lost: Floats, one: _Begun) -> _Tried:
    result = None if one.jobs is None else lab.collect(one.jobs)
    if one.columns is None or result is None:
        return _Tried(name=one.name, proposed=one.proposed, columns=None, ended=result is None)
    after = row_losses(lab.drawn, result)
    saved, errors = gain(lab.drawn, lost, after)
    return _Tried(
        name=one.name,
        proposed=one.proposed,
        columns=one.columns,
        gain=saved,
        errors=errors,
        worth=saved - price(base.width, base.width + one.columns.width),
        lost=after,
    )


def _together(lab: Lab, base: Columns, lost: Floats, tried: Sequence[_Tried]) -> list[_Tried]:
    """The groups that are kept: the best one, and each next one that still gains beside them.

    Together they have to gain more than noise would; a small gain may be beyond doubt only beside others.
    """
    kept: list[_Tried] = []
    beyond, current, before = 0, base, lost
    for one in sorted(tried, key=lambda one: -one.worth):
        if one.columns is None or one.lost is None or one.worth <= 0.0 or one.errors <= 0.0:
            continue
        wider, after = current.beside(one.columns), one.lost
        if kept:
            result = lab.probe(wider)
            if result is None:
                break
            after = row_losses(lab.drawn, result)
            if gain(lab.drawn, before, after)[0] <= price(current.width, wider.width):
                continue
        kept.append(one)
        current, before = wider, after
        if gain(lab.drawn, lost, after)[1] >= BEYOND:
            beyond = len(kept)
    return kept[:beyond]


def _most_nodes(spec: Spec) -> int:
    """Operations that further features may have, from the strictest limit on the latency."""
    limits = [limit for limit in (spec.limits.latency_p50, spec.limits.latency_p99) if limit is not None]
    return min([MOST_NODES, *(int(OF_LIMIT * limit / NODE) for limit in limits)])


def _group(one: _Tried, *, kept: bool) -> Group:
    what, asks = one.name.replace("_", " "), one.columns.asks if one.columns else ()
    size = f"{abs(one.gain):.2%} {'less' if one.gain >= 0.0 else 'more'} loss, "
    size += "not in every window of time" if one.gain > 0.0 >= one.errors else f"{one.errors:.1f} standard errors"
    nothing = "its probe did not end in time" if one.ended else "weighs no more than permuted copies of itself"
    told = size if asks else nothing
    end = f"kept, {len(asks)} of {one.proposed}" if kept else "left out"
    return Group(
        name=one.name,
        proposed=one.proposed,
        asks=asks,
        gain=one.gain,
        errors=one.errors,
        kept=kept,
        text=f"{what}: {told}; {end}",
    )


def _plain(group: Group) -> dict[str, object]:
    return {
        "name": group.name,
        "proposed": group.proposed,
        "asks": [[ask.step, list(ask.columns)] for ask in group.asks],
        "gain": group.gain,
        "errors": group.errors,
        "kept": group.kept,
        "text": group.text,
    }
