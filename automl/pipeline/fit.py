"""The story of a fit, from a spec to a bundle or a refusal; each stage is a function of values."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from automl.budget import Deadline
from automl.pipeline.preflight import Given, Preflight, backend_of, preflight, refuse_the_impossible
from automl.pipeline.prove import (
    ask_gates,
    diagnose_model,
    judge_on_test,
    refuse_or_finish,
    refuse_untried,
    stage_bundle,
)
from automl.pipeline.result import Fit
from automl.pipeline.run_folder import open_folder
from automl.pipeline.ship import ship
from automl.pipeline.stopped import heeding, refusing
from automl.pipeline.warm import after_first, warm
from automl.progress import Event, Listener, silent
from automl.spec import Spec, load, parse
from automl.stop_request import StopRequest, listening

if TYPE_CHECKING:
    from automl.data.rows import Prepared
    from automl.decide.policy.decision_policy import DecisionPolicy
    from automl.executors.base import Executor
    from automl.search.finish import SearchResult
    from automl.search.run import Run
    from automl.search.rundir import RunDir


def fit(
    spec: Spec | Path | str | dict[str, Any],
    *,
    train: Any = None,
    test: Any = None,
    tables: Mapping[str, Any] | None = None,
    metric: Callable[..., float] | None = None,
    out: Path | str | None = None,
    resume: bool = False,
    write_anyway: bool = False,
    listener: Listener = silent,
    started: float | None = None,
) -> Fit:
    """Search within the budget, and write a bundle that keeps every limit.

    `spec` is a `Spec`, the path of a spec file, or its values. `train` and `test` are frames (polars, pandas, arrow)
    that stand in for the files of ``[data]``, `tables` those for the files of ``[data.tables]``, by name. `metric` is a
    function of y, p and weight that stands in for ``objective.metric``, see `metrics.own`. `out` is the
    bundle's folder, by default the spec's name with ``.bundle``; the run folder ``.run`` stands beside it. `started` is
    the monotonic time at which the budget began.

    Raises an `AutomlError`, whose `exit_code` says which: `LimitRefusal` where a limit fails, `VerdictRefusal` where
    deploying is not shown to pay, `MachineError` where the time ended before anything but a constant was tried (with
    `write_anyway` the bundle is written all the same in both cases, and says so). Once a candidate is scored, Ctrl-C or
    SIGTERM ends the fit with what stands, and `Fit.signal` says so; before, and the second time, it raises `Stopped`.
    So does a `listener` that returns "stop", however often; `Fit.stopped` says what ended the fit early.
    """
    start = time.monotonic() if started is None else started
    spec = _judged_by(_spec(spec), metric)
    deadline = Deadline(seconds=spec.budget.time, start=start)
    given = Given(train=train, test=test, tables=tables or {}, metric=metric)
    with listening() as stop, refusing(stop), ExitStack() as stack:
        listener = heeding(listener, stop)
        executor = _start(spec, stack)
        ready = preflight(spec, out, given, deadline=deadline, listener=listener)
        place, data, policy = ready.place, ready.data, ready.policy
        folder = stack.enter_context(open_folder(spec, data, place, resume=resume))
        stack.callback(_let_go, executor, place)
        run = _run(spec, deadline, executor, folder, listener, stop)
        _refuse_the_impossible(ready, run)
        result = _search(run, ready)
        refuse_untried(result.outcome.untried, write_anyway=write_anyway)
        shipped = ship(run, data, result, policy, place)
        judgement = judge_on_test(run, data, shipped.choice, ready.problem.metric)
        diagnostics = diagnose_model(run, data, shipped.choice, judgement)
        staged = stage_bundle(run, data, shipped.choice, judgement, place)
        gates = ask_gates(run, staged, shipped.measured)
        done = Fit(
            path=place,
            board=shipped.choice.outcome.board,
            judgement=judgement,
            gates=gates,
            untried=result.outcome.untried,
            diagnostics=diagnostics,
            seconds=deadline.spent(),
        )
        refuse_or_finish(run, done, staged, write_anyway=write_anyway)
        listener(Event(stage="done", text=f"wrote {place}", facts={"left": deadline.left()}))
    return replace(done, stopped=stop.words or result.outcome.stopped, signal=stop.number)


def _spec(given: Spec | Path | str | dict[str, Any]) -> Spec:
    if isinstance(given, Spec):
        return given
    return parse(given) if isinstance(given, dict) else load(given)


def _judged_by(spec: Spec, metric: Callable[..., float] | None) -> Spec:
    """The spec, with the name of the metric that was given in place of its own."""
    if metric is None:
        return spec
    from automl.metrics.own import reference

    judged = spec.objective.model_copy(update={"metric": reference(metric)})
    return spec.model_copy(update={"objective": judged})


def _start(spec: Spec, stack: ExitStack) -> Executor:
    """Start the workers first: their libraries load while the data is read."""
    executor = backend_of(spec).start(workers=spec.budget.workers)
    stack.callback(executor.close)
    return executor


def _let_go(executor: Executor, place: Path) -> None:
    """Leave nothing half-written, however a fit ends; the run folder is still ours, so no other run stages here."""
    from automl.bundle.write import clear

    executor.close()  # a worker may be writing into the run folder
    clear(place)


def _refuse_the_impossible(ready: Preflight, run: Run) -> None:
    """As a dry run does, with the story of the refusal in the run folder."""
    from automl.pipeline.refuse import write_story
    from automl.search.leaderboard import Leaderboard

    if ready.broken:
        write_story(run.folder.path, board=Leaderboard(trials=(), weights=()), gates=ready.broken)
    refuse_the_impossible(ready.broken)


def _run(
    spec: Spec, deadline: Deadline, executor: Executor, folder: RunDir, listener: Listener, stop: StopRequest
) -> Run:
    from automl.search.patience import Patience
    from automl.search.run import Run

    asked = spec.budget.patience
    return Run(
        spec=spec,
        deadline=deadline,
        executor=executor,
        folder=folder,
        listener=listener,
        stop=stop,
        patience=Patience(asked=asked) if asked else None,
    )


def _search(run: Run, ready: Preflight) -> SearchResult:
    from automl.search.loop import search
    from automl.search.patience import noting

    heard = noting(run.patience, run.listener, spent=run.deadline.spent)
    told = after_first("search", _with_money(replace(run, listener=heard), ready.data, ready.policy), warm)
    return search(ready.problem, replace(run, listener=told))


def _with_money(run: Run, data: Prepared, policy: DecisionPolicy) -> Listener:
    """The run's listener, told what the decisions of each new best candidate would save."""
    from automl.decide.verdict.quick_saving import quick_saving

    def listen(event: Event) -> None:
        if policy.in_money and (oof := event.facts.get("oof")):
            saving = quick_saving(run.folder.load(str(oof)), data.train, policy)
            event = replace(event, facts={**event.facts, "money": saving, "currency": policy.currency})
        run.listener(event)

    return listen
