"""The proof of what ships: its scores on the test part, the gates' verdicts, and a bundle or a refusal."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

from automl import disk
from automl.errors import MachineError, VerdictRefusal
from automl.pipeline.result import Fit

if TYPE_CHECKING:
    from automl.bundle.lineage import RetrainedRecord, TwinRecord
    from automl.data.rows import Prepared
    from automl.diagnostics.diagnostics import Diagnostics
    from automl.gates.base import GateVerdict, Measured
    from automl.metrics import Metric
    from automl.pipeline.choose import ChosenModel
    from automl.pipeline.judge import Judgement
    from automl.report._words import Facts
    from automl.search.problem import Matrices
    from automl.search.run import Run


LOOKING = 0.5  # of the report's time, what looking at columns may take; the rest is for what more rows would bring


def refuse_untried(untried: str | None, *, write_anyway: bool) -> None:
    """Exit 6 where a constant is all that the time was enough for: nobody asked for that."""
    if untried and not write_anyway:
        raise MachineError(
            untried,
            where="budget.time",
            hint="Give it more time: --resume --set budget.time=... goes on from here; "
            "--write-anyway writes the constant all the same.",
        )


def judge_on_test(run: Run, data: Prepared, choice: ChosenModel, metric: Metric) -> Judgement:
    """Look at the test part, once; the spec's `metric` first."""
    from automl import metrics
    from automl.pipeline.judge import judge

    run.tell("decide", "judging on the test part")
    limits = run.spec.limits
    asked = (metric, *map(metrics.get, limits.scores))
    threads = run.spec.budget.workers
    return judge(data, choice, asked=asked, seed=run.seed, threads=threads, fairness=limits.fairness)


def report_time(run: Run) -> float:
    """The seconds that the report may take now."""
    from automl.search.cost.reserve import report_seconds

    return min(report_seconds(run.deadline.seconds, run.spec.report), max(0.0, run.deadline.left() / 2))


def diagnose_model(
    run: Run, data: Prepared, choice: ChosenModel, judgement: Judgement, *, seconds: float
) -> Diagnostics | None:
    """What the report draws, in so many `seconds`; None where no report is asked for."""
    from automl.pipeline.diagnose import diagnose

    if not run.spec.report.html:
        return None
    run.tell("report", "looking at what matters and where it is weak")
    until, evidence = time.monotonic() + seconds, run.spec.bundle.evidence
    return diagnose(data, choice, judgement, seed=run.seed, until=until, evidence=evidence)


def learn_from_fewer(
    run: Run, matrices: Matrices, data: Prepared, choice: ChosenModel, found: Diagnostics | None, *, until: float
) -> Diagnostics | None:
    """The same with what more rows would bring, or why that is not told."""
    from automl.pipeline.more_rows import more_rows

    if found is None:
        return None
    run.tell("report", "looking at what more rows would bring")
    curve = more_rows(run, matrices, data, choice, until=until)
    return replace(found, no_learning=curve) if isinstance(curve, str) else replace(found, learning=curve)


@dataclass(frozen=True, slots=True, kw_only=True)
class Lineage:
    """Where a bundle comes from: its `twin` that was judged, the `parent` that it challenged, and how that went."""

    twin: TwinRecord | None = None
    parent: str | None = None
    retrained: RetrainedRecord | None = None


def stage_bundle(
    run: Run, data: Prepared, choice: ChosenModel, judgement: Judgement, place: Path, lineage: Lineage | None = None
) -> Path:
    """The bundle in its folder beside `place`, before its gates are asked."""
    from automl.bundle.write import stage, staging
    from automl.pipeline.ages import ages, in_use
    from automl.pipeline.pack import pack
    from automl.pipeline.shelf_life import shelf_life

    run.tell("bundle", "staging the bundle")
    staged, lineage = staging(place), lineage or Lineage()
    contents = pack(run.spec, data, choice, judgement, created=datetime.now(UTC), twin=lineage.twin)
    aged = ages(data.train, choice, seed=run.seed)
    use = in_use(aged, data.test, run.spec.retrain, judgement.verdict)
    shelf = shelf_life(data.train, choice, until=max(use.judged, use.used), seed=run.seed) if use else ()
    aging = replace(contents, ages=aged, shelf_life=shelf, in_use=use)
    stage(replace(aging, parent=lineage.parent, retrained=lineage.retrained), staged)
    return staged


def ask_gates(run: Run, staged: Path, measured: Measured | None) -> tuple[GateVerdict, ...]:
    """The gates' verdicts; what was `measured` of the same graph when it was chosen is not measured again."""
    from automl.gates.measure import measure, verdicts

    if measured is None:
        run.tell("gates", "measuring the staged bundle in a fresh process")
        gates = measure(staged, run.spec.limits, row_seconds=run.deadline.left() / 2)
    else:
        gates = verdicts(replace(measured, folder=staged), run.spec.limits)
    for gate in gates:
        run.tell("gates", gate.reason, gate=gate.gate, measured=gate.measured)
    return gates


def refuse_or_finish(run: Run, done: Fit, staged: Path, *, write_anyway: bool) -> None:
    """Move the staged bundle to its place, or refuse: a limit that fails always does, money unless told otherwise."""
    from automl.bundle.files import open_files
    from automl.bundle.manifest import plain
    from automl.bundle.write import discard, finish
    from automl.pipeline.refuse import refusal, write_story
    from automl.report.card import card

    folder = run.folder.path
    refused = refusal(done.gates, done.verdict, remedy="try a smaller recipe", run=folder)
    facts = plain(open_files(staged).manifest) | {"gates": plain(done.gates), "verdict": plain(done.verdict)}
    if refused and not (write_anyway and isinstance(refused, VerdictRefusal)):
        discard(staged)
        write_story(folder, board=done.board, gates=done.gates, verdict=done.verdict)
        for name, text in _report(facts, done, folder, more={"manifest": facts}).items():
            disk.put(folder / name, text.encode(), mode=0o600)  # as all of a run folder
        raise refused
    finish(
        staged, done.path, gates=done.gates, verdict=done.verdict, card=card(facts), report=_report(facts, done, folder)
    )


def _report(manifest: Facts, done: Fit, run: Path, more: Facts = MappingProxyType({})) -> dict[str, str]:
    """The page for people and the numbers that it draws, by the names of their files; none where none was asked for."""
    from automl.bundle.manifest import plain
    from automl.report.bundle_report import bundle_report
    from automl.report.run import describe_run

    if done.diagnostics is None:
        return {}
    told = describe_run(run, board=True)
    search = {name: told[name] for name in ("board", "front", "features")}
    report = {"name": done.path.name, "diagnostics": plain(done.diagnostics), "search": search, **more}
    text = json.dumps(report, indent=1, ensure_ascii=False, allow_nan=False) + "\n"
    return {"report.json": text, "report.html": bundle_report(manifest, report)}
