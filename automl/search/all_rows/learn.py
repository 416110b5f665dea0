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
from automl.learners.base import Matrix, Member, Params
from automl.metrics.base import Metric, score
from automl.ops.bulk import evaluate
from automl.search.ahead import looked_ahead
from automl.search.all_rows.bin_files import BinFiles, bin_files
from automl.search.all_rows.held import held_rows, said_of
from automl.search.all_rows.pace import FOREVER, Late, Pace, Phases, phases
from automl.search.candidate import Candidate
from automl.search.cost.more_rounds import LARGER, in_fewer
from automl.search.ensemble.greedy_selection import MOST_ROWS, select
from automl.search.ensemble.membership import out_of_fold
from automl.search.leaderboard import AllRows, Outcome, mixed
from automl.search.refit import final
from automl.search.schedule.estimates import (
    FEWER,
    WORTH,
    all_rows_rate,
    borne,
    learned,
    most_borne,
    note_crowding,
    reading_again,
    seconds_a_round,
    seconds_after,
    served_tightly,
)
from automl.search.schedule.jobs import memory
from automl.search.state import State
from automl.search.worker.binned_fit import BinnedFit, BinnedRequest
from automl.search.worker.fold_fit import FittedModel

Floats = NDArray[np.float64]
MOST_FITS = 3  # members that learn from all rows
HEAVY = 0.5  # of the ensemble: members of less are joined by the best other candidate that learns by chunks
LEAST = 1.0  # seconds of a fit
OWN = 120e6  # bytes of a worker beside what its learner keeps of the rows
FEWEST_JUDGES = 200  # rows below which nothing can be said of what is gained
BLOCKS = 20  # of the rows that judge, whose spread says what noise is
GROWTH = 4.0  # of the rows from one look of "auto" to the next
CHUNK = 16_384  # rows that are predicted at a time
TIME = "there was no time for more"
MARGIN = 1.25  # times the seconds that what comes after is likely to take
TRAINING = 0.85  # of the time of a fit, at the least; exporting takes the rest
TIMED = 1_024  # rows that show how long a model takes to predict


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
    except Late as late:
        found = str(late)
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
        f"{ours:.5g}, and {theirs:.5g} from the {n:,} rows that memory holds; {said_of(found.outcome.held)}"
    )
    state.run.tell("refit", text)
    held = 0 if found.outcome.held is None else found.outcome.held.rows.n
    return replace(found.outcome, all_rows=AllRows(shipped=True, rows=found.rows, of=unread.rows, text=text, held=held))


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
    if share < WORTH * unread.share:
        return why or "the sample holds nearly all of them"
    found: _Found | None = None
    for part in _steps(state, unread, share):
        before = found
        try:
            found = _at(state, outcome, unread, learning, part)
        except Late:
            if before is None:
                raise
            return replace(before, why=TIME)
        if before is not None and not _shows(before, found):
            break
    return replace(found, why=found.why or why) if found else "there are no more rows"


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
        rate = sum(all_rows_rate(state, one, unread) for one in learning)
        read = reading_again(state.problem, unread, crowded=state.crowded)
        until = _phases(state, learning)
        seconds = _training(state, until, until.fitted - state.run.deadline.spent() - read)
        limits[TIME] = seconds / max(FEWER * rate, 1e-12) / unread.rows
    why = min(limits, key=lambda name: limits[name])
    return min(1.0, limits[why]), why


def _phases(state: State, learning: Sequence[Candidate]) -> Phases:
    """The time from now on till what comes after, for a model of as many rounds and leaves as one may have."""
    if state.counted:
        return FOREVER
    rounds = max(most_borne(state, one) / (one.usual_rounds(state.problem) or 1) for one in learning)
    after = MARGIN * seconds_after(state, times=rounds if served_tightly(state) else LARGER * rounds)
    return phases(state.run.deadline.spent(), state.run.deadline.seconds - after)


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


def _at(state: State, outcome: Outcome, unread: UnreadRows, learning: Sequence[Candidate], share: float) -> _Found:
    """The members that can, fitted on a share of all rows, with the others or without, as other rows say.

    Raises Late where there is no time for that.
    """
    until = _phases(state, learning)
    pace = Pace(
        share=share,
        least=min(share, WORTH * unread.share),
        clock=state.run.deadline.spent,
        phases=until,
        stopped=lambda: bool(state.run.stop.asked()),
    )
    state.run.tell("refit", "reading all rows by chunks", left=state.run.deadline.left())
    sample = state.matrices.matrix(final(state))
    with bin_files(state.run.folder.path, outcome.plan, sample, unread, pace) as files:
        if len(files.judge.y) < FEWEST_JUDGES:
            raise Late("too few rows are left to judge by")
        state.run.tell("refit", f"fitting on {files.n:,} rows by chunks", left=state.run.deadline.left())
        fits = _fits(state, unread, learning, files, until)
        if not fits:
            raise Late("no fit on them came to its end")
        found = _best(state, outcome, files, fits, until)
    return replace(found, why=TIME) if pace.share < share else found


def _fits(
    state: State, unread: UnreadRows, learning: Sequence[Candidate], files: BinFiles, until: Phases
) -> dict[Candidate, BinnedFit]:
    """The fits that came to their end; one at a time, for the memory is that of one."""
    fits = dict[Candidate, BinnedFit]()
    for number, candidate in enumerate(learning):
        rates = [all_rows_rate(state, other, unread) for other in learning[number:]]
        part = rates[0] / max(sum(rates), 1e-12)
        seconds = math.inf if state.counted else part * (until.fitted - state.run.deadline.spent())
        if seconds < LEAST:
            break
        state.run.executor.submit(_job(state, candidate, number, files, seconds=seconds, until=until))
        done: tuple[Done, ...] = ()
        while not done:
            if state.run.leaves_out("further fits on all rows", "refit"):
                state.run.executor.cancel()
                return fits
            done = state.run.wait(1.0)
            note_crowding(state)
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


def _job(state: State, candidate: Candidate, number: int, files: BinFiles, *, seconds: float, until: Phases) -> Job:
    """One fit, which half of the time for judging may still end; then it is killed, and the others go without it."""
    stop = replace(
        files.stop,
        values=np.ascontiguousarray(files.stop.values[:, files.kept]),
        features=files.rows.features,
    )
    training = _training(state, until, seconds)
    request = BinnedRequest(
        rows=files.rows,
        kept=files.kept,
        columns=len(files.stop.features),
        valid=stop,
        learner=candidate.learner.name,
        params=_params(state, candidate, files, training),
        task=state.problem.task,
        seed=state.run.seed,
        seconds=training,
        threads=state.run.workers,
        parity=state.matrices.parity(final(state)),
        package=state.run.learners,
    )
    hard = seconds if math.isinf(seconds) else seconds + (until.end - until.fitted) / 2
    return Job(
        id=number,
        function="automl.search.worker.binned_fit:run",
        arguments={"request": request},
        seconds=min(hard, max(1.0, state.run.deadline.left())),
        memory=memory(state.run, 1),
    )


def _params(state: State, candidate: Candidate, files: BinFiles, seconds: float) -> Params:
    """Those of the search, and the rounds at the most; where these or the `seconds` are short, it learns faster."""
    most = most_borne(state, candidate)
    run = min(most, seconds / max(files.n * seconds_a_round(state, candidate), 1e-12))
    params = in_fewer(
        candidate.params,
        borne(state, candidate, files.n) / run,
        times=files.n / learned(state, candidate),
        columns=len(files.kept),
        tight=served_tightly(state),
    )
    return {**params, "rounds": most}


def _training(state: State, until: Phases, seconds: float) -> float:
    """Of so many seconds of a fit those to boost in: exporting is a part of what comes after, and takes no more."""
    return max(TRAINING * seconds, seconds - (state.run.deadline.seconds - until.end))


def _best(
    state: State, outcome: Outcome, files: BinFiles, fits: Mapping[Candidate, BinnedFit], until: Phases
) -> _Found:
    """The ensemble of what learned from all rows and the other members, by the rows on which the former stopped.

    As many rows judge as there is time for. Raises Late where these are too few.
    """
    known = {one.id: one for one in state.candidates}
    members = [known[number] for number, _ in outcome.board.weights]
    sample = dict(zip(members, map(_fitted, outcome.members, outcome.native), strict=True))
    models = sample | {candidate: fit.fitted for candidate, fit in fits.items()}
    pool, loss = tuple(models), state.problem.loss
    judges = _judges(state, [models[one].member for one in pool], files.stop, until)
    stop = files.stop.head(judges)
    known_by = {one: _predicted(models[one].member, stop) for one in pool}
    chosen = select(
        list(known_by.values()),
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
    judge = files.judge.head(judges)
    judged = [_predicted(member, judge) for member in found.members]
    ours = mixed(found.weights, judged)
    theirs = mixed(outcome.weights, [_predicted(member, judge) for member in outcome.members])
    return _Found(
        outcome=replace(found, held=held_rows(files.judges, [known_by[one] for one in shares], judged)),
        rows=files.n,
        late=any(fit.late for fit in fits.values()),
        losses=(score(loss, judge.y, theirs, judge.weight), score(loss, judge.y, ours, judge.weight)),
        judges=len(judge.y),
        blocks=_blocks(loss, judge, ours),
    )


def _judges(state: State, members: Sequence[Member], rows: Matrix, until: Phases) -> int:
    """So many rows can all members predict in time, twice: where they are chosen, and where these are judged."""
    if state.counted:
        return MOST_ROWS
    begun, few = state.run.deadline.spent(), rows.head(TIMED)
    for member in members:
        _predicted(member, few)
    now = state.run.deadline.spent()
    found = min(MOST_ROWS, int(len(few.y) * (until.end - now) / max(2 * (now - begun), 1e-9)))
    if found < FEWEST_JUDGES:
        raise Late("there was no time to judge what learned from all rows")
    return found


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
