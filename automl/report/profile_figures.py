"""The figures of a profile: money, scores, pairs, and three for each column."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from automl.decide.verdict.reason import money
from automl.explore.profile import Bin, ColumnProfile, Detail, Histogram, Levels, Period, Profile, TargetProfile
from automl.figures.bars import Bar, bars
from automl.figures.curve import Step, curve
from automl.figures.heat import heat
from automl.figures.histogram import histogram
from automl.figures.intervals import Estimate, intervals
from automl.figures.marks import NARROW, Figure

BEST: Final = 20  # columns of the figure of scores
DRIFTED: Final = 10
CLASSES: Final = 10  # that a figure of several classes has
KINDS: Final = {"one column": "ours", "perfect": "good", "today": "rival", "constant": ""}
SHORT: Final = {"one column": "best single column", "today": "today's rule", "perfect": "a perfect model"}
LINES: Final = "Lines are 95 % intervals."


def money_figure(profile: Profile) -> Figure | None:
    """What 1,000 rows cost under each policy."""
    found = profile.money
    if found is None:
        return None
    unit = found.currency or "cost"
    estimates = [
        Estimate(
            name=SHORT.get(one.kind, one.name),
            value=one.cost,
            low=one.low,
            high=one.high,
            kind=KINDS[one.kind],
            text=money(one.cost),
        )
        for one in found.policies
    ]
    note = f"On {found.rows:,} rows that nothing was learned from; less is better. {LINES}"
    header = ("policy", unit, "95 % interval")
    return intervals(f"What 1,000 rows cost, {unit}", note, estimates, header=header, width=NARROW)


def score_figure(profile: Profile) -> Figure | None:
    """The columns that predict best alone, against knowing nothing."""
    target = profile.target
    scored = [column for column in profile.columns if column.feature and column.score is not None]
    if target is None or not scored:
        return None
    best = sorted(scored, key=lambda column: -(column.score or 0.0))[:BEST]
    estimates = [Estimate(name=one.name, value=one.score or 0.0, text=f"{one.score:.3f}") for one in best]
    note = (
        f"{target.measure} of ranges or levels of one column, learned on half of a sample and judged on the other. "
        f"The dashed line, {target.nothing:.3g}, is knowing nothing."
    )
    header = ("column", target.measure, "")
    return intervals("What each column tells alone", note, estimates, header=header, width=NARROW, at=target.nothing)


def drift_figure(profile: Profile) -> Figure | None:
    """The columns by which test rows are told from train rows."""
    found = [column for column in profile.columns if column.feature and column.drift is not None]
    if not found:
        return None
    most = sorted(found, key=lambda column: -(column.drift or 0.0))[:DRIFTED]
    estimates = [Estimate(name=one.name, value=one.drift or 0.0, text=f"{one.drift:.3f}") for one in most]
    note = "AUC with which one column tells test rows from train rows, out of sample. The dashed line is no difference."
    return intervals("Test against train", note, estimates, header=("column", "AUC", ""), width=NARROW, at=0.5)


def pairs_figure(profile: Profile) -> Figure | None:
    """How strongly columns go together."""
    names = profile.related
    if len(names) < 2:  # noqa: PLR2004  # a pair
        return None
    note = (
        "Rank correlation of two numbers, red where one falls as the other rises; Cramer's V where a category is "
        "among them. 0 is nothing in common, 1 is all."
    )
    return heat("Which columns go together", note, names, names, profile.correlations)


def target_figures(target: TargetProfile) -> Iterator[Figure]:
    """How the target lies, and by time."""
    yield _distribution(target.name, target.distribution)
    if target.periods:
        what = f"Share of '{target.positive}'" if target.positive else target.name
        yield _by_time(f"{what} by time", target.periods, percent=target.positive is not None, band="95 % interval")


def column_figures(column: ColumnProfile, detail: Detail, target: TargetProfile | None) -> Iterator[Figure]:
    """How the column lies, what it says of the target, and its values by time."""
    yield _distribution(column.name, detail.distribution)
    if target is not None and detail.relation:
        yield _relation(column.name, detail.relation, target)
    if detail.periods:
        numbers = column.wire in {"number", "date"}
        if numbers and column.wire != "date":
            yield _by_time(f"{column.name} by time", detail.periods, percent=False, band="quartiles")
        elif not numbers:
            title = f"Share of the most frequent {column.name} by time"
            yield _by_time(title, detail.periods, percent=True, band="")
        if any(period.missing for period in detail.periods):
            yield _missing_by_time(column.name, detail.periods)


def _distribution(name: str, found: Histogram | Levels) -> Figure:
    if isinstance(found, Histogram):
        note = "Rows in each range." + _beyond(found)
        beyond = (found.below, found.above)
        return histogram(f"How {name} lies", note, found.edge_texts, found.counts, beyond=beyond)
    named = [Bar(name=level, value=count, text=f"{count:,}") for level, count in _pairs(found)]
    others = [Bar(name="(others)", value=found.others, text=f"{found.others:,}", kind="soft")] if found.others else []
    return bars(f"How {name} lies", "Rows of each.", [*named, *others], header=("level", "rows"))


def _pairs(found: Levels) -> Iterator[tuple[str, int]]:
    return zip(found.names, found.counts, strict=True)


def _beyond(found: Histogram) -> str:
    count = found.below + found.above
    return f" {count:,} rows lie beyond, far from all others." if count else ""


def _relation(name: str, found: Sequence[Bin], target: TargetProfile) -> Figure:
    if target.task == "multiclass":
        order = sorted(range(len(target.labels)), key=lambda code: -target.shares[code])[:CLASSES]
        values = [[one.shares[code] for code in order] for one in found]
        labels = [target.labels[code] for code in order]
        title = f"{target.name} by {name}"
        return heat(title, "Share of each class.", [one.name for one in found], labels, values, width=NARROW)
    factor, what = (100.0, f"'{target.positive}'") if target.positive else (1.0, target.name)
    how = "Share of {} by {}, %" if target.positive else "Mean of {} by {}"
    estimates = [
        Estimate(
            name=one.name,
            value=factor * one.value,
            low=factor * one.low,
            high=factor * one.high,
            text=f"{factor * one.value:.1f}" if target.positive else "",
        )
        for one in found
    ]
    overall = factor * sum(one.rows * one.value for one in found) / sum(one.rows for one in found)
    header = (name, what, "95 % interval")
    return intervals(how.format(what, name), LINES, estimates, header=header, width=NARROW, at=overall)


def _by_time(title: str, found: Sequence[Period], *, percent: bool, band: str) -> Figure:
    steps = [Step(name=one.start, value=one.median, low=one.low, high=one.high) for one in found]
    note = f"In stretches of equal length{f'; the band is the {band}' if band else ''}."
    return curve(title, note, steps, header=("from", "value", "low", "high"), percent=percent)


def _missing_by_time(name: str, found: Sequence[Period]) -> Figure:
    steps = [Step(name=one.start, value=one.missing) for one in found]
    header = ("from", "missing", "", "")
    return curve(f"Missing {name} by time", "Share of rows without a value.", steps, header=header, percent=True)
