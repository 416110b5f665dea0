"""The twin that ships: the judged model's members fitted once more on train and test together, and how alike it is."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import polars as pl
from numpy.typing import NDArray

from automl.bundle.lineage import TwinRecord
from automl.data.rows import Prepared
from automl.errors import BundleError
from automl.graph.parity import check_parity
from automl.pipeline.choose import ChosenModel, assembled, graph_of, reader_of, score_rows
from automl.search.problem import Problem
from automl.search.refit_members import NO_TIME, Refitted, refit_members
from automl.search.run import Run

Floats = NDArray[np.float64]
Answers = Mapping[str, NDArray[np.generic]]
ALIKE = 0.95  # of Spearman's correlation on the train rows, at the least
CHANGED = 0.05  # of the train rows may be decided otherwise
SPREAD = 0.1  # of the numbers' standard deviation


@dataclass(frozen=True, slots=True, kw_only=True)
class Twin:
    """`choice` is the model on all rows, None where it does not ship: then `record.reason` says why."""

    record: TwinRecord
    choice: ChosenModel | None = None


def make_twin(run: Run, problem: Problem, data: Prepared, choice: ChosenModel, *, needs: float, after: float) -> Twin:
    """Fit the members of `choice` on all rows that are known, those of the gap before test among them.

    Curve and policy stay, as they were learned out of fold. The twin ships where its graph is proven equal to its
    parts, and where on the train rows it ranks as the judged one does and decides alike: whatever was judged holds for
    it then. Else the judged one does, and says why. So it does where the time is short: the fits are expected to take
    `needs` seconds, and `after` them is as much to do.
    """
    rows = data.known
    seconds = math.inf if run.counted else run.deadline.left() - after
    if choice.outcome.all_rows is not None and choice.outcome.all_rows.shipped:
        return _refused(run, "its members learned from more rows than memory holds", rows.n)
    if needs >= seconds:
        return _refused(run, NO_TIME, rows.n)
    if run.leaves_out("a twin on all rows", "refit"):
        return _refused(run, "the fit was stopped", rows.n)
    run.tell("refit", "fitting the members once more on train and test together")
    found = refit_members(choice.outcome.members, rows, problem, run, seconds=seconds)
    if isinstance(found, str):
        return _refused(run, found, rows.n)
    try:
        twin = refitted(choice, found, data, rows.inputs[found.parity_rows])
    except BundleError as error:
        return _refused(run, error.what, rows.n)
    threads = run.spec.budget.workers
    ours, theirs = (score_rows(one.model, data.train.inputs, threads=threads) for one in (choice, twin))
    record = compared(ours, theirs, rows=rows.n, error=choice.oof.error)
    then = "it ships" if record.shipped else f"it does not ship: that takes {ALIKE} and at most {CHANGED:.0%}"
    run.tell("refit", f"the twin on all {rows.n:,} rows: {record.reason}; {then}")
    return Twin(record=record, choice=twin if record.shipped else None)


def compared(ours: Answers, theirs: Answers, *, rows: int, error: float) -> TwinRecord:
    """Whether the twin of all `rows` ships, by how it and the judged model answer the train rows; see `likeness`."""
    rank, changed = likeness(ours, theirs, error=error)
    train = len(next(iter(ours.values())))
    reason = f"on {train:,} train rows both rank alike by {rank:.3f} and decide otherwise in {changed:.1%}"
    alike = rank >= ALIKE and changed <= CHANGED
    return TwinRecord(shipped=alike, rows=rows, rank=rank, changed=changed, reason=reason)


def likeness(ours: Answers, theirs: Answers, *, error: float) -> tuple[float, float]:
    """How alike two graphs answer the same rows: the least rank correlation of their predictions, and decisions.

    The second is the share of rows that are decided otherwise; of numbers, those whose decisions are farther apart than
    a tenth of their spread, or than the root mean square `error` that ours makes out of fold, whichever is more: two
    numbers that a model's own error cannot tell apart are one answer.
    """
    name = "probability" if "probability" in ours else "prediction"
    rank = min(_spearman(one, other) for one, other in zip(_columns(ours[name]), _columns(theirs[name]), strict=True))
    decided = "decision" if "decision" in ours else name
    one, other = ours[decided].reshape(-1), theirs[decided].reshape(-1)
    if one.dtype.kind != "f":
        return rank, float(np.mean(one != other))
    apart = np.abs(one.astype(np.float64) - other.astype(np.float64))
    far = max(SPREAD * float(np.nanstd(one.astype(np.float64))), error) if one.size else 0.0
    return rank, float(np.mean(apart > far)) if one.size else 0.0


def _columns(values: NDArray[np.generic]) -> list[Floats]:
    return list(values.astype(np.float64).reshape(len(values), -1).T)


def _spearman(one: Floats, other: Floats) -> float:
    """Spearman's correlation; 1 where neither tells rows apart, 0 where one does and the other does not."""
    ranks = [pl.Series(values).rank().to_numpy() for values in (one, other)]
    spread = [float(np.std(rank)) for rank in ranks]
    if not all(spread):
        return float(spread[0] == spread[1])
    return float(np.corrcoef(ranks[0], ranks[1])[0, 1])


def refitted(choice: ChosenModel, found: Refitted, data: Prepared, rows: pl.DataFrame) -> ChosenModel:
    """The model with other members behind its curve and policy. BundleError where its graph is wrong on `rows`."""
    outcome = replace(
        choice.outcome,
        plan=found.plan,
        members=found.members,
        native=found.native,
        parity_rows=found.parity_rows,
    )
    assembly = assembled(outcome, data, choice.calibration, choice.policy)
    parity = check_parity(assembly, rows, found.native, tuple(member.learner for member in found.members))
    if not parity.ok:
        raise BundleError(parity.reason, where="parity")
    reader = reader_of(data, {column.name for column in assembly.inputs}, choice.policy.columns)
    model = graph_of(assembly, choice.policy)
    return replace(choice, outcome=outcome, assembly=assembly, model=model, reader=reader, parity=parity)


def _refused(run: Run, reason: str, rows: int) -> Twin:
    run.tell("refit", f"the twin on all {rows:,} rows does not ship: {reason}")
    return Twin(record=TwinRecord(shipped=False, rows=rows, rank=0.0, changed=1.0, reason=reason))
