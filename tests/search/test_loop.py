"""The search finds what there is to find, survives its learners, and keeps to its time."""

from __future__ import annotations

import json
import math
import signal
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from automl.budget import Deadline
from automl.errors import AutomlError, SpecError, Stopped
from automl.executors.base import Done, Executor, Job
from automl.executors.inline import InlineExecutor
from automl.executors.local import LocalExecutor
from automl.features.plan_fit import transform
from automl.learners.base import Learner
from automl.learners.constant import CONSTANT
from automl.learners.lightgbm import LIGHTGBM
from automl.metrics.base import get, score
from automl.ops.bulk import evaluate
from automl.progress import Event, silent
from automl.search.candidate import Candidate
from automl.search.cost.reserve import AfterSearch, reserve_seconds
from automl.search.leaderboard import Outcome
from automl.search.loop import _hopes, search
from automl.search.problem import Matrices, Problem
from automl.search.run import Run
from automl.search.rundir import RunDir
from automl.search.schedule import repeated_cv
from automl.search.worker.model_size import NOTHING
from automl.spec import Spec
from automl.stop_request import StopRequest

MakeSpec = Callable[..., Spec]
MakeProblem = Callable[..., Problem]
Simulate = Callable[[Callable[[Job], float]], Any]


def run(
    problem: Problem,
    spec: Spec,
    rundir: RunDir,
    executor: Executor,
    *,
    listener: Callable[[Event], None] = silent,
    deadline: Deadline | None = None,
    learners: str = "fake_learners",
    stop: StopRequest | None = None,
) -> Outcome:
    given = Run(
        spec=spec,
        deadline=deadline or Deadline.of(spec.budget.time),
        executor=executor,
        folder=rundir,
        listener=listener,
        learners=learners,
        stop=stop or StopRequest(),
    )
    return search(problem, given).outcome


def second_each(job: Job) -> float:
    return 1.0


@pytest.mark.parametrize("binary", [True, False])
def test_outcome_is_what_its_members_say(
    make_spec: MakeSpec, make_problem: MakeProblem, rundir: RunDir, *, binary: bool
) -> None:
    """Weights sum to 1, every row is predicted out of fold, and native scores are those of the members' expressions."""
    spec = make_spec(trials=4)
    problem = make_problem(spec, binary=binary)
    outcome = run(problem, spec, rundir, InlineExecutor(workers=1))
    assert sum(outcome.weights) == pytest.approx(1.0)
    assert outcome.board.weights == tuple(zip([i for i, _ in outcome.board.weights], outcome.weights, strict=True))
    assert outcome.oof.shape == (problem.rows.n, 1)
    assert np.isfinite(outcome.oof).all()
    values = transform(outcome.plan, problem.rows.frame[outcome.parity_rows])
    for member, native in zip(outcome.members, outcome.native, strict=True):
        raw = evaluate({"raw": member.raw}, {}, features=values)["raw"]
        np.testing.assert_allclose(np.asarray(raw), native, rtol=1e-9)
    best = score(get("roc_auc" if binary else "r2"), problem.rows.y, outcome.oof)
    assert best > (0.85 if binary else 0.7)
    assert {member.learner for member in outcome.members} == {"ridge"}


def test_refit_takes_the_mean_of_the_rounds(make_spec: MakeSpec, make_problem: MakeProblem, rundir: RunDir) -> None:
    """Members are refitted for as many rounds as the folds kept on average."""
    spec = make_spec(trials=2)
    outcome = run(make_problem(spec), spec, rundir, InlineExecutor(workers=1))
    assert {member.params["rounds"] for member in outcome.members} == {7}


def test_baselines_come_first(make_spec: MakeSpec, make_problem: MakeProblem, rundir: RunDir) -> None:
    """R11: the first trial that ends is the baseline's, on every fold, whatever the recipe's learners are."""
    spec = make_spec(trials=3)
    outcome = run(make_problem(spec), spec, rundir, InlineExecutor(workers=1))
    first = outcome.board.trials[0]
    assert (first.learner, first.status, first.folds) == ("mean", "ok", 4)


def test_all_others_fail(make_spec: MakeSpec, make_problem: MakeProblem, rundir: RunDir) -> None:
    """R11: when every learner but the constant fails, the constant is what comes out, and the board says why."""
    spec = make_spec(learners=("raises", "infinite"), trials=4)
    outcome = run(make_problem(spec), spec, rundir, InlineExecutor(workers=1))
    assert [member.learner for member in outcome.members] == ["mean"]
    failed = {trial.learner: (trial.status, trial.detail) for trial in outcome.board.trials if trial.status != "ok"}
    assert failed["raises"] == ("error", "ValueError: no good")
    assert failed["infinite"] == ("error", "ValueError: raw scores that are not finite")


def test_nothing_succeeded(make_spec: MakeSpec, make_problem: MakeProblem, rundir: RunDir) -> None:
    """R11: if even the constant fails the search ends with the reason, exit code 1."""
    spec = make_spec(learners=(), trials=2)
    with pytest.raises(AutomlError, match="not even the constant") as caught:
        run(make_problem(spec), spec, rundir, InlineExecutor(workers=1), learners="failing_learners")
    assert caught.value.exit_code == 1
    assert "nothing to count" in str(caught.value)


def test_learners_that_die(make_spec: MakeSpec, make_problem: MakeProblem, rundir: RunDir) -> None:
    """R01, R03: a learner that eats memory and one that segfaults cost a trial each; the search goes on."""
    spec = make_spec(learners=("crashes", "hogs", "raises", "ridge"), trials=5, memory="150MB")
    executor = LocalExecutor(workers=1, preload=("numpy", "automl.search.worker.fold_fit", "scipy.sparse"))
    try:
        outcome = run(make_problem(spec), spec, rundir, executor)
    finally:
        executor.close()
    status = {trial.learner: trial.status for trial in outcome.board.trials}
    assert (status["crashes"], status["hogs"], status["raises"]) == ("crashed", "memory", "error")
    assert {member.learner for member in outcome.members} == {"ridge"}


def test_hanging_learner(make_spec: MakeSpec, make_problem: MakeProblem, rundir: RunDir, simulate: Simulate) -> None:
    """R02: a learner that hangs is stopped by its job's deadline while there is time for others."""
    spec = make_spec(learners=("hangs", "ridge"), seconds=200)
    executor = simulate(lambda job: math.inf if job.arguments["request"].learner == "hangs" else 1.0)
    outcome = run(make_problem(spec), spec, rundir, executor, deadline=Deadline.of(200.0, clock=executor.clock))
    assert {trial.learner: trial.status for trial in outcome.board.trials}["hangs"] == "timeout"
    assert {member.learner for member in outcome.members} == {"ridge"}


@pytest.mark.parametrize(
    ("budget", "price"), [(10.0, 0.1), (10.0, 0.5), (10.0, 4.0), (60.0, 1.5), (60.0, 4.0), (60.0, 12.0), (60.0, 50.0)]
)
def test_time_is_held_and_used(
    make_spec: MakeSpec,
    make_problem: MakeProblem,
    rundir: RunDir,
    simulate: Simulate,
    budget: float,
    price: float,
) -> None:
    """R10: whatever a fit takes, the reserve is left at the end; and no more than what a fit could not have used.

    Where only a baseline would ship, a learner under way may take what the promise has as slack.
    """
    spec = make_spec(seconds=budget)
    problem = make_problem(spec, n=12_000)
    executor = simulate(lambda job: 0.02 if job.arguments["request"].learner == "mean" else price)
    deadline = Deadline.of(budget, clock=executor.clock)
    outcome = run(problem, spec, rundir, executor, deadline=deadline)
    after = AfterSearch(calibrated=problem.rows.n, judged=0, columns=3, reading=1e-5, width=1, ranked=True)
    reserve = reserve_seconds(budget, after, NOTHING)
    slack = 0.0 if any(member.learner == "ridge" for member in outcome.members) else 0.05 * budget + 2.0
    assert deadline.spent() + reserve <= budget + slack + 0.1
    assert outcome.members
    assert deadline.left() <= reserve + 3.0 + 4.0 * 1.3 * price + 0.1 * budget


def test_few_rows_end_the_search_early(
    make_spec: MakeSpec,
    make_problem: MakeProblem,
    rundir: RunDir,
    simulate: Simulate,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """On 240 rows a search ends after 8 trials without a gain: more would only fit the folds."""
    monkeypatch.setattr(repeated_cv, "MOST", 1)
    spec = make_spec(seconds=10_000)
    executor = simulate(second_each)
    outcome = run(make_problem(spec), spec, rundir, executor, deadline=Deadline.of(1e4, clock=executor.clock))
    losses = [trial.loss for trial in outcome.board.trials if trial.learner == "ridge"]
    assert 8 < len(losses) < 60
    assert outcome.stopped is None


def test_same_seed_same_search(make_spec: MakeSpec, make_problem: MakeProblem, tmp_path: Path) -> None:
    """R12: with `budget.trials` two searches choose the same, whatever the clock does."""

    def outcome(name: str, price: Callable[[Job], float]) -> Outcome:
        spec = make_spec(trials=6, seconds=1000)
        executor = InlineExecutor(workers=1)
        ticks = iter(np.cumsum([price(None) for _ in range(10_000)]))  # type: ignore[arg-type]
        deadline = Deadline(seconds=1e9, start=0.0, clock=lambda: float(next(ticks)))
        with RunDir.open(tmp_path / name, identity={}) as rundir:
            return run(make_problem(spec), spec, rundir, executor, deadline=deadline)

    one, two = outcome("one", lambda _: 0.001), outcome("two", lambda _: 3.0)
    assert [(t.learner, t.params, t.loss) for t in one.board.trials] == [
        (t.learner, t.params, t.loss) for t in two.board.trials
    ]
    assert one.board.weights == two.board.weights
    np.testing.assert_array_equal(one.oof, two.oof)


def test_counted_trials(make_spec: MakeSpec, make_problem: MakeProblem, rundir: RunDir) -> None:
    """`budget.trials` caps the trials; baselines are not counted."""
    spec = make_spec(trials=3)
    outcome = run(make_problem(spec), spec, rundir, InlineExecutor(workers=1))
    assert sum(trial.learner != "mean" for trial in outcome.board.trials) == 3


def test_counted_trials_cut_by_the_clock_say_so(
    make_spec: MakeSpec, make_problem: MakeProblem, rundir: RunDir, simulate: Simulate
) -> None:
    """R12: a counted search that the deadline ends says that it does not reproduce."""
    spec = make_spec(trials=500, seconds=60)
    executor = simulate(second_each)
    problem = make_problem(spec, n=12_000)
    outcome = run(problem, spec, rundir, executor, deadline=Deadline.of(60.0, clock=executor.clock))
    assert outcome.stopped is not None
    assert "does not reproduce" in outcome.stopped


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_stopped_by_a_signal(
    make_spec: MakeSpec, make_problem: MakeProblem, rundir: RunDir, number: signal.Signals
) -> None:
    """S10: Ctrl-C and SIGTERM end the search with the best so far, and the outcome says so."""
    spec = make_spec()
    seen = []
    stop = StopRequest()

    def listener(event: Event) -> None:
        seen.append(event)
        if len(seen) == 3:
            stop.receive(number)

    outcome = run(make_problem(spec), spec, rundir, InlineExecutor(workers=1), listener=listener, stop=stop)
    assert outcome.stopped == f"stopped by {number.name}"
    assert stop.left_out == ["further trials"]
    assert outcome.members
    assert sum(trial.status == "ok" for trial in outcome.board.trials) == 3


def test_events_tell_the_story(make_spec: MakeSpec, make_problem: MakeProblem, rundir: RunDir) -> None:
    """Each trial is told with its number, learner, score, the best so far and the seconds left."""
    events: list[Event] = []
    spec = make_spec(trials=3)
    run(make_problem(spec), spec, rundir, InlineExecutor(workers=1), listener=events.append)
    trials = [event for event in events if event.stage == "search"]
    assert [event.facts["trials"] for event in trials] == [1, 2, 3, 4]
    assert all({"learner", "score", "best", "left"} <= set(event.facts) for event in trials)
    best = [event.facts["best"] for event in trials]
    assert best == sorted(best)  # type: ignore[type-var]
    assert events[-1].stage == "refit"


def test_journal_has_every_trial(make_spec: MakeSpec, make_problem: MakeProblem, rundir: RunDir) -> None:
    """Every trial of the leaderboard is a line of the journal, a failed one without a loss."""
    spec = make_spec(learners=("raises", "ridge"), trials=3)
    outcome = run(make_problem(spec), spec, rundir, InlineExecutor(workers=1))
    lines = [json.loads(line) for line in (rundir.path / "journal.jsonl").read_text().splitlines()]
    lines = [line for line in lines if line["kind"] == "trial"]
    assert [line["id"] for line in lines] == [trial.id for trial in outcome.board.trials]
    assert {line["loss"] for line in lines if line["learner"] == "raises"} == {None}


def test_metric_without_a_value(make_spec: MakeSpec, make_problem: MakeProblem, rundir: RunDir) -> None:
    """R17: rows of one class have no AUC: the trial has a loss and no score, and the search ends well."""
    spec = make_spec(trials=2)
    problem = make_problem(spec)
    problem.rows.y[:] = 0.0
    outcome = run(problem, spec, rundir, InlineExecutor(workers=1))
    assert {trial.score for trial in outcome.board.trials} == {None}
    assert all(math.isfinite(trial.loss) for trial in outcome.board.trials)


def test_wrong_learner(make_spec: MakeSpec, make_problem: MakeProblem, rundir: RunDir) -> None:
    """S01: a learner that does not exist is answered with the nearest one."""
    spec = make_spec(learners=("rigde",))
    with pytest.raises(SpecError, match="did you mean 'ridge'"):
        run(make_problem(spec), spec, rundir, InlineExecutor(workers=1))


def test_weights_are_used(make_spec: MakeSpec, make_problem: MakeProblem, rundir: RunDir) -> None:
    """Row weights reach the learners and the loss."""
    spec = make_spec(trials=1)
    plain = make_problem(spec)
    weighted = make_problem(spec, weighted=True)
    losses = [
        run(problem, spec, rundir, InlineExecutor(workers=1)).board.trials[0].loss for problem in (plain, weighted)
    ]
    assert losses[0] != losses[1]


def test_resume(make_spec: MakeSpec, make_problem: MakeProblem, tmp_path: Path) -> None:
    """R04: a resumed run takes over the trials that had ended, tries none of them again, and may choose them."""
    spec = make_spec(trials=3)
    problem, identity = make_problem(spec), {"spec": "s"}
    with RunDir.open(tmp_path / "x.run", identity=identity) as rundir:
        before = run(problem, spec, rundir, InlineExecutor(workers=1))
    with (tmp_path / "x.run" / "journal.jsonl").open("ab") as journal:
        journal.write(b'{"kind": "trial", "id": 99, "lo')
    spec = make_spec(trials=5)
    with RunDir.open(tmp_path / "x.run", identity=identity, resume=True) as rundir:
        after = run(problem, spec, rundir, InlineExecutor(workers=1))
    assert after.board.trials[: len(before.board.trials)] == before.board.trials
    assert len(after.board.trials) == len(before.board.trials) + 2
    tried = [(trial.learner, tuple(trial.params.items())) for trial in after.board.trials]
    assert len(tried) == len(set(tried))
    assert {place for place, _ in after.board.weights} <= {trial.id for trial in after.board.trials}


def test_time_ends_within_a_candidate(
    make_spec: MakeSpec, make_problem: MakeProblem, rundir: RunDir, simulate: Simulate
) -> None:
    """A candidate with most of its folds done when the time ends still counts; the other rows have no prediction."""

    def price(job: Job) -> float:
        request = job.arguments["request"]
        if request.learner == "mean" or job.function.endswith("refit"):
            return 0.1
        return 1.0 if request.matrix.name == "fold-0" else 12.0

    spec = make_spec(seconds=60)
    problem = make_problem(spec, n=1000)
    executor = simulate(price)
    outcome = run(problem, spec, rundir, executor, deadline=Deadline.of(60.0, clock=executor.clock))
    assert {member.learner for member in outcome.members} == {"ridge"}
    missing = np.flatnonzero(np.isnan(outcome.oof[:, 0]))
    np.testing.assert_array_equal(missing, problem.folds[3].valid)


def test_spare_time_goes_into_repeats(
    make_spec: MakeSpec, make_problem: MakeProblem, rundir: RunDir, simulate: Simulate
) -> None:
    """Few rows with time to spare: the best few are cross-validated again on other folds, each with a plan of its own.

    The ensemble is theirs; its out-of-fold prediction is the mean of the repeats.
    """
    spec = make_spec(seconds=100)
    problem = make_problem(spec, n=96)
    executor = simulate(second_each)
    outcome = run(problem, spec, rundir, executor, deadline=Deadline.of(100.0, clock=executor.clock))
    again = [trial for trial in outcome.board.trials if trial.folds > 4]
    assert len(again) >= 2
    assert {trial.folds for trial in again} <= {8, 12, 16, 20, 24, 28, 32, 36, 40}
    assert {place for place, _ in outcome.board.weights} <= {trial.id for trial in again}
    assert np.isfinite(outcome.oof).all()
    plans = {job.arguments["request"].matrix.name for job in executor.ran if not job.function.endswith("refit")}
    assert len(plans) >= 8
    only = next(place for place, _ in outcome.board.weights)
    means = np.mean([rundir.load(f"oof/{only}{end}") for end in ("", "-again-1")], axis=0)
    assert not np.array_equal(means, rundir.load(f"oof/{only}"))


def test_repeats_survive_a_resume(
    make_spec: MakeSpec, make_problem: MakeProblem, tmp_path: Path, simulate: Simulate
) -> None:
    """R04: a resumed run has the repeats that had ended; none of them runs again."""
    spec = make_spec(seconds=100)
    problem = make_problem(spec, n=96)

    def outcome(*, resume: bool) -> tuple[Outcome, set[tuple[str, str]]]:
        executor = simulate(second_each)
        with RunDir.open(tmp_path / "x.run", identity={}, resume=resume) as rundir:
            found = run(problem, spec, rundir, executor, deadline=Deadline.of(100.0, clock=executor.clock))
        return found, {
            (str(job.arguments["request"].params), job.arguments["request"].matrix.name) for job in executor.ran
        }

    before, first = outcome(resume=False)
    after, second = outcome(resume=True)
    known = {trial.id: trial for trial in before.board.trials}
    assert all(trial.folds >= known[trial.id].folds for trial in after.board.trials if trial.id in known)
    assert max(trial.folds for trial in before.board.trials) > 4
    assert {name for _, name in first & second} <= {"all"}


def test_what_is_under_way_at_the_end_is_on_the_board(
    make_spec: MakeSpec, make_problem: MakeProblem, rundir: RunDir, simulate: Simulate
) -> None:
    """A candidate that the time cut off is a trial of the leaderboard that says how far it came."""
    spec = make_spec(seconds=60)
    executor = simulate(lambda job: 0.1 if job.arguments["request"].learner == "mean" else 22.0)
    problem = make_problem(spec, n=12_000)
    outcome = run(problem, spec, rundir, executor, deadline=Deadline.of(60.0, clock=executor.clock))
    stopped = [trial for trial in outcome.board.trials if trial.status == "stopped"]
    assert stopped
    assert stopped[0].detail == "the time ended, 0 of 1 folds done"


def test_stopped_before_anything_stands(make_spec: MakeSpec, make_problem: MakeProblem, rundir: RunDir) -> None:
    """S10: a search that is stopped before a baseline was predicted ends as stopped, and can be resumed."""
    stop = StopRequest()

    class Stopping(InlineExecutor):
        def wait(self, seconds: float) -> tuple[Done, ...]:
            del seconds
            with suppress(Stopped):  # as a library does that handles signals in its own way
                stop.receive(signal.SIGTERM)
            return ()

    spec = make_spec()
    with pytest.raises(Stopped, match="--resume") as caught:
        run(make_problem(spec), spec, rundir, Stopping(workers=1), stop=stop)
    assert caught.value.exit_code == 128 + signal.SIGTERM


def test_too_little_time_for_all_rows(
    make_spec: MakeSpec, make_problem: MakeProblem, rundir: RunDir, simulate: Simulate
) -> None:
    """With seconds left and many rows, the first learner is fitted in a hurry on some of them, and ships as it is."""
    spec = make_spec(seconds=10)
    problem = make_problem(spec, n=400_000)

    def price(job: Job) -> float:
        request = job.arguments["request"]
        return 0.1 if request.learner == "mean" else 1e-6 * (request.sample or 300_000)

    executor = simulate(price)
    executor.now = 10.0
    deadline = Deadline(seconds=10.0, start=0.0, clock=executor.clock)
    outcome = run(problem, spec, rundir, executor, deadline=deadline)
    sampled = next(trial for trial in outcome.board.trials if trial.learner == "ridge")
    assert "of 300,000 rows" in sampled.detail
    assert {member.learner for member in outcome.members} == {"ridge"}


def test_a_baseline_is_waited_for(
    make_spec: MakeSpec, make_problem: MakeProblem, rundir: RunDir, simulate: Simulate
) -> None:
    """R11: when reading has taken all the time, the search still waits for one baseline: else there is no bundle."""
    spec = make_spec(seconds=10)
    executor = simulate(lambda job: 0.1)
    executor.now = 12.0
    deadline = Deadline(seconds=10.0, start=0.0, clock=executor.clock)
    outcome = run(make_problem(spec), spec, rundir, executor, deadline=deadline)
    assert [member.learner for member in outcome.members] == ["mean"]


def test_large_data_is_halved_successively(
    make_spec: MakeSpec, make_problem: MakeProblem, rundir: RunDir, simulate: Simulate
) -> None:
    """Many candidates are tried on few rows, the best climb to all; the same rows judge them, and what ships had all.

    One is tried on all rows at once. The journal knows the rungs: a resumed search climbs on from there.
    """
    spec = make_spec(seconds=20)
    problem = make_problem(spec, n=100_000)
    executor = simulate(lambda job: 0.1 if job.arguments["request"].learner == "mean" else 2e-5 * rows_of(job))
    outcome = run(problem, spec, rundir, executor, deadline=Deadline.of(20.0, clock=executor.clock))
    tried = [trial for trial in outcome.board.trials if trial.learner == "ridge" and trial.status == "ok"]
    count = {rows: sum(trial.rows == rows for trial in tried) for rows in (10_000, 40_000, 75_000)}
    assert min(tried, key=lambda trial: trial.id).rows == 75_000
    assert count[10_000] > count[40_000] >= count[75_000] - 1 >= 1
    assert {trial.detail for trial in tried if trial.rows == 10_000} == {"tried on 10,000 of 75,000 rows"}
    weights = dict(outcome.board.weights)
    assert {trial.rows for trial in tried if trial.id in weights} == {75_000}
    lines = [json.loads(line) for line in (rundir.path / "journal.jsonl").read_text().splitlines()]
    lines = [line for line in lines if line["kind"] == "trial"]
    origin = {line["id"]: line["origin"] for line in lines}
    rows = {line["id"]: line["rows"] for line in lines}
    assert all(rows[at] > rows[origin[at]] for at in origin if origin[at] is not None)


@pytest.mark.parametrize(
    ("left", "stands", "flies", "hopes"),
    [
        (10.0, CONSTANT, True, True),
        (4.0, CONSTANT, True, False),
        (10.0, LIGHTGBM, True, False),
        (10.0, CONSTANT, False, False),
    ],
    ids=["time is left", "the reserve begins", "another stands", "nothing is under way"],
)
def test_the_first_learner_is_waited_for(
    monkeypatch: pytest.MonkeyPatch, left: float, stands: Learner, *, flies: bool, hopes: bool
) -> None:
    """R10: it may take the time of refits and the slack while nothing but baselines stands, but not the reserve."""
    monkeypatch.setattr("automl.search.loop.seconds_reserved", lambda state: 8.0)
    monkeypatch.setattr("automl.search.loop.slack", lambda state: 3.0)
    first = Candidate(id=1, learner=LIGHTGBM, params={})
    state: Any = SimpleNamespace(
        counted=False,
        whole=[Candidate(id=0, learner=stands, params={})],
        flying={0: (first, 0)} if flies else {},
        run=SimpleNamespace(deadline=SimpleNamespace(seconds=60.0, spent=lambda: 60.0 - left)),
    )
    assert _hopes(state) is hopes


def rows_of(job: Job) -> int:
    return int(job.arguments["request"].sample or 75_000)


def test_counted_trials_on_large_data(make_spec: MakeSpec, make_problem: MakeProblem, tmp_path: Path) -> None:
    """R12: with `budget.trials` rungs look at rows and losses alone, and a climb is not counted as a trial."""

    def outcome(name: str) -> Outcome:
        spec = make_spec(trials=3, seconds=1000)
        with RunDir.open(tmp_path / name, identity={}) as rundir:
            return run(make_problem(spec, n=100_000), spec, rundir, InlineExecutor(workers=1))

    one, two = outcome("one"), outcome("two")
    told = [[(t.learner, t.params, t.loss, t.rows) for t in found.board.trials] for found in (one, two)]
    assert told[0] == told[1]
    assert one.board.weights == two.board.weights
    begun = sorted(one.board.trials, key=lambda trial: trial.id)
    rungs = [trial.rows for trial in begun if trial.learner == "ridge"]
    assert rungs.count(10_000) == 2
    assert rungs.count(40_000) == 1
    assert rungs[0] == 75_000


def test_slow_plans_mean_fewer_folds(
    make_spec: MakeSpec,
    make_problem: MakeProblem,
    rundir: RunDir,
    simulate: Simulate,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Each fold fits the plan again: if the first takes 20 s of a minute, there is a holdout and time for learners."""
    executor = simulate(lambda job: 0.5)
    matrix = Matrices.matrix

    def slow(self: Matrices, fold: int | None) -> Any:
        executor.now += 0.0 if self.has(fold) else 20.0
        return matrix(self, fold)

    monkeypatch.setattr(Matrices, "matrix", slow)
    spec = make_spec(seconds=60)
    outcome = run(make_problem(spec), spec, rundir, executor, deadline=Deadline.of(60.0, clock=executor.clock))
    assert {trial.folds for trial in outcome.board.trials if trial.status == "ok"} == {1}
    assert {member.learner for member in outcome.members} == {"ridge"}
