"""Which column is to be predicted: candidates, the likeliest first, each with what speaks for it."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace

import polars as pl

from automl.data.infer.name_hints import IDS, words
from automl.data.infer.typed_values import unreadable
from automl.data.read.frames import counted
from automl.data.rows import Column
from automl.data.spelling import canonical
from automl.errors import clipped, one_line
from automl.init.looked import Table
from automl.init.question import LISTED

CALLED = frozenset({"target", "label", "outcome", "response"})
ALONE = frozenset({"y", "class"})  # likewise, where it is the whole name
OUTCOMES = frozenset(
    {"churn", "churned", "attrition", "default", "defaulted", "delinquent", "fraud", "fraudulent", "claim", "claims"}
    | {"cancelled", "canceled", "cancellation", "survived", "died", "readmitted", "diagnosis", "disease", "failure"}
    | {"failed", "fault", "defect", "converted", "conversion", "click", "clicked", "bought", "buys", "purchased"}
    | {"subscribed", "responded", "recommended", "approved", "accepted", "returned", "delayed", "delay", "tomorrow"}
    | {"price", "salary", "revenue", "sales", "demand", "visitors", "consumption", "rating", "quality"}
)
ABOUT = frozenset({"holiday", "weekend", "weekday", "workingday", "today", "previous", "prev", "last", "past", "old"})
SURE = 20  # points of a column that alone is not in the test part
ENOUGH = 3  # points without which nothing is guessed
LEVELS = 30  # of a label
SHARES = 4  # labels whose share is told
NAME = 30  # characters of a label that are told
GAP = 0.5  # share of missing values from which a column is hardly a target


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A column that may be the target, with points for what speaks for it."""

    name: str
    points: int
    evidence: tuple[str, ...]

    @property
    def why(self) -> str:
        """All that speaks for it, in one line."""
        return "; ".join(self.evidence)


def candidates(table: Table, *, test: Collection[str] | None = None, others: Collection[str] = ()) -> list[Candidate]:
    """The columns that may be the target, the likeliest first.

    `test` are the columns of the test part, `others` those of other tables: what stands in several is no target.
    """
    series = {one.name: one for one in table.raw}
    able = [column for column in table.schema.columns if _is_able(column, series.get(column.name))]
    lacking = [column.name for column in able if test is not None and column.name not in test]
    two = [column.name for column in able if series[column.name].drop_nulls().n_unique() == 2]  # noqa: PLR2004  # binary
    texts = [column.name for column in able if column.wire == "category"]
    found = []
    for place, column in enumerate(able):
        name = column.name
        speaking = list(_name_speaks(name, others))
        speaking += [(SURE, "the test part lacks it")] if lacking == [name] else []
        speaking += [(2, "the last column")] if place == len(able) - 1 else []
        speaking += [(1, "the first column")] if place == 0 else []
        speaking += [(2 if two == [name] else 1, "")] if name in two else []
        speaking += [(2, "the only one that is no number")] if texts == [name] and len(able) > len(two) + 1 else []
        missing = series[name].null_count() / table.raw.height
        speaking += [(-3, f"missing in {missing:.0%} of the rows")] if missing > GAP else []
        points = sum(number for number, _ in speaking)
        found.append(Candidate(name=name, points=points, evidence=tuple(text for _, text in speaking if text)))
    found.sort(key=lambda candidate: -candidate.points)
    return [*(_described(candidate, series) for candidate in found[:LISTED]), *found[LISTED:]]


def best(found: list[Candidate]) -> Candidate | None:
    """The candidate that can be guessed: enough speaks for it, and more than for any other."""
    if not found or found[0].points < ENOUGH or (len(found) > 1 and found[0].points == found[1].points):
        return None
    return found[0]


def _is_able(column: Column, series: pl.Series | None) -> bool:
    """Whether its values can be predicted: labels or numbers that vary, no id, no date, no free text."""
    if series is None or unreadable(series) or column.role == "dropped":
        return False
    if column.wire in {"date", "text"} or column.is_text:
        return False
    distinct = series.drop_nulls().n_unique()
    return distinct > 1 and (column.wire != "category" or distinct <= max(LEVELS, len(series) // 10))


def _name_speaks(name: str, others: Collection[str]) -> Iterator[tuple[int, str]]:
    said = set(words(name))
    if said & CALLED or (len(said) == 1 and said & ALONE):
        yield 6, "called as targets are"
    elif (spoken := said & OUTCOMES) and not said & ABOUT:
        yield 4, f"named after an outcome ({min(spoken)!r})"
    if said & ABOUT:
        yield -2, "named after what is known before"
    if said & IDS:
        yield -2, "called an id"
    if name in others:
        yield -3, "another table has it, too"


def _described(candidate: Candidate, series: Mapping[str, pl.Series]) -> Candidate:
    """With what kind of values it has, which takes a look at each."""
    return replace(candidate, evidence=(*candidate.evidence, _kind(series[candidate.name])))


def _labels(series: pl.Series) -> list[tuple[str, int]]:
    """The labels of a column and their rows, the most frequent first; [] for numbers of many values."""
    if series.n_unique() > 2 * LEVELS:  # the same label in two spellings
        return []
    counts = counted(canonical(series).drop_nulls()).sort(["count", "value"], descending=[True, False])
    return list(counts.iter_rows()) if counts.height <= LEVELS else []


def _kind(series: pl.Series) -> str:
    labels = _labels(series)
    if not labels:
        return f"{series.n_unique():,} values"
    rows = sum(count for _, count in labels)
    told = [f"{short(label)} {count / rows:.1%}" for label, count in labels[:SHARES]]
    return f"{len(labels)} labels: {', '.join(told)}{', ...' if len(labels) > SHARES else ''}"


def short(text: str) -> str:
    """A value as it is told: on one line, and no longer than a reader takes."""
    return clipped(one_line(clipped(text)), NAME)
