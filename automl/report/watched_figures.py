"""The figures of a watch: money by look, what changes cost, calibration, and when labels come."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from automl.decide.verdict.reason import money
from automl.explore.distribution import moment
from automl.figures.intervals import Estimate, intervals
from automl.figures.lines import Axes, Point, lines
from automl.figures.marks import NARROW, Figure
from automl.monitor.look import Finding, Look, Reliability

LAST: Final = 24  # looks of the figure
MOST: Final = 20  # columns


def money_figure(looks: Sequence[Look]) -> Figure | None:
    """What was saved at each look, beside the promise."""
    seen = [(look, look.money) for look in looks[-LAST:] if look.money]
    if not seen:
        return None
    found = []
    for look, known in seen:
        name = f"look {look.number}" if look.end is None else moment(look.end)
        for one, kind, what in ((known.unlabelled, "", ""), (known.labelled, "ours", ", labels")):
            if one is not None:
                text = money(one.value) + ("" if one.sure else " ?")
                found.append(
                    Estimate(name=name + what, value=one.value, low=one.low, high=one.high, kind=kind, text=text)
                )
    promise, unit = seen[-1][1].promise, _unit_of(seen[-1][1].currency)
    if not found:
        return None
    note = "Estimated from the model's own probabilities, and from labels where these came. Lines are intervals."
    note += " The dashed line is the promise of the test part." if promise else ""
    note += " With a question mark: not to be relied upon yet." if any("?" in one.text for one in found) else ""
    header = ("look", unit, "interval")
    at = promise.value if promise else None
    return intervals(f"What 1,000 rows save, {unit}", note, found, header=header, width=NARROW, at=at)


def cost_figure(found: Sequence[Finding], currency: str | None) -> Figure | None:
    """The columns that changed, by what that costs."""
    priced = {one.column: one for one in reversed(found) if one.column and one.money is not None}
    worst = sorted(priced.values(), key=lambda one: -abs(one.money or 0.0))[:MOST]
    if not worst:
        return None
    unit = _unit_of(currency)
    estimates = [
        Estimate(
            name=one.column or "",
            value=one.money or 0.0,
            kind="bad" if one.severity == "act" else "",
            text=money(one.money or 0.0),
        )
        for one in worst
    ]
    note = "Each column mapped back to how it was, all others as they are. Right of 0 it costs, left of it saves."
    return intervals(
        f"What changes cost 1,000 rows, {unit}", note, estimates, header=("column", unit, ""), width=NARROW, at=0.0
    )


def _unit_of(currency: str | None) -> str:
    """What is counted; a spec may give costs and no currency."""
    return "loss" if currency is None else currency or "money"


def calibration_figure(found: Sequence[Reliability]) -> Figure:
    """What share of labelled rows was as the model said, by how likely it said that was."""
    points = [Point(x=one.predicted, y=one.seen, low=one.low, high=one.high) for one in found]
    axes = Axes(x="predicted", y="seen", ends=(0.0, 1.0, 0.0, 1.0))
    note = "Rows with a label, by predicted probability (of several classes that of the likeliest)."
    note += " The pale line is a model that says it as it is."
    return lines("Calibration", note, points, axes, compare=((0.0, 0.0), (1.0, 1.0)))


def delay_figure(late: Sequence[tuple[float, float]]) -> Figure:
    """How many labels are known after so many days."""
    points = [Point(x=days, y=share) for days, share in late]
    note = "The share of rows whose label is known, by the days since the row."
    return lines("When labels come", note, points, Axes(x="days", y="known"))
