"""Findings -> each told once and with what it costs: a change that is worth nothing is a note."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

import numpy as np

from automl.bundle.read import Bundle
from automl.decide.policy.label_policy import LabelPolicy
from automl.decide.verdict.bootstrap import PER
from automl.monitor.drift.priced import Saving, price
from automl.monitor.drift.reference import Reference
from automl.monitor.look import Finding, Scored, Severity
from automl.monitor.money.entered import entered
from automl.monitor.money.ground import ground_of
from automl.names import inside

MOSTLY = 2 / 3  # of a distance is explained by cells that are missing or new
WORTH = 0.01  # of the promised saving: a change that moves less is a note
PRICED = {"lacking", "levels", "missing", "numbers", "range", "slip", "unseen"}  # whose column can be mapped back


def weighed(
    bundle: Bundle, rows: Scored, known: Mapping[str, Reference], found: Sequence[Finding], saving: Saving
) -> Iterator[Finding]:
    """The findings with their money, each told once; `known` is how the columns were.

    Money is the change of the estimated saving per 1,000 rows as its column is mapped back.
    """
    told = told_once(found)
    names = {inside(each.column) for each in told if each.column and each.check in PRICED}
    columns = [name for name in known if name in names and name in rows.wire.columns]
    prices = {name: price(bundle, rows, name, known[name], saving) for name in columns}
    small = WORTH * _scale(bundle, rows, saving) if columns else 0.0
    for each in told:
        money = prices.get(inside(each.column)) if each.column and each.check in PRICED else None
        if money is None:
            yield each
        else:
            yield replace(each, money=money, severity=each.severity if abs(money) >= small else _lessened(each, money))


def _lessened(found: Finding, money: float) -> Severity:
    """How bad it is that a change costs next to nothing: of drift a note, of a broken contract not yet an act.

    Where nothing at all is decided otherwise, the model ignores the column.
    """
    return "note" if found.kind == "drift" or money == 0 or found.severity == "note" else "warn"


def told_once(found: Sequence[Finding]) -> list[Finding]:
    """The findings without those that another one of the same column explains.

    Numbers of another unit lie far out, and what is missing or new moved the distribution by as much.
    """
    slips = {each.column for each in found if each.check == "slip"}
    risen = {e.column: e.evidence["share"] - e.evidence["was"] for e in found if e.check in {"missing", "unseen"}}

    def explained(each: Finding) -> bool:
        if each.check == "range":
            return each.column in slips
        moved = each.check in {"numbers", "levels"} and each.column in risen
        return moved and risen[each.column] > MOSTLY * each.evidence["distance"]

    return [each for each in found if not explained(each)]


def saving_of(bundle: Bundle) -> Saving:
    """How the saving of 1,000 rows is estimated from the model's own probabilities, as money is counted."""
    ground = ground_of(bundle)

    def saving(rows: Scored) -> float | None:
        if ground is None:
            return None
        answered = entered(bundle, ground.policy, rows)
        decided = np.isfinite(answered.decision)
        if isinstance(ground.policy, LabelPolicy):
            decided &= answered.decision >= 0
        kept = answered.take(np.flatnonzero(decided))
        return PER * float(ground.ledger.outcomes(kept).expected.mean()) if decided.any() else None

    return saving


def _scale(bundle: Bundle, rows: Scored, saving: Saving) -> float:
    """The saving of 1,000 rows that changes are held against: what was promised, or what it seems to be."""
    verdict = bundle.manifest.verdict
    return abs(saving(rows) or 0.0) if verdict is None else abs(verdict.test_saving)
