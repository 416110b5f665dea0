"""The figures of a bundle's report, each from what report.json and the manifest say."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Any, Final

from automl.bundle.verdict import VerdictRecord
from automl.decide.verdict.reason import money
from automl.figures.curve import Step, curve
from automl.figures.heat import heat
from automl.figures.intervals import Estimate, intervals
from automl.figures.lines import Axes, Point, lines
from automl.figures.marks import NARROW, Figure, Table, shortened, table
from automl.figures.scales import number
from automl.report._words import Facts
from automl.report.money import policy_name

SHARES: Final = (0.0, 1.0, 0.0, 1.0)
DIAGONAL: Final = ((0.0, 0.0), (1.0, 1.0))
MOST_COLUMNS = 20  # of what matters
MOST_TRIALS = 40
MOST_LABELS = 30  # of a matrix
NEAR = 3.0  # times the slowest, a limit that is drawn: a wide one would leave no room for the others


def money_figures(verdict: VerdictRecord) -> list[Figure]:
    """What 1,000 rows cost by each policy, and what is saved where an amount is half or twice what the spec says."""
    unit = f"{verdict.currency or 'cost'} per 1,000 rows"
    policies = [Estimate(name=policy_name(one), value=one.cost, text=money(one.cost)) for one in verdict.policies]
    ours = Estimate(name="this model", value=verdict.ours, kind="ours", text=money(verdict.ours))
    found = [
        intervals(
            "What 1,000 rows cost",
            f"In {unit}: each policy that needs no model, and this model.",
            [*policies, ours],
            header=("policy", unit, ""),
            width=NARROW,
        )
    ]
    cases = [
        Estimate(name=f"{one.factor:g} x {one.cell}", value=one.saving, low=one.low, high=one.high)
        for one in verdict.scenarios
    ]
    now = Estimate(name="as the spec says", value=verdict.saving, low=verdict.low, high=verdict.high, kind="ours")
    if cases:
        note = (
            "An amount at half and at twice what the spec says, decided again. Right of the dashed line deploying pays."
        )
        found.append(
            intervals(
                "If an amount is wrong",
                note,
                [now, *cases],
                header=("amount", f"saving, {unit}", "95 %"),
                width=NARROW,
                at=0.0,
            )
        )
    return found


def over_time(periods: Sequence[Facts], unit: str) -> Figure:
    """What was saved period by period."""
    steps = [
        Step(name=one["start"], value=one["saving"], low=_number(one["low"]), high=_number(one["high"]))
        for one in periods
    ]
    note = (
        "On the test rows, against the best policy without a model, with a 95 % band. Below 0 that policy was better."
    )
    return curve("Saving over time", note, steps, header=("from", f"saving, {unit} per 1,000 rows", "low", "high"))


def curves(found: Facts, unit: str, acted: float | None) -> Iterator[Figure]:
    """Calibration, ranking and the cost of acting on more rows, as far as they apply."""
    if costs := found["threshold_costs"]:
        points = [Point(x=one["acted"], y=one["cost"]) for one in costs]
        marked = [] if acted is None else [_nearest(points, acted)]
        note = "Rows are acted on in the order of what acting is expected to save. The dot is what this model does."
        yield lines("What acting on more rows costs", note, points, Axes(x="share acted on", y=unit), marked=marked)
    if bins := found["reliability"]:
        points = [Point(x=one["promised"], y=one["share"], low=one["low"], high=one["high"]) for one in bins]
        note = "Of the rows that were given about so much, how many came true. On the pale line promises are kept."
        axes = Axes(x="promised probability", y="came true", ends=SHARES)
        yield lines("Are probabilities kept?", note, points, axes, compare=DIAGONAL)
    if ranked := found["ranking"]:
        yield from _rankings(ranked)


def _rankings(ranked: Sequence[Facts]) -> Iterator[Figure]:
    gain = [Point(x=one["acted"], y=one["recall"]) for one in ranked]
    note = "The share of positives that is found by acting on so many rows. The pale line is chance."
    yield lines("Gain", note, gain, Axes(x="share acted on", y="positives found", ends=SHARES), compare=DIAGONAL)
    roc = [Point(x=one["false_alarms"], y=one["recall"]) for one in ranked]
    note = "Positives found against others acted on: the ROC curve. The pale line is chance."
    yield lines("False alarms", note, roc, Axes(x="false alarms", y="positives found", ends=SHARES), compare=DIAGONAL)
    precise = [Point(x=one["recall"], y=one["precision"]) for one in ranked if one["precision"] is not None]
    note = "Of those acted on, how many were positive, for each share of positives found."
    yield lines("Precision and recall", note, precise, Axes(x="positives found", y="precision", ends=SHARES))


def residual_figures(found: Facts) -> Iterator[Figure]:
    """How far numbers are off over the range of predictions."""
    bins = found["bins"]
    points = [
        Point(x=one["predicted"], y=one["quantiles"][2], low=one["quantiles"][0], high=one["quantiles"][-1])
        for one in bins
    ]
    ends = (points[0].x, 0.0), (points[-1].x, 0.0)
    note = (
        f"Truth less prediction: the middle, and a band that holds 90 % of the rows. {found['under']:.0%} of the "
        f"truths were above what was predicted, {found['over']:.0%} below."
    )
    yield lines(
        "How far predictions are off", note, points, Axes(x="predicted", y="truth less prediction"), compare=ends
    )


def importance(found: Facts) -> Figure:
    """What is lost without a column."""
    heavy = [
        Estimate(name=_columns(one["columns"]), value=one["loss"], low=one["low"], high=one["high"])
        for one in found["importance"][:MOST_COLUMNS]
    ]
    left = found["columns"] - len(found["importance"])
    note = (
        f"How much more one row loses ({found['loss']}) when the cells of a column are those of other rows, on "
        f"{found['looked_at']:,} test rows." + (f" There was no time for {left} columns." if left > 0 else "")
    )
    header = ("column", found["loss"], "95 %")
    return intervals("What is lost without a column", note, heavy, header=header, width=NARROW, at=0.0)


def effects(found: Facts) -> Iterator[Figure]:
    """How the prediction moves with the weightiest columns of numbers."""
    for name, points in found["effects"].items():
        rows = [Point(x=one["value"], y=one["effect"]) for one in points]
        note = "The others stay as they are: what crossing each stretch changes, added up, around 0 on average."
        yield lines(shortened(name, 40), note, rows, Axes(x=shortened(name, 30), y="change of the prediction"))


def confusion(found: Facts, unit: str) -> Table:
    """What was decided against what came true."""
    rows = [
        (
            one["truth"],
            one["action"],
            number(one["rows"]),
            *((money(one["cost"]),) if one["cost"] is not None else ()),
        )
        for one in found["confusion"]
    ]
    priced = any(one["cost"] is not None for one in found["confusion"])
    return table(("truth", "decision", "of 1,000 rows", *((f"these cost, {unit}",) if priced else ())), rows)


def matrices(found: Facts, unit: str) -> Iterator[Figure]:
    """Of several labels or actions: what was decided against what came true, in rows and in money."""
    cells = found["confusion"]
    often: dict[str, float] = {}
    for one in cells:
        often[one["truth"]] = often.get(one["truth"], 0.0) + one["rows"]
    truths = sorted(often, key=lambda truth: -often[truth])[:MOST_LABELS]
    actions = [
        action for action in dict.fromkeys(one["action"] for one in cells) if action in truths or action not in often
    ]
    place = {(one["truth"], one["action"]): one for one in cells}
    left = f" The {len(truths)} most frequent labels of {len(often)}." if len(truths) < len(often) else ""
    asked = [("What was decided", "rows", f"Of 1,000 rows: down what came true, across what was decided.{left}")]
    if cells[0]["cost"] is not None:
        asked.append(("What decisions cost", "cost", f"In {unit} per 1,000 rows, red where it is lost.{left}"))
    for title, key, note in asked:
        values = [[place[truth, action][key] for action in actions] for truth in truths]
        most = max((abs(value) for line in values for value in line), default=0.0) or 1.0
        sign = -1.0 if key == "cost" else 1.0
        told = [[(money if key == "cost" else number)(value) for value in line] for line in values]
        yield heat(title, note, truths, actions, [[sign * v / most for v in line] for line in values], texts=told)


def learning(found: Facts, unit: str) -> Figure:
    """What is lost after learning from ever more rows."""
    steps = [
        Step(name=f"{one['rows']:,}", value=one["loss"], low=one["low"], high=one["high"]) for one in found["points"]
    ]
    note = (
        f"In {unit}: the weightiest member, {found['learner']}, learned once more from so many rows of a fold and was "
        "judged on the test rows, with a 95 % band. Lower is better."
    )
    return curve("What more rows brought", note, steps, header=("learned from", unit, "low", "high"))


def weak_spots(found: Facts) -> Table:
    """The kinds of rows on which the model loses most."""
    rows = [
        (
            " and ".join(one["conditions"]),
            f"{one['rows']:,}",
            f"{one['share']:.1%}",
            number(one["loss"]),
            f"{number(one['low'])} to {number(one['high'])}",
        )
        for one in found["weak_spots"]
    ]
    return table(("rows where", "rows", "share", f"{found['loss']} a row", "95 %"), rows)


def limits(gates: Sequence[Facts]) -> Table:
    """Each limit with what was measured."""
    rows = [
        (
            one["gate"].replace("_", " "),
            f"{number(_number(one['measured']))} {one['unit']}",
            "none" if one["limit"] is None else f"{number(one['limit'])} {one['unit']}",
            "kept" if one["ok"] else "broken",
        )
        for one in gates
    ]
    return table(("limit", "measured", "asked for", "verdict"), rows)


def front(points: Sequence[Facts], limit: float | None) -> Figure:
    """The ensembles that could have shipped: loss against the time of a row."""
    found = sorted((Point(x=1e3 * one["latency_p99"], y=one["loss"]) for one in points), key=lambda one: one.x)
    marked = [(1e3 * one["latency_p99"], one["loss"], "this one") for one in points if one["chosen"]]
    near = limit is not None and limit < NEAR * found[-1].x
    ends = [(limit, found[0].y), (limit, found[-1].y)] if limit is not None and near else []
    note = "No other was better, faster and smaller by the estimate. This one has the smallest loss within the limits."
    return lines(
        "What could have shipped",
        note,
        found,
        Axes(x="ms a row, p99 by estimate", y="loss"),
        compare=ends,
        marked=marked,
    )


def trials(board: Sequence[Facts], metric: str) -> Table:
    """The trials of the search, the best first."""
    rows = [
        (
            str(one["id"]),
            one["learner"],
            one["status"],
            number(_number(one["score"])),
            f"{one['rows']:,}",
            f"{one['seconds']:.1f}",
            one["detail"] or "",
        )
        for one in board[:MOST_TRIALS]
    ]
    return table(("trial", "learner", "ended", metric, "rows", "seconds", "why"), rows)


def _columns(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{names[0]} and {len(names) - 1} more"


def _nearest(points: Sequence[Point], acted: float) -> tuple[float, float, str]:
    near = min(points, key=lambda one: abs(one.x - acted))
    return near.x, near.y, "this model"


def _number(value: Any) -> float:
    return math.nan if value is None else float(value)
