"""The story of a fit, from a spec to a bundle or a refusal; each stage is a function of values."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from automl.budget import Deadline
from automl.host.threads import single_threaded
from automl.pipeline.preflight import Given, Preflight, backend_of, judged_by, preflight, refuse_the_impossible
from automl.pipeline.prove import (
    LOOKING,
    Lineage,
    ask_gates,
    diagnose_model,
    judge_on_test,
    learn_from_fewer,
    refuse_or_finish,
    refuse_untried,
    report_time,
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
    from automl.gates.base import Measured
    from automl.learners.base import Configurations
    from automl.pipeline.choose import ChosenModel
    from automl.pipeline.judge import Judgement
    from automl.search.finish import SearchResult
    from automl.search.leaderboard import AllRows
    from automl.search.problem import Matrices, Problem
    from automl.search.run import Run
    from automl.search.rundir import RunDir


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """A model that was searched for and judged, with its run still open: nothing is written yet.

    `choice` is what ships: the model that was `judged`, or its `twin` on all rows. `measured` is what repair has
    measured of it, `untried` why it is a constant that nobody asked for. `after` and `again` are the seconds from a
    model to its bundle, and of a twin's fits.
    """

    run: Run
    place: Path
    data: Prepared
    problem: Problem
    matrices: Matrices
    judged: ChosenModel
    choice: ChosenModel
    judgement: Judgement
    measured: Measured | None
    lineage: Lineage
    untried: str | None
    stopped: str | None
    after: float
    again: float


def fit(
    spec: Spec | Path | str | Mapping[str, object],
    *,
    train: object = None,
    test: object = None,
    tables: Mapping[str, object] | None = None,
    metric: Callable[..., float] | None = None,
    out: Path | str | None = None,
    warm_from: Path | str | None = None,
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

    `warm_from` is an older bundle, whose best configurations are tried first: less time does then.

    Raises an `AutomlError`, whose `exit_code` says which: `LimitRefusal` where a limit fails, `VerdictRefusal` where
    deploying is not shown to pay, `MachineError` where the time ended before anything but a constant was tried (with
    `write_anyway` the bundle is written all the same in both cases, and says so). Once a candidate is scored, Ctrl-C or
    SIGTERM ends the fit with what stands, and `Fit.signal` says so; before, and the second time, it raises `Stopped`.
    So does a `listener` that returns "stop", however often; `Fit.stopped` says what ended the fit early.
    """
    spec, metric = judged_by(_spec(spec), metric)
    given = Given(train=train, test=test, tables=tables or {}, metric=metric)
    deadline = Deadline(seconds=spec.budget.time, start=time.monotonic() if started is None else started)
    with making(
        spec,
        given,
        out,
        deadline=deadline,
        resume=resume,
        write_anyway=write_anyway,
        listener=listener,
        warm=_earlier(warm_from),
    ) as made:
        done = deliver(with_twin(made) if spec.data.final == "all" else made, write_anyway=write_anyway)
        listener(Event(stage="done", text=f"wrote {made.place}", facts={"left": deadline.left()}))
    return replace(done, stopped=made.run.stop.words or made.stopped, signal=made.run.stop.number)


@contextmanager
def making(
    spec: Spec,
    given: Given,
    out: Path | str | None = None,
    *,
    deadline: Deadline,
    resume: bool = False,
    write_anyway: bool = False,
    listener: Listener = silent,
    warm: Configurations = (),
    only: bool = False,
) -> Iterator[Made]:
    """The model of a fit, judged on the test part, while its workers and its run folder are at hand.

    The configurations `warm` are tried first, and with `only` nothing else but baselines. Raises as `fit` does.
    """
    with listening() as stop, refusing(stop), ExitStack() as stack:
        listener = heeding(listener, stop)
        executor = _start(spec, stack)
        stack.enter_context(single_threaded())
        ready = preflight(spec, out, given, deadline=deadline, listener=listener)
        folder = stack.enter_context(open_folder(spec, ready.data, ready.place, resume=resume))
        stack.callback(_let_go, executor, ready.place)
        run = replace(_run(spec, deadline, executor, folder, listener, stop), warm=warm, only=only)
        _refuse_the_impossible(ready, run)
        result = _search(run, ready)
        refuse_untried(result.outcome.untried, write_anyway=write_anyway)
        shipped = ship(run, ready.data, result, ready.policy, ready.place)
        data = _with_rows(ready.data, shipped.choice.outcome.all_rows)
        yield Made(
            run=run,
            place=ready.place,
            data=data,
            problem=result.problem,
            matrices=result.matrices,
            judged=shipped.choice,
            choice=shipped.choice,
            lineage=Lineage(),
            judgement=judge_on_test(run, data, shipped.choice, result.problem.metric),
            measured=shipped.measured,
            untried=result.outcome.untried,
            stopped=result.outcome.stopped,
            after=result.after,
            again=result.twin,
        )


def with_twin(made: Made) -> Made:
    """The same with the model fitted once more on train and test together, where that one answers alike."""
    from automl.pipeline.twin import make_twin

    twin = make_twin(made.run, made.problem, made.data, made.judged, needs=made.again, after=made.after)
    lineage = replace(made.lineage, twin=twin.record)
    if twin.choice is None:
        return replace(made, lineage=lineage)
    return replace(made, choice=twin.choice, measured=None, lineage=lineage)


def deliver(made: Made, *, write_anyway: bool) -> Fit:
    """The bundle of a model, proven and in its place, or a refusal."""
    seconds = report_time(made.run)
    until = time.monotonic() + seconds
    diagnostics = diagnose_model(made.run, made.data, made.judged, made.judgement, seconds=LOOKING * seconds)
    diagnostics = learn_from_fewer(made.run, made.matrices, made.data, made.judged, diagnostics, until=until)
    staged = stage_bundle(made.run, made.data, made.choice, made.judgement, made.place, made.lineage)
    done = Fit(
        path=made.place,
        board=made.choice.outcome.board,
        judgement=made.judgement,
        gates=ask_gates(made.run, staged, made.measured),
        untried=made.untried,
        diagnostics=diagnostics,
        seconds=made.run.deadline.spent(),
    )
    refuse_or_finish(made.run, done, staged, write_anyway=write_anyway)
    return done


def _spec(given: Spec | Path | str | Mapping[str, object]) -> Spec:
    if isinstance(given, Spec):
        return given
    return parse(given) if isinstance(given, Mapping) else load(given)


def _start(spec: Spec, stack: ExitStack) -> Executor:
    """Start the workers first: their libraries load while the data is read."""
    from automl.executors.in_order import InOrder

    executor = backend_of(spec).start(workers=spec.budget.workers)
    stack.callback(executor.close)
    return executor if spec.budget.trials is None else InOrder(executor)


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
    spec: Spec,
    deadline: Deadline,
    executor: Executor,
    folder: RunDir,
    listener: Listener,
    stop: StopRequest,
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


def _earlier(bundle: Path | str | None) -> Configurations:
    from automl.bundle.read import Bundle
    from automl.search.earlier import configurations

    return () if bundle is None else configurations(Bundle.load(bundle).manifest)


def _search(run: Run, ready: Preflight) -> SearchResult:
    from automl.search.loop import search
    from automl.search.patience import noting

    heard = noting(run.patience, run.listener, spent=run.deadline.spent)
    told = after_first("search", _with_money(replace(run, listener=heard), ready.data, ready.policy), warm)
    return search(ready.problem, replace(run, listener=told))


def _with_rows(data: Prepared, all_rows: AllRows | None) -> Prepared:
    """The data with what became of the rows that memory does not hold."""
    if all_rows is None:
        return data
    from automl.data.last_words import LEARNED_ROWS
    from automl.data.rows import finding

    evidence = {"rows": all_rows.rows, "of": all_rows.of, "shipped": all_rows.shipped, "held": all_rows.held}
    return replace(data, findings=(*data.findings, finding(LEARNED_ROWS, None, all_rows.text, "noted", evidence)))


def _with_money(run: Run, data: Prepared, policy: DecisionPolicy) -> Listener:
    """The run's listener, told what the decisions of each new best candidate would save."""
    from automl.decide.verdict.quick_saving import quick_saving

    def listen(event: Event) -> None:
        if policy.in_money and (oof := event.facts.get("oof")):
            saving = quick_saving(run.folder.load(str(oof)), data.train, policy)
            event = replace(event, facts={**event.facts, "money": saving, "currency": policy.currency})
        run.listener(event)

    return listen
