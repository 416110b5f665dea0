"""The story of a retraining: new rows, what it may bring, a ladder of challengers, and who is the champion then."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from automl import disk
from automl.bundle.manifest import plain
from automl.bundle.place import check_place
from automl.bundle.read import Bundle
from automl.data.read.source import SourceTable
from automl.errors import CHAMPION_STAYS, SpecError, nearest
from automl.metrics.own import without_code
from automl.model_registry.resolve import bundle_of
from automl.model_registry.state import is_registry
from automl.progress import Event, Listener, silent
from automl.retrain.attempts import Attempts, attempts_of, note_attempt
from automl.retrain.contest import Contest
from automl.retrain.due import Due, due, fitted_lately, old
from automl.retrain.expected import Expected, expected
from automl.retrain.gather import gather
from automl.retrain.ladder import Climb, climb
from automl.retrain.paired import Judged, judged_rows
from automl.retrain.parting import part
from automl.retrain.publish import publish
from automl.retrain.shift import Shift, answered_with, believed
from automl.spec import Spec, parse
from automl.spec.retrain import FITTED, RUNGS, Retrain, RungName
from automl.spec.units import read_duration

FOLDER = ".ladder"  # of what is made on the way


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What a retraining is asked for beside the spec; what is None is the spec's.

    `since` is microseconds of UTC; `if_due` asks first whether it is time. `lost` says that a watch knows of lost
    money, `renew` that the champion's fit is too old, `accept_shift` that a person believes labels that contradict the
    champion.
    """

    since: float | None = None
    window: str | None = None
    rungs: Sequence[RungName] | None = None
    overrides: Sequence[str] = ()
    dry_run: bool = False
    resume: bool = False
    if_due: bool = False
    lost: bool = False
    renew: bool = False
    accept_shift: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Retrained:
    """What came of it: `number` counts the challenges of the champion, `climb` is None where none was worth its price.

    `due` says why it was time, or not: then nothing else was looked at. None where nobody asked.
    """

    champion: str
    number: int
    reason: str
    due: Due | None = None
    expected: Expected | None = None
    split: str = ""
    climb: Climb | None = None
    dry_run: bool = False

    @property
    def exit_code(self) -> int:
        """0 where a challenger is promoted, or would be tried, or it is not time; 9 where the champion stays."""
        if self.expected is None:
            return 0
        if self.climb is None:
            return 0 if self.dry_run and self.expected.worth else CHAMPION_STAYS
        return 0 if self.climb.promoted else CHAMPION_STAYS

    def summary(self) -> dict[str, Any]:
        """What `automl retrain --json` prints."""
        climbed = self.climb
        return {
            "champion": self.champion,
            "number": self.number,
            "promoted": None if climbed is None or climbed.promoted is None else str(climbed.promoted),
            "reason": self.reason,
            "split": self.split,
            "due": None if self.due is None else plain(self.due),
            "expected": None if self.expected is None else plain(self.expected),
            "rungs": [] if climbed is None else plain(climbed.steps),
        }


def retrain(
    bundle: Path,
    data: Path | SourceTable | None,
    out: Path,
    *,
    store: str | None = None,
    asked: Asked | None = None,
    tables: Mapping[str, Path] | None = None,
    require_signature: Path | None = None,
    listener: Listener = silent,
) -> Retrained:
    """Try challengers of `bundle` on the labelled rows of `data`, or of a watch's `store`; a better one goes to `out`.

    Where `bundle` is a registry, ``models/NAME``, its champion is challenged, and a better one becomes a version of it.

    Beside `out` stands a folder ``.ladder`` with what was made on the way; it is removed when the retraining has ended.
    Raises `DataError` where the rows are too few or not new, and errors as those of a fit.
    """
    asked, now = asked or Asked(), datetime.now(UTC)
    check_place(out)
    registry = bundle if is_registry(bundle) else None
    champion = Bundle.load(bundle_of(bundle), tables=tables or {}, require_signature=require_signature)
    wanted, attempts = _wanted(champion, asked), attempts_of(champion, registry)
    new = gather(champion, data, store)
    told = Retrained(champion=champion.manifest.content_hash, number=attempts.number, reason="", dry_run=asked.dry_run)
    if asked.if_due:
        time = due(champion, wanted, attempts, new, store, at=now)
        told = replace(told, due=time, reason=time.sentence)
        listener(Event(stage="read", text=time.sentence))
        if not time.now:
            return told
        asked = replace(asked, lost=asked.lost or time.lost)
    asked = replace(asked, renew=asked.renew or old(champion, wanted, at=now))
    if asked.rungs is None and not asked.lost:
        wanted = _between_fits(wanted, champion, attempts, at=now)
    contest = _contest(champion, wanted, new, out, asked, tables or {}, listener)
    return _held(told, contest, attempts, registry, out, asked)


def _held(
    told: Retrained, contest: Contest, attempts: Attempts, registry: Path | None, out: Path, asked: Asked
) -> Retrained:
    """The contest, where it is expected to pay."""
    judged = judged_rows(contest.champion, contest.spec, contest.rows.judged.frame)
    may_bring = expected(contest, judged, attempts)
    told = replace(told, expected=may_bring, split=contest.rows.sentence)
    if asked.dry_run or not may_bring.worth:
        return replace(told, reason=f"{'' if may_bring.worth else 'not '}worth a retraining: {may_bring.sentence}")
    done = _climbed(contest, judged, attempts, out, accept_shift=asked.accept_shift)
    reason = _reason(done)
    if registry is not None and done.promoted is not None:
        reason = f"{reason}. {publish(registry, out, contest.asked, why=reason)}"
    return replace(told, climb=done, reason=reason)


def _climbed(contest: Contest, judged: Judged, attempts: Attempts, out: Path, *, accept_shift: bool) -> Climb:
    """The climb, written down; what was made on the way is removed."""
    with disk.machine_errors(contest.work):
        disk.make_folder(contest.work)
    done = climb(contest, judged, _shift(judged), out, number=attempts.number, accept_shift=accept_shift)
    note_attempt(attempts, contest.champion, _noted(done))
    disk.remove_folder(contest.work)
    return done


def _contest(
    champion: Bundle,
    wanted: Retrain,
    source: SourceTable,
    out: Path,
    asked: Asked,
    tables: Mapping[str, Path],
    listener: Listener,
) -> Contest:
    spec = _spec_of(champion)
    rows = part(source, champion, spec, wanted, since=asked.since)
    listener(Event(stage="split", text=f"{rows.learn.frame.height:,} rows to learn from. {rows.sentence}"))
    return Contest(
        champion=champion,
        spec=spec,
        asked=wanted,
        rows=rows,
        work=out.with_name(out.name.removesuffix(".bundle") + FOLDER),
        listener=listener,
        tables=tables,
        resume=asked.resume,
        lost=asked.lost,
        renew=asked.renew and not {*FITTED}.isdisjoint(wanted.rungs),
    )


def _between_fits(wanted: Retrain, champion: Bundle, attempts: Attempts, *, at: datetime) -> Retrain:
    """Without the rungs that fit anew, where a fit is younger than [retrain] refit_every: alpha is for the others."""
    cheap = tuple(rung for rung in wanted.rungs if rung not in FITTED)
    if not cheap or not fitted_lately(champion, wanted, attempts, at=at):
        return wanted
    return wanted.model_copy(update={"rungs": cheap})


def _that_differ(wanted: Retrain, champion: Bundle, spec: Spec) -> Retrain:
    """Without recalibrate for numbers without costs: they go through no curve and no policy, and alpha is shared."""
    if champion.manifest.target.labels().task.kind != "regression" or spec.objective.costs is not None:
        return wanted
    rungs = tuple(rung for rung in wanted.rungs if rung != "recalibrate")
    return wanted.model_copy(update={"rungs": rungs or wanted.rungs})


def _spec_of(champion: Bundle) -> Spec:
    """The champion's spec. A metric that is code stays with the fit: what is retrained is judged by the usual one."""
    spec = parse(champion.spec)
    usual = spec.objective.model_copy(update={"metric": without_code(spec.objective.metric)})
    return spec.model_copy(update={"objective": usual, "retrain": spec.retrain or Retrain()})


def _wanted(champion: Bundle, asked: Asked) -> Retrain:
    """What the champion's spec says of a retraining, overruled for this once: the next one asks the spec again."""
    for text in asked.overrides:
        if not text.partition("=")[0].strip().startswith("retrain."):
            key = text.partition("=")[0].strip()
            raise SpecError("this takes a new fit", where=f"--set {key}", hint="retrain changes keys of [retrain]")
    spec, changed = parse(champion.spec, overrides=asked.overrides), dict[str, Any]()
    if asked.window is not None:
        try:
            changed["window"] = read_duration(asked.window)
        except ValueError as error:
            raise SpecError(str(error), where="--window") from error
    if asked.rungs is not None:
        changed["rungs"] = tuple(asked.rungs)
    return _that_differ((spec.retrain or Retrain()).model_copy(update=changed), champion, spec)


def _shift(judged: Judged) -> Shift | None:
    """What the new labels say of the champion; None where it keeps nothing to compare with."""
    before = believed(judged.ground)
    now = answered_with(judged.ground, judged.answered, judged.y, judged.weight)
    return None if before is None else Shift(before=before, now=now)


def _noted(done: Climb) -> dict[str, object]:
    gains = [step.paired.difference for step in done.steps if step.paired]
    return {
        "when": datetime.now(UTC).isoformat(timespec="seconds"),
        "difference": max(gains, default=None),
        "rungs": {step.rung: step.ended for step in done.steps},
        "promoted": None if done.record is None else done.record.rung,
        "stopped": done.stopped,
        "accepted_shift": bool(done.record and done.record.accepted),
    }


def _reason(done: Climb) -> str:
    """Why there is a new champion, or why not, in money where there is some."""
    if done.stopped:
        return f"the champion stays: {done.stopped}"
    judged = [(step.paired.bound, step) for step in done.steps if step.paired]
    if not judged:
        return f"the champion stays: no challenger could be made. {done.steps[-1].rung}: {done.steps[-1].reason}"
    if done.record is not None:
        chosen = next(step for step in done.steps if step.rung == done.record.rung)
        return f"{chosen.rung} is promoted: {chosen.reason}"
    best = max(judged, key=lambda each: each[0])[1]
    return f"the champion stays: {best.rung}, {best.reason}"


def rungs_of(text: str | None) -> tuple[RungName, ...] | None:
    """The rungs of a list with commas; None where none is given. `SpecError` for a name that is none."""
    if text is None:
        return None
    names = [name.strip() for name in text.split(",") if name.strip()]
    for name in names:
        if name not in RUNGS:
            close = nearest(name, RUNGS)
            hint = f"did you mean '{close}'?" if close else f"known: {', '.join(RUNGS)}"
            raise SpecError(f"no rung '{name}'", where="--rungs", hint=hint)
    return tuple(rung for rung in RUNGS if rung in names)
