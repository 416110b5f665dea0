"""The ladder: challengers, the cheapest first, until one is shown to save more than the champion."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager, ExitStack, suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from automl.bundle.lineage import RetrainedRecord
from automl.errors import BundleError, DataError, LimitRefusal
from automl.monitor.drift.bounds import spent
from automl.progress import Event
from automl.retrain.aging import aging
from automl.retrain.attempts import fitted_at
from automl.retrain.contest import Contest
from automl.retrain.leaked import leaked
from automl.retrain.noted import Noted, Notes
from automl.retrain.paired import Judged, paired
from automl.retrain.rungs.base import Challenger
from automl.retrain.rungs.by_name import challenge_of
from automl.retrain.shift import Shift
from automl.retrain.step import Step
from automl.spec.retrain import FITTED, RUNGS, RungName

UNKNOWN = "the new labels contradict the champion, and no refit can show that they can be learned"
REFUSED = (LimitRefusal, DataError, BundleError)  # by which a rung ends, and the ladder goes on


@dataclass(frozen=True, slots=True, kw_only=True)
class Climb:
    """All rungs that were tried, and where the promoted bundle lies: None where the champion stays.

    `stopped` says why nobody is promoted though one was better: the labels cannot be believed.
    """

    steps: tuple[Step, ...]
    promoted: Path | None = None
    record: RetrainedRecord | None = None
    stopped: str | None = None


def climb(
    contest: Contest, judged: Judged, shift: Shift | None, out: Path, *, number: int, accept_shift: bool = False
) -> Climb:
    """Try the rungs that are asked for; the `number`-th challenge of a champion has its part of alpha, split over them.

    A challenger is better where its lower bound lies above 0 (above what is allowed under a champion that decayed). One
    that learned anew is credited with what the champion will lose by its age, as its shelf life tells. The
    ladder ends with one that keeps the promise again; until then dearer ones may do better. Where a cheaper one is
    better, those that were outdone when the champion was promoted are passed over, this once, unless money is lost. The
    one of the highest bound is promoted to `out`, where the labels can be believed or `accept_shift` says so.

    Of a champion that is to be renewed those that learn anew come first, and the ladder ends with one that is not seen
    to be worse: it is promoted. Where there is none, the others go on as ever.
    """
    rungs = _order(contest)
    alpha = spent(contest.asked.alpha, number) / len(rungs)
    notes = Notes.of(contest, alpha)
    behind, tried, made = notes.behind(), list[Noted](), list[tuple[Step, Challenger]]()
    retrained = None if contest.lost or contest.renew else contest.champion.manifest.retrained
    with ExitStack() as stack:
        for rung in rungs:
            if retrained and rung in retrained.outdone and any(step.may_answer for step, _ in made):
                noted, challenger = _passed(rung, retrained.rung), None
            elif rung in behind:
                noted, challenger = behind[rung], None
            else:
                noted, challenger = _tried(rung, contest, judged, alpha, stack)
                notes.add(noted)
            _tell(contest, f"{rung}: {noted.step.reason}")
            tried.append(noted)
            if challenger is not None:
                made.append((noted.step, challenger))
            if _ends(noted.step, contest):
                break
        steps = tuple(noted.step for noted in tried)
        may = [each for each in made if each[0].may_answer]
        if not may:
            return Climb(steps=steps)
        best, challenger = next((each for each in may if _ends(each[0], contest)), max(may, key=_bound))
        broken = leaked(contest) or _broken(contest, shift, tried, stack)
        if broken and not accept_shift:
            return Climb(steps=steps, stopped=broken)
        record = _record(contest, best, steps, number, accepted=broken is not None)
        return Climb(steps=steps, promoted=challenger.promote(out, record), record=record)


def _tried(
    rung: RungName, contest: Contest, judged: Judged, alpha: float, stack: ExitStack
) -> tuple[Noted, Challenger | None]:
    """A challenger, made and judged; None where a gate or the data refused it."""
    try:
        challenger = stack.enter_context(_challenger(rung, contest))
    except REFUSED as refused:
        return Noted(step=Step(rung=rung, ended="refused", reason=refused.what), learned=None), None
    return Noted(step=_judge(rung, challenger, contest, judged, alpha), learned=challenger.learned), challenger


def _challenger(rung: RungName, contest: Contest) -> AbstractContextManager[Challenger]:
    _tell(contest, f"{rung}: a challenger is made")
    return challenge_of(rung)(contest, contest.work / f"{rung}.bundle")


def _judge(rung: RungName, challenger: Challenger, contest: Contest, judged: Judged, alpha: float) -> Step:
    found = paired(
        judged,
        contest.champion,
        challenger.bundle,
        contest.spec,
        alpha=alpha,
        tolerance=contest.asked.tolerance,
        renews=contest.renew and rung in FITTED,
        aging=aging(contest, judged.ground.ledger) if rung in FITTED else None,
    )
    unit = f" {found.currency}" if found.currency else ""
    said = f"it saves {found.difference:,.4g}{unit} more per 1,000 rows than the champion on {found.rows:,} rows"
    bound = f"at least {found.low:,.4g} at alpha {found.alpha:.2g}"
    age = f", {found.in_use:,.4g} with the {found.aging:,.4g} that its age will cost" if found.aging else ""
    need = f"more than {-found.allowed:,.4g} is asked for" if found.allowed else "more than 0 is asked for"
    if found.margin is not None:
        least = f"{-found.margin:,.4g}" if found.margin else "0"
        need = f"as the champion is to be renewed, more than {least} by the best estimate is enough"
    return Step(
        rung=rung,
        ended="better" if found.better else "fresh" if found.fresh else "behind",
        reason=f"{said}, {bound}{age}; {need}",
        paired=found,
    )


def _broken(contest: Contest, shift: Shift | None, tried: Sequence[Noted], stack: ExitStack) -> str | None:
    """Why the labels cannot be believed; where they contradict the champion, somebody has to show what it learns.

    A cheap challenger that comes back itself is enough; where none does, a refit has the last word.
    """
    if shift is None:
        return None
    learned = [noted.learned for noted in tried if noted.learned]
    again = [replace(shift, again=one) for one in learned]
    if known := next((one.broken for one in again if one.leaked), None):
        return known
    if not shift.jumped or any(one.broken is None for one in again):
        return None
    if all(noted.step.rung not in FITTED for noted in tried if noted.learned):
        _tell(contest, "the new labels contradict the champion: a refit has to show that they can be learned")
        with suppress(*REFUSED):
            refitted = stack.enter_context(_challenger("refit", contest)).learned
            return replace(shift, again=refitted).broken if refitted else UNKNOWN
        return UNKNOWN
    return again[-1].broken


def _order(contest: Contest) -> list[RungName]:
    """The rungs that are asked for, cheapest first; those that learn anew before the others where one has to."""
    rungs = [rung for rung in RUNGS if rung in contest.asked.rungs]
    return sorted(rungs, key=lambda rung: rung not in FITTED) if contest.renew else rungs


def _ends(step: Step, contest: Contest) -> bool:
    """Whether no other challenger is made: the champion is renewed, or its promise is kept again."""
    return (step.rung in FITTED and step.may_answer) if contest.renew else step.restores


def _bound(made: tuple[Step, Challenger]) -> float:
    """By which the best of those that may answer is chosen."""
    assert made[0].paired is not None  # noqa: S101  # who may answer was judged
    return made[0].paired.bound


def _passed(rung: RungName, before: str) -> Noted:
    reason = f"a cheaper one is better, and the last time {before} was better than a {rung}: it is made the next time"
    return Noted(step=Step(rung=rung, ended="passed", reason=reason), learned=None)


def _record(contest: Contest, step: Step, steps: Sequence[Step], number: int, *, accepted: bool) -> RetrainedRecord:
    assert step.paired is not None  # noqa: S101  # who is better was judged
    now = datetime.now(UTC)
    fitted = now if step.rung in FITTED else fitted_at(contest.champion.manifest)
    return RetrainedRecord(
        rung=step.rung,
        number=number,
        difference=step.paired.difference,
        low=step.paired.low,
        aging=step.paired.aging,
        alpha=step.paired.alpha,
        rows=step.paired.rows,
        currency=step.paired.currency,
        accepted=accepted,
        outdone=tuple(one.rung for one in steps[steps.index(step) + 1 :] if one.paired),
        renewed=step.ended == "fresh",
        fitted=fitted.isoformat(timespec="seconds"),
    )


def _tell(contest: Contest, text: str) -> None:
    contest.listener(Event(stage="decide", text=text))
