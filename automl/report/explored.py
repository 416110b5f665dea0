"""A profile as people read it: one page, and a few lines for a terminal."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from automl.decide.verdict.reason import money
from automl.explore.profile import ColumnProfile, Money, Profile
from automl.figures.marks import Table, table
from automl.report._words import count, digits, line
from automl.report.page import page
from automl.report.profile_figures import (
    column_figures,
    drift_figure,
    money_figure,
    pairs_figure,
    score_figure,
    target_figures,
)

TITLE: Final = "Before any model"
HEADER: Final = ("column", "role", "read as", "missing", "values", "alone", "test / train", "becomes", "why")


def profile_page(profile: Profile) -> str:
    """The page of a profile: no number in it is computed anywhere else."""
    target = profile.target
    shown = {name: place for place, name in enumerate(profile.shown)}
    detailed = sorted((c for c in profile.columns if c.name in shown), key=lambda c: shown[c.name])
    facts = {
        "title": f"{TITLE}: {target.name}" if target else TITLE,
        "source": [line(name) for name in profile.source],
        "summary": summary(profile),
        "facts": list(_facts(profile)),
        "money": money_figure(profile),
        "money_words": list(money_words(profile.money)) if profile.money else [],
        "asks_costs": target is not None and profile.money is None,
        "warnings": [finding.text for finding in profile.findings if finding.action != "noted"],
        "remarks": [finding.text for finding in profile.findings if finding.action == "noted"],
        "target": list(target_figures(target)) if target else [],
        "scores": score_figure(profile),
        "columns": [_column(column, profile) for column in detailed],
        "pairs": pairs_figure(profile),
        "pair_table": _pair_table(profile),
        "drift": drift_figure(profile),
        "all_columns": _all_columns(profile),
        "notes": profile.notes,
        "split": profile.split,
    }
    return page("explore.html.j2", facts)


def summary(profile: Profile) -> str:
    """The table in one sentence."""
    used = sum(column.feature for column in profile.columns)
    rows = profile.rows + profile.test_rows
    head = f"{count(rows, 'row')} and {count(len(profile.columns), 'column')}, {used} of them to learn from"
    target = profile.target
    if target is None:
        return f"{head}. No target was named: name one, and every column is held against it."
    if target.positive is not None:
        return f"{head}. {100 * target.shares[1]:.3g}% of the rows are '{target.positive}' in {target.name}."
    if target.labels:
        return f"{head}. {target.name} has {len(target.labels)} classes."
    return f"{head}. {target.name} is a number."


def _facts(profile: Profile) -> Iterator[tuple[str, str]]:
    yield "rows looked at", f"{profile.rows + profile.test_rows:,}"
    if profile.test_rows:
        yield "of them set aside as test", f"{profile.test_rows:,}"
    used = sum(column.feature for column in profile.columns)
    yield "columns to learn from", f"{used:,} of {len(profile.columns):,}"
    if profile.time:
        yield "time", " to ".join(profile.time)
    if profile.target:
        yield "kind of target", profile.target.task
    if profile.money:
        unit = f" {profile.money.currency}" if profile.money.currency else ""
        yield "most a model could save in 1,000 rows", f"{money(profile.money.most)}{unit}"


def money_words(found: Money) -> Iterator[str]:
    """The money in sentences."""
    unit = f" {found.currency}" if found.currency else ""
    best = next(policy for policy in found.policies if policy.name == found.best)
    yield (
        f"Without a model the cheapest policy is {found.best}: {money(best.cost)}{unit} for 1,000 rows. A perfect "
        f"model would save {money(found.most)}{unit} of that; no model can save more."
    )
    for policy in found.policies:
        if policy.kind == "one column" and found.column is not None:
            share = f"{100 * found.column:.3g}% of that" if found.column > 0 else "none of that"
            yield f"The best rule on one column saves {share}: {policy.name}."
    if found.unpriced:
        yield f"{count(found.unpriced, 'row')} lack a cost and are left out."


def _column(column: ColumnProfile, profile: Profile) -> Mapping[str, Any]:
    """What the page says of one column."""
    detail = column.detail
    return {
        "name": line(column.name),
        "tag": "" if column.feature else column.role,
        "wire": column.wire,
        "sentences": list(_sentences(column, profile)),
        "figures": list(column_figures(column, detail, profile.target)) if detail else [],
    }


def _sentences(column: ColumnProfile, profile: Profile) -> Iterator[str]:
    yield f"Read as {column.wire}: {column.reason}."
    if column.missing is not None and column.distinct is not None:
        gaps = f"{_share(column.missing)} missing" if column.missing else "nothing missing"
        yield f"{count(column.distinct, 'different value')}, {gaps}."
    if column.score is not None and profile.target is not None:
        nothing = f"{profile.target.nothing:.3g} is knowing nothing"
        yield f"Alone it predicts with {profile.target.measure} {digits(column.score)} ({nothing})."
    yield f"Becomes {_becomes(column)}."
    yield from (f"{text}." for text in column.findings)


def _becomes(column: ColumnProfile) -> str:
    if not column.feature:
        return "no feature"
    parts = [
        f"{count(one.features, 'feature')} by {one.step}"
        + (f" with {', '.join(name for name in one.columns if name != column.name)}" if len(one.columns) > 1 else "")
        for one in column.made
    ]
    return ", ".join(parts) or "a feature"


def _share(share: float) -> str:
    return f"{100 * share:.3g}%"


def _pair_table(profile: Profile) -> Table | None:
    rows = [(pair.one, pair.other, f"{pair.strength:.3f}", pair.measure) for pair in profile.pairs]
    return table(("column", "goes with", "strength", "measure"), rows) if rows else None


def _all_columns(profile: Profile) -> Table:
    return table(HEADER, map(_row, profile.columns))


def _row(column: ColumnProfile) -> tuple[str, ...]:
    return (
        column.name,
        column.role,
        column.wire,
        "" if column.missing is None else _share(column.missing),
        "" if column.distinct is None else f"{column.distinct:,}",
        "" if column.score is None else f"{column.score:.3f}",
        "" if column.drift is None else f"{column.drift:.3f}",
        _becomes(column),
        column.reason,
    )
