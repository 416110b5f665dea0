"""The search over features: groups of joint steps are tried with a small booster, and what beats noise is kept.

A group is what one joint step proposes. It stands if a booster that has it loses less on the predicted rows than one
that does not, paired row by row over the folds; and of a group only what weighs more than the best permuted copy.
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from automl.budget import Deadline
from automl.executors.base import Executor
from automl.features.base import Ask, Survey, joints
from automl.learners.base import Learner
from automl.ops.expr import Expr, walk
from automl.progress import Event, Listener
from automl.registry import Registry
from automl.search.feature_job import LEARNER, Probed
from automl.search.feature_lab import FOLDER, Columns, Lab
from automl.search.problem import Problem
from automl.search.rundir import RunDir
from automl.spec.model import Spec

Floats = NDArray[np.float64]

BEYOND = 2.5  # standard errors that a gain must have: a dozen groups are tried
BESIDE = 1.0  # the same of a further group beside those that stand
COLUMNS = 60  # of the base, the weightiest; the others cannot change what a group is worth by much
SHORTEST = 4.0  # seconds that a search over features needs
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


def choose_features(
    problem: Problem,
    *,
    spec: Spec,
    deadline: Deadline,
    executor: Executor,
    rundir: RunDir,
    listener: Listener,
    learners: str,
) -> Problem:
    """The problem with the joint steps that help, found within ``recipe.feature_search`` of the time.

    With ``budget.trials`` every group is tried, so that the choice follows counted work. A resumed run takes what its
    journal says. Nothing is tried where the share is too short, or the package of `learners` lacks LightGBM.
    """
    known = recorded(rundir.records)
    if known is not None:
        return replace(problem, asks=known)
    counted, seconds = spec.budget.trials is not None, spec.recipe.feature_search * deadline.seconds
    if LEARNER not in Registry(learners, Learner, "learner").all or seconds == 0.0 or problem.rows.n < LEAST_ROWS:
        return problem
    if not counted and min(seconds, deadline.left() / 2) < SHORTEST:
        return problem
    until = None if counted else time.monotonic() + seconds
    lab = Lab.of(
        problem, executor=executor, rundir=rundir, memory=int(spec.budget.memory / executor.workers), until=until
    )
    groups = tuple(_search(lab, _most_nodes(spec)))
    executor.cancel()
    shutil.rmtree(rundir.path / FOLDER, ignore_errors=True)
    asks = tuple(ask for group in groups if group.kept for ask in group.asks)
    rundir.append({"kind": KIND, "groups": [_plain(group) for group in groups]})
    for group in groups:
        listener(Event(stage="features", text=group.text, facts={"group": group.name, "gain": group.gain}))
    return replace(problem, asks=asks)


def recorded(lines: Sequence[Mapping[str, object]]) -> tuple[Ask, ...] | None:
    """The joint steps that a journal says were chosen; None if it does not say."""
    for line in lines:
        if line.get("kind") == KIND:
            groups: list[dict[str, object]] = line["groups"]  # type: ignore[assignment]  # as `_plain` wrote it
            chosen = [ask for group in groups if group["kept"] for ask in group["asks"]]  # type: ignore[attr-defined]  # a list
            return tuple(Ask(step=str(step), columns=tuple(columns)) for step, columns in chosen)
    return None


def _search(lab: Lab, most_nodes: int) -> Iterator[Group]:
    base = lab.base()
    first = lab.probe([base])[0]
    if first is None:
        return
    survey = _survey(lab, base, first)
    if base.width > COLUMNS:
        base = base.best(lab.mean_weight(first), COLUMNS)
        first = lab.probe([base])[0]
        if first is None:
            return
    lost = lab.losses(first)
    tried = list(_tried(lab, base, survey, most_nodes))
    results = lab.probe([base.beside(columns) for _, _, columns in tried if columns is not None])
    found = []
    for (name, proposed, columns), result in zip(
        [entry for entry in tried if entry[2] is not None], results, strict=True
    ):
        if columns is not None and result is not None:
            found.append((name, proposed, columns, *lab.gain(lost, lab.losses(result))))
    kept = _together(lab, base, lost, [(columns, gain, errors) for _, _, columns, gain, errors in found])
    told = {
        name: _group(name, proposed, columns, gain, errors, any(columns is one for one in kept))
        for name, proposed, columns, gain, errors in found
    }
    for name, proposed, _ in tried:
        yield told.get(name) or _nothing(name, proposed)


def _tried(lab: Lab, base: Columns, survey: Survey, most_nodes: int) -> Iterator[tuple[str, int, Columns | None]]:
    """Each step's name, how many asks it had, and those of its columns that weigh more than permuted copies."""
    waiting = []
    for step in joints.all.values():
        asks = step.propose(survey)
        if not asks or lab.late():
            continue
        columns = lab.columns(asks).within(most_nodes)
        if columns.width:
            waiting.append((step.name, len(asks), columns, lab.submit(base.beside(columns), shadowed=base.width)))
    results = lab.collect([job for *_, job in waiting])
    for (name, proposed, columns, _), result in zip(waiting, results, strict=True):
        yield name, proposed, None if result is None else _beyond_noise(lab, base, columns, result)


def _beyond_noise(lab: Lab, base: Columns, columns: Columns, result: Sequence[Probed]) -> Columns | None:
    weight = lab.mean_weight(result)
    own, copies = np.split(weight[base.width :], 2)
    kept = columns.asked({columns.owner[j] for j in np.flatnonzero(own > copies.max(initial=0.0)).tolist()})
    return kept if kept.width else None


def _together(lab: Lab, base: Columns, lost: Floats, found: list[tuple[Columns, float, float]]) -> list[Columns]:
    """The groups that stand: the best one, and each next one that still gains beside them."""
    standing = sorted((one for one in found if one[1] > 0.0 and one[2] >= BEYOND), key=lambda one: -one[1])
    kept = [columns for columns, _, _ in standing[:1]]
    if not standing:
        return kept
    current, result = base.beside(standing[0][0]), None
    for columns, _, _ in standing[1:]:
        if lab.late():
            break
        if result is None:
            first = lab.probe([current])[0]
            if first is None:
                break
            lost = lab.losses(first)
        result = lab.probe([current.beside(columns)])[0]
        if result is None:
            break
        gain, errors = lab.gain(lost, lab.losses(result))
        if gain > 0.0 and errors >= BESIDE:
            kept.append(columns)
            current, lost = current.beside(columns), lab.losses(result)
    return kept


def _survey(lab: Lab, base: Columns, result: Sequence[Probed]) -> Survey:
    """The weight of features, and of two features one after the other, as weights of raw columns."""
    weight: dict[str, float] = {}
    together: dict[tuple[str, str], float] = {}
    for one in result:
        for j, value in enumerate(one.weight.tolist()):
            for name in base.sources[j]:
                weight[name] = weight.get(name, 0.0) + value
        for (i, j), value in one.together.items():
            for first in base.sources[i]:
                for second in base.sources[j]:
                    if first != second:
                        pair = (min(first, second), max(first, second))
                        together[pair] = together.get(pair, 0.0) + value
    return Survey(
        columns=lab.problem.schema.features,
        frame=lab.rows.frame,
        task=lab.problem.task,
        weight=weight,
        together=together,
    )


def nodes(exprs: Sequence[Expr]) -> int:
    """The operations that a graph needs for `exprs`, leaves not counted."""
    return sum(1 for part in walk(*exprs) if part.parts())


def _most_nodes(spec: Spec) -> int:
    """Operations that further features may have, from the strictest limit on the latency."""
    limits = [limit for limit in (spec.limits.latency_p50, spec.limits.latency_p99) if limit is not None]
    return min([MOST_NODES, *(int(OF_LIMIT * limit / NODE) for limit in limits)])


def _group(name: str, proposed: int, columns: Columns, gain: float, errors: float, kept: bool) -> Group:
    what = name.replace("_", " ")
    size = f"{abs(gain):.2%} {'less' if gain >= 0.0 else 'more'} loss, {errors:.1f} standard errors"
    verdict = f"kept, {len(columns.asks)} of {proposed}" if kept else "left out"
    return Group(
        name=name,
        proposed=proposed,
        asks=columns.asks,
        gain=gain,
        errors=errors,
        kept=kept,
        text=f"{what}: {size}; {verdict}",
    )


def _nothing(name: str, proposed: int) -> Group:
    text = f"{name.replace('_', ' ')}: weighs no more than permuted copies of itself; left out"
    return Group(name=name, proposed=proposed, asks=(), gain=0.0, errors=0.0, kept=False, text=text)


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
