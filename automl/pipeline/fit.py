"""The story of a fit, from a spec to a bundle or a refusal; each stage is a function of values."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from automl.budget import Deadline
from automl.errors import LimitRefusal, VerdictRefusal
from automl.pipeline.preflight import Given, Preflight, backend_of, metric_of, preflight, refuse_the_impossible
from automl.pipeline.warm import after_first, warm
from automl.progress import Event, Listener, silent
from automl.spec import Spec, load, parse

if TYPE_CHECKING:
    from automl.bundle.read import Bundle
    from automl.data.rows import Prepared
    from automl.decide.policy.decision_policy import DecisionPolicy
    from automl.decide.verdict.verdict import Verdict
    from automl.executors.base import Executor
    from automl.gates.base import GateVerdict, Measured
    from automl.pipeline.choose import Choice
    from automl.pipeline.judge import Judgement
    from automl.search.leaderboard import Board, Outcome
    from automl.search.problem import Problem
    from automl.search.rundir import RunDir


@dataclass(frozen=True)
class Fit:
    """What a fit gives: the bundle's folder, its proof, and the board of all trials."""

    path: Path
    board: Board
    judgement: Judgement
    gates: tuple[GateVerdict, ...]
    stopped: str | None  # why the search ended early, in plain words
    signal: int | None  # of Ctrl-C or SIGTERM: this is the best so far
    seconds: float

    @property
    def verdict(self) -> Verdict | None:
        """The verdict in money, None where the spec names no costs."""
        return self.judgement.verdict

    @cached_property
    def bundle(self) -> Bundle:
        """The bundle, opened and checked."""
        from automl.bundle.read import Bundle

        return Bundle.load(self.path)

    @property
    def exit_code(self) -> int:
        """0; 5 where deploying is not shown to pay (the bundle was asked for all the same); 130 or 143 if stopped."""
        if self.signal is not None:
            return 128 + self.signal
        return VerdictRefusal.exit_code if self.verdict and not self.verdict.worth else 0

    def summary(self) -> dict[str, Any]:
        """The fit as JSON values: what `automl fit --json` prints."""
        from automl.bundle.manifest import plain

        return {
            "bundle": str(self.path),
            "worth": self.verdict.worth if self.verdict else None,
            "verdict": plain(self.verdict),
            "scores": plain(self.judgement.scores),
            "gates": plain(self.gates),
            "members": [[trial, weight] for trial, weight in self.board.weights],
            "trials": len(self.board.trials),
            "stopped": self.stopped,
            "seconds": round(self.seconds, 2),
        }


def fit(
    spec: Spec | Path | str | dict[str, Any],
    *,
    train: Any = None,
    test: Any = None,
    tables: Mapping[str, Any] | None = None,
    out: Path | str | None = None,
    resume: bool = False,
    write_anyway: bool = False,
    listener: Listener = silent,
    started: float | None = None,
) -> Fit:
    """Search within the budget, and write a bundle that keeps every limit.

    `spec` is a `Spec`, the path of a spec file, or its values. `train` and `test` are frames (polars, pandas, arrow)
    that stand in for the files of ``[data]``, `tables` those for the files of ``[data.tables]``, by name. `out` is the
    bundle's folder, by default the spec's name with ``.bundle``; the run folder ``.run`` stands beside it. `started` is
    the monotonic time at which the budget began.

    Raises an `AutomlError`, whose `exit_code` says which: `LimitRefusal` where a limit fails, `VerdictRefusal` where
    deploying is not shown to pay (with `write_anyway` the bundle is written all the same, and says so).
    """
    start = time.monotonic() if started is None else started
    spec = _spec(spec)
    deadline = Deadline(seconds=spec.budget.time, start=start)
    given = Given(train=train, test=test, tables=tables or {})
    with ExitStack() as stack:
        executor = _start(spec, stack)
        ready = preflight(spec, out, given, deadline=deadline, listener=listener)
        place, data, policy = ready.place, ready.data, ready.policy
        run = _open(spec, data, place, stack, resume=resume)
        _refuse_the_impossible(ready, run)
        told = _with_money(listener, run, data, policy)
        outcome = _search(spec, ready.problem, deadline, executor, run, after_first("search", told, warm))
        choice, measured = _ship(spec, data, outcome, policy, run, place, deadline, listener)
        judgement = _judge(spec, data, choice, listener)
        staged = _stage(spec, data, choice, judgement, place, listener)
        gates = _measure(spec, staged, deadline, listener, measured)
        done = Fit(
            path=place,
            board=choice.outcome.board,
            judgement=judgement,
            gates=gates,
            stopped=outcome.stopped,
            signal=outcome.signal,
            seconds=deadline.spent(),
        )
        _refuse_or_finish(done, staged, run, write_anyway=write_anyway)
    listener(Event(stage="done", text=f"wrote {place}", facts={"left": deadline.left()}))
    return done


def _spec(given: Spec | Path | str | dict[str, Any]) -> Spec:
    if isinstance(given, Spec):
        return given
    return parse(given) if isinstance(given, dict) else load(given)


def _start(spec: Spec, stack: ExitStack) -> Executor:
    """Start the workers first: their libraries load while the data is read."""
    executor = backend_of(spec).start(workers=spec.budget.workers)
    stack.callback(executor.close)
    return executor


def _refuse_the_impossible(ready: Preflight, run: RunDir) -> None:
    """As a dry run does, with the story of the refusal in the run folder."""
    from automl.pipeline.refuse import write_story
    from automl.search.leaderboard import Board

    if ready.broken:
        write_story(run.path, board=Board(trials=(), weights=()), gates=ready.broken)
    refuse_the_impossible(ready.broken)


def _open(spec: Spec, data: Prepared, place: Path, stack: ExitStack, *, resume: bool) -> RunDir:
    """Take the run folder beside the bundle; a run is that of its spec (but for time and workers) and its data."""
    from automl.bundle.manifest import canonical
    from automl.search.rundir import RunDir

    said = spec.resolved()
    said["budget"] = {key: value for key, value in said["budget"].items() if key not in {"time", "workers"}}
    identity = {"spec": _digest(canonical(said)), "data": _digest(canonical(dict(data.digests)))}
    return stack.enter_context(RunDir.open(place.with_suffix(".run"), identity=identity, resume=resume))


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _with_money(listener: Listener, run: RunDir, data: Prepared, policy: DecisionPolicy) -> Listener:
    """The listener, told what the decisions of each new best candidate would save."""
    from automl.decide.verdict.quick_saving import quick_saving

    def listen(event: Event) -> None:
        if policy.in_money and (oof := event.facts.get("oof")):
            saving = quick_saving(run.load(str(oof)), data.train, policy)
            event = replace(event, facts={**event.facts, "money": saving, "currency": policy.currency})
        listener(event)

    return listen


def _search(
    spec: Spec, problem: Problem, deadline: Deadline, executor: Executor, run: RunDir, listener: Listener
) -> Outcome:
    from automl.search.loop import search

    return search(
        problem=problem,
        spec=spec,
        deadline=deadline,
        executor=executor,
        rundir=run,
        listener=listener,
        seed=spec.budget.seed,
    )


def _choose(
    spec: Spec, data: Prepared, outcome: Outcome, policy: DecisionPolicy, run: RunDir, listener: Listener
) -> Choice:
    from automl.pipeline.choose import choose
    from automl.pipeline.refuse import write_story

    listener(Event(stage="decide", text="calibrating, and writing the model as one graph"))
    try:
        choice = choose(outcome, data, policy, seed=spec.budget.seed)
    except LimitRefusal as refused:
        write_story(run.path, board=outcome.board, unpromised=str(refused))
        raise
    for reason in choice.left_out:
        listener(Event(stage="decide", text=f"left out, as the graph would not answer as it does: {reason}"))
    listener(Event(stage="decide", text=f"calibrated by {choice.calibration.method}; {choice.parity.reason}"))
    for outcome_fit in choice.outcomes:
        listener(Event(stage="decide", text=str(outcome_fit)))
    return choice


def _ship(
    spec: Spec,
    data: Prepared,
    outcome: Outcome,
    policy: DecisionPolicy,
    run: RunDir,
    place: Path,
    deadline: Deadline,
    listener: Listener,
) -> tuple[Choice, Measured | None]:
    """The model that ships; where serving is limited, one that keeps the limits, with what was measured of it."""
    from automl.bundle.write import staging
    from automl.pipeline.refuse import write_story
    from automl.pipeline.repair import Bench, NothingFits, is_limited, keep_limits

    def make(found: Outcome) -> Choice:
        return _choose(spec, data, found, policy, run, listener)

    if not is_limited(spec.limits):
        return make(outcome), None
    bench = Bench(
        spec=spec,
        data=data,
        policy=policy,
        staged=staging(place),
        deadline=deadline,
        listener=listener,
        make=make,
    )
    try:
        kept = keep_limits(outcome, bench)
    except NothingFits as refused:
        nearest = min(refused.attempts, key=lambda one: one.pressure)
        write_story(run.path, board=outcome.board, gates=nearest.gates, points=refused.points)
        raise
    return kept.choice, kept.measured


def _judge(spec: Spec, data: Prepared, choice: Choice, listener: Listener) -> Judgement:
    from automl.pipeline.judge import judge

    listener(Event(stage="decide", text="judging on the test part"))
    asked = (metric_of(spec, data), *spec.limits.scores)
    return judge(
        data,
        choice,
        asked=asked,
        seed=spec.budget.seed,
        threads=spec.budget.workers,
        fairness=spec.limits.fairness,
    )


def _stage(spec: Spec, data: Prepared, choice: Choice, judgement: Judgement, place: Path, listener: Listener) -> Path:
    from automl.bundle.write import stage, staging
    from automl.pipeline.pack import pack

    listener(Event(stage="bundle", text="staging the bundle"))
    staged = staging(place)
    stage(pack(spec, data, choice, judgement, created=datetime.now(UTC)), staged)
    return staged


def _measure(
    spec: Spec, staged: Path, deadline: Deadline, listener: Listener, measured: Measured | None
) -> tuple[GateVerdict, ...]:
    """The gates' verdicts; what was `measured` of the same graph when it was chosen is not measured again."""
    from automl.gates.measure import measure, verdicts

    if measured is None:
        listener(Event(stage="gates", text="measuring the staged bundle in a fresh process"))
        gates = measure(staged, spec.limits, row_seconds=deadline.left() / 2)
    else:
        gates = verdicts(replace(measured, folder=staged), spec.limits)
    for gate in gates:
        listener(Event(stage="gates", text=gate.reason, facts={"gate": gate.gate, "measured": gate.measured}))
    return gates


def _refuse_or_finish(done: Fit, staged: Path, run: RunDir, *, write_anyway: bool) -> None:
    """Move the staged bundle to its place, or refuse: a limit that fails always does, money unless told otherwise."""
    from automl.bundle.manifest import plain
    from automl.bundle.read import read_manifest
    from automl.bundle.write import discard, finish
    from automl.pipeline.refuse import refusal, write_story
    from automl.report.card import card

    refused = refusal(done.gates, done.verdict, remedy="try a smaller recipe", run=run.path)
    if refused and not (write_anyway and isinstance(refused, VerdictRefusal)):
        discard(staged)
        write_story(run.path, board=done.board, gates=done.gates, verdict=done.verdict)
        raise refused
    facts = plain(read_manifest(staged)) | {"gates": plain(done.gates), "verdict": plain(done.verdict)}
    finish(staged, done.path, gates=done.gates, verdict=done.verdict, card=card(facts))
