"""The members that can learn by chunks, fitted on all rows in place of the sample, where rows that judge say so."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from automl.data.rows import UnreadRows
from automl.errors import AutomlError, Stopped
from automl.executors.base import Done, Job
from automl.learners._stopping import MOST_ROUNDS
from automl.learners.base import Matrix, Member
from automl.metrics.base import Metric, score
from automl.ops.bulk import evaluate
from automl.search.ahead import looked_ahead
from automl.search.all_rows.bin_files import BinFiles, bin_files
from automl.search.candidate import Candidate
from automl.search.ensemble.greedy_selection import MOST_ROWS, select
from automl.search.ensemble.membership import out_of_fold
from automl.search.leaderboard import AllRows, Outcome, mixed
from automl.search.refit import final
from automl.search.schedule.estimates import READING, all_rows_rate, seconds_after
from automl.search.schedule.jobs import memory
from automl.search.state import State
from automl.search.worker.binned_fit import BinnedFit, BinnedRequest
from automl.search.worker.fold_fit import FittedModel

Floats = NDArray[np.float64]
MOST_FITS = 3  # members that learn from all rows
HEAVY = 0.5  # of the ensemble: members of less are joined by the best other candidate that learns by chunks
LEAST = 1.0  # seconds of a fit
MORE_ROUNDS = 4  # times those that the sample took, at the most: more rows bear more, and each has to be served
OWN = 120e6  # bytes of a worker beside what its learner keeps of the rows
FEWEST_JUDGES = 200  # rows below which nothing can be said of what is gained
WORTH = 1.2  # times the rows of the sample that all rows must be
BLOCKS = 20  # of the rows that judge, whose spread says what noise is
GROWTH = 4.0  # of the rows from one look of "auto" to the next
CHUNK = 16_384  # rows that are predicted at a time
LATE = 5.0  # seconds that a fit may take beyond its time
NO_TIME = "the time ended before its features were computed"


class _Late(Exception):
    """There is no time for what is under way."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Found:
    """An outcome, the rows it learned from, and whether the time ended one of its fits.

    `losses` are those on the `judges` rows that judge: of the sample's members, and of these. `blocks` are parts of the
    latter.
    """

    outcome: Outcome
    rows: int
    late: bool
    losses: tuple[float, float]
    judges: int
    blocks: Floats
    why: str = ""  # what held it back from all rows


def learn_from_all(state: State, outcome: Outcome) -> Outcome:
    """The outcome with its members fitted on all rows, or as it is; `Outcome.all_rows` says what became of them.

    Features that look at the target keep what the sample has told of it.
    """
    unread, n = state.problem.unread, state.problem.rows.n
    if unread is None:
        return outcome
    if isinstance(unread, str):
        return _stays(state, outcome, unread, of=0)
    try:
        found = _learned(state, outcome, unread)
    except Stopped:
        raise
    except _Late:
        found = NO_TIME
    except AutomlError as error:
        found = str(error)
    if isinstance(found, str):
        return _stays(state, outcome, found, of=unread.rows)
    ours, theirs = found.losses[1], found.losses[0]
    name, told = state.problem.loss.name, f"on {found.judges:,} rows that no model learned from"
    if not ours <= theirs:
        why = f"{told} {name} would be {ours:.5g} in place of {theirs:.5g}"
        return _stays(state, outcome, why, of=unread.rows)
    end = f" ({found.why})" if found.why else ", when the time ended" if found.late else ""
    text = (
        f"the members learned from {found.rows:,} of about {unread.rows:,} rows, by chunks{end}: {told} {name} is "
        f"{ours:.5g}, and {theirs:.5g} from the {n:,} rows that memory holds"
    )
    state.run.tell("refit", text)
    return replace(found.outcome, all_rows=AllRows(shipped=True, rows=found.rows, of=unread.rows, text=text))


def _stays(state: State, outcome: Outcome, why: str, *, of: int) -> Outcome:
    n = state.problem.rows.n
    rows = f"{n:,} of about {of:,} rows" if of else f"{n:,} rows alone"
    text = f"the members learned from {rows}: {why}"
    state.run.tell("refit", text)
    return replace(outcome, all_rows=AllRows(shipped=False, rows=n, of=of, text=text))


def _learned(state: State, outcome: Outcome, unread: UnreadRows) -> _Found | str:
    """What was found, or why nothing was."""
    learning = able(state, outcome)
    if not learning:
        return "nothing that was tried learns by chunks"
    if state.run.leaves_out("learning from all rows", "refit"):
        return "the fit was stopped"
    share, why = _share(state, outcome, unread, learning)
    if share * unread.rows < WORTH * unread.share * unread.rows:
        return why or "the sample holds nearly all of them"
    found: _Found | str = "there are no more rows"
    for part in _steps(state, unread, share):
        before, found = found, _at(state, outcome, unread, learning, part)
        if isinstance(found, str) or (isinstance(before, _Found) and not _shows(before, found)):
            break
    return replace(found, why=why) if isinstance(found, _Found) else found


def able(state: State, outcome: Outcome) -> list[Candidate]:
    """The candidates that learn by chunks: members, the weightiest first; where they weigh little, the best other."""
    weights = dict(outcome.board.weights)
    known = [one for one in state.whole if one.learner.fit_binned is not None and one.rounds and not one.soft_targets]
    members = sorted((one for one in known if one.id in weights), key=lambda one: (-weights[one.id], one.id))[
        :MOST_FITS
    ]
    others = sorted((one for one in known if one.id not in weights), key=lambda one: (one.first, one.id))[:1]
    heavy = sum(weights[one.id] for one in members) >= HEAVY
    return members if heavy else [*members, *others]


def _share(state: State, outcome: Outcome, unread: UnreadRows, learning: Sequence[Candidate]) -> tuple[float, str]:
    """The share of all rows that is asked for and fits into memory and time, and what holds it back."""
    asked = state.run.spec.data.rows
    limits = {"": 1.0 if isinstance(asked, str) else asked / unread.rows}
    columns = len(outcome.plan.features)
    row = max(for_row + for_cell * columns for for_row, for_cell in (one.learner.bytes_a_row for one in learning))
    limits["budget.memory holds no more"] = (memory(state.run, 1) - OWN) / row / unread.rows
    if not state.counted:
        rate = sum(all_rows_rate(state, one) for one in learning)
        seconds = state.run.deadline.left() - _after(state) - READING * columns * unread.rows
        limits["there was no time for more"] = seconds / max(rate, 1e-12) / unread.rows
    why = min(limits, key=lambda name: limits[name])
    return min(1.0, limits[why]), why


def _after(state: State) -> float:
    """Seconds for what comes after: a model of more rounds than those that it was counted for."""
    return 1.5 * seconds_after(state)


def _steps(state: State, unread: UnreadRows, share: float) -> list[float]:
    """The shares of all rows that are learned from one after the other: with "auto" more and more."""
    steps, part = list[float](), GROWTH * unread.share
    while state.run.spec.data.rows == "auto" and part * WORTH < share:
        steps.append(part)
        part *= GROWTH
    return [*steps, share]


def _shows(before: _Found, found: _Found) -> bool:
    """Whether as many times more rows once more are likely to bring more than noise: half of what the last ones did."""
    gain = before.blocks - found.blocks
    return float(gain.mean()) / 2 > float(gain.std(ddof=1)) / math.sqrt(gain.size)


def _at(
    state: State, outcome: Outcome, unread: UnreadRows, learning: Sequence[Candidate], share: float
) -> _Found | str:
    """The members that can, fitted on a share of all rows, with the others or without, as other rows say."""
    end = state.run.deadline.left() - _after(state)
    enough = end / 2  # of the time for fits

    def going(_rows: int) -> None:
        if state.run.stop.asked() or (not state.counted and state.run.deadline.left() - _after(state) < enough):
            raise _Late

    state.run.tell("refit", "reading all rows by chunks", left=state.run.deadline.left())
    sample = state.matrices.matrix(final(state))
    with bin_files(state.run.folder.path, outcome.plan, sample, unread, share=share, going=going) as files:
        if len(files.judge.y) < FEWEST_JUDGES:
            return "too few rows are left to judge by"
        state.run.tell("refit", f"fitting on {files.n:,} rows by chunks", left=state.run.deadline.left())
        fits = _fits(state, learning, files)
        if not fits:
            return "no fit on them came to its end"
        return _best(state, outcome, files, fits)


def _fits(state: State, learning: Sequence[Candidate], files: BinFiles) -> dict[Candidate, BinnedFit]:
    """The fits that came to their end; one at a time, for the memory is that of one."""
    fits = dict[Candidate, BinnedFit]()
    for number, candidate in enumerate(learning):
        seconds = math.inf
        if not state.counted:
            rates = [all_rows_rate(state, other) for other in learning[number:]]
            seconds = (state.run.deadline.left() - _after(state)) * rates[0] / max(sum(rates), 1e-12)
            if seconds < LEAST:
                break
        state.run.executor.submit(_job(state, candidate, number, files, seconds=seconds))
        done: tuple[Done, ...] = ()
        while not done:
            if state.run.leaves_out("further fits on all rows", "refit"):
                state.run.executor.cancel()
                return fits
            done = state.run.wait(1.0)
        if isinstance(done[0].value, BinnedFit):
            fits[candidate] = done[0].value
            text = (
                f"{candidate.learner.name} learned from {files.n:,} rows in {done[0].value.fitted.member.rounds} rounds"
            )
            state.run.tell("refit", text, left=state.run.deadline.left())
        else:
            why = f"{done[0].status}. {done[0].detail}"
            state.run.tell("refit", f"{candidate.learner.name} could not be fitted on all rows: {why}")
    return fits


def _job(state: State, candidate: Candidate, number: int, files: BinFiles, *, seconds: float) -> Job:
    limits = state.run.spec.limits
    tight = any((limits.latency_p50, limits.latency_p99, limits.size, limits.memory, limits.throughput))
    usual = candidate.usual_rounds(state.problem) or 1
    stop = replace(
        files.stop,
        values=np.ascontiguousarray(files.stop.values[:, files.kept]),
        features=files.rows.features,
    )
    request = BinnedRequest(
        rows=files.rows,
        kept=files.kept,
        columns=len(files.stop.features),
        valid=stop,
        learner=candidate.learner.name,
        params={**candidate.params, "rounds": usual if tight else max(usual, min(MORE_ROUNDS * usual, MOST_ROUNDS))},
        task=state.problem.task,
        seed=state.run.seed,
        seconds=seconds,
        threads=state.run.workers,
        parity=state.matrices.parity(final(state)),
        package=state.run.learners,
    )
    left = max(1.0, state.run.deadline.left())
    return Job(
        id=number,
        function="automl.search.worker.binned_fit:run",
        arguments={"request": request},
        seconds=left if math.isinf(seconds) else min(left, seconds + LATE),
        memory=memory(state.run, 1),
    )


def _best(state: State, outcome: Outcome, files: BinFiles, fits: Mapping[Candidate, BinnedFit]) -> _Found:
    """The ensemble of what learned from all rows and the other members, by the rows on which the former stopped."""
    known = {one.id: one for one in state.candidates}
    members = [known[number] for number, _ in outcome.board.weights]
    sample = dict(zip(members, map(_fitted, outcome.members, outcome.native), strict=True))
    models = sample | {candidate: fit.fitted for candidate, fit in fits.items()}
    pool, loss = tuple(models), state.problem.loss
    stop = files.stop.head(MOST_ROWS)
    chosen = select(
        [_predicted(models[one].member, stop) for one in pool],
        stop.y,
        stop.weight,
        loss,
        members=state.run.spec.recipe.members,
        seed=state.run.seed,
    )
    shares = {pool[place]: share for place, share in chosen.items()}
    found = replace(
        outcome,
        board=replace(outcome.board, weights=tuple((one.id, share) for one, share in shares.items())),
        members=tuple(models[one].member for one in shares),
        native=tuple(models[one].native for one in shares),
        weights=tuple(shares.values()),
        oofs=out_of_fold(state.run.folder, shares),
        ahead=looked_ahead(state.problem, state.run.folder, list(shares), state.fidelity.folds),
    )
    judge = files.judge.head(MOST_ROWS)
    ours = mixed(found.weights, [_predicted(member, judge) for member in found.members])
    theirs = mixed(outcome.weights, [_predicted(member, judge) for member in outcome.members])
    return _Found(
        outcome=found,
        rows=files.n,
        late=any(fit.late for fit in fits.values()),
        losses=(score(loss, judge.y, theirs, judge.weight), score(loss, judge.y, ours, judge.weight)),
        judges=len(judge.y),
        blocks=_blocks(loss, judge, ours),
    )


def _fitted(member: Member, native: Floats) -> FittedModel:
    return FittedModel(member=member, native=native)


def _predicted(member: Member, rows: Matrix) -> Floats:
    """The prediction [n, width] of rows with the values of all features."""
    chunks = np.split(rows.values, range(CHUNK, len(rows.y), CHUNK))
    return np.concatenate([np.asarray(evaluate({"p": member.prediction}, {}, features=part)["p"]) for part in chunks])


def _blocks(loss: Metric, rows: Matrix, prediction: Floats) -> Floats:
    """The loss in blocks of the rows, each spread over all of them."""
    weight = rows.weight if rows.weight is not None else np.ones(len(rows.y))
    parts = [slice(first, None, BLOCKS) for first in range(BLOCKS)]
    return np.array([score(loss, rows.y[part], prediction[part], weight[part]) for part in parts])
