"""What is seen of the keys and times of other tables: how rows meet, and what never will (D19)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import polars as pl

from automl.data.read.typed_tables import Frame
from automl.data.rows import Finding, finding
from automl.data.tables.checks import to_of
from automl.errors import DataError
from automl.spec.data import Table


@dataclass(frozen=True, slots=True, kw_only=True)
class Join:
    """One join of `[data.tables]`; a table that is joined by several keys has one for each.

    Rows of `name` and `to` belong together where the pairs `on` (its, other's) are equal.

    `many` says that it is a history: several rows for one of `to`. Rows are known from the date in `time` on.
    """

    name: str
    to: str
    on: tuple[tuple[str, str], ...]
    time: str | None
    many: bool


def inspect_keys(
    name: str, table: Table, frames: Mapping[str, Frame], samples: Mapping[str, pl.DataFrame]
) -> tuple[list[Join], list[Finding]]:
    """The joins of a table, from how its keys meet those of the table it is joined to, and what was seen on the way.

    Raises DataError for keys that never meet because one side writes them as numbers, the other as text.
    """
    looked = [_inspect_join(name, table, on, frames, samples) for on in table.on]
    told = [seen for _, seen in looked]
    return [join for join, _ in looked], told + (
        _copies(name, samples[name]) if isinstance(frames[name], pl.DataFrame) else []
    )


def _inspect_join(
    name: str,
    table: Table,
    on: Mapping[str, str],
    frames: Mapping[str, Frame],
    samples: Mapping[str, pl.DataFrame],
) -> tuple[Join, Finding]:
    its, others, to = list(on), list(on.values()), to_of(table)
    there = _counted(frames[name], its)
    here = _counted(frames[to], others)
    parts = [str(place) for place in range(len(its))]
    rows, keyed = _rows(frames[name]), int(there["rows"].sum())
    met = here.join(there, how="semi", on=parts)
    orphans = int(there.join(here, how="anti", on=parts)["rows"].sum())
    childless = _rows(frames[to]) - int(met["rows"].sum())
    most = max(there["rows"], default=0)
    join = Join(name=name, to=to, on=tuple(on.items()), time=table.time, many=most > 1)
    evidence = {"rows": rows, "keys": there.height, "most": most, "no_key": rows - keyed, "orphans": orphans}
    evidence |= {"childless": childless}
    schema = frames[name].lazy().collect_schema()
    texts = [(its, other) for its, other in join.on if schema[its] == pl.String]  # the others are dates on both sides
    differ = _differ(join, texts, samples)
    if rows and keyed and here.height and not met.height:
        text = f"no key of {to} is found in {name}: {', '.join(its)}"
        if differ:
            raise DataError(f"{text}; {differ}", where=f"data.tables.{name}.on", hint="write the key alike in both")
        return join, finding("table", name, f"{text}; nothing can be learned from it", "noted", evidence)
    kind = f"a history of {to}: at most {most:,} rows" if join.many else f"a lookup for {to}: one row"
    parts = [f"{name} is {kind} for each {', '.join(others)}", f"rows: {rows:,}, keys: {there.height:,}"]
    parts += [f"rows without a key: {rows - keyed:,}"] if rows > keyed else []
    parts += [f"rows that belong to no row of {to}: {orphans:,}"] if orphans else []
    parts += [f"rows of {to} that have none: {childless:,}"] if childless else []
    parts += [differ] if differ else []
    return join, finding("table", name, "; ".join(parts), "noted", evidence)


def inspect_times(join: Join, frame: Frame, cutoff: str | None) -> Iterator[Finding]:
    """Notes on tables and rows whose time is not known; `cutoff` is main's column."""
    if join.time is None:
        if cutoff is not None:
            text = f"{join.name} has no time: all its rows count as always known"
            yield finding("table", join.name, text, "noted")
        return
    if cutoff is None:
        text = f"main has no time, so all rows of {join.name} count, whatever their {join.time!r}"
        yield finding("table", join.name, text, "noted")
    lost = int(frame.lazy().select(pl.col(join.time).is_nan().sum()).collect().item())
    if lost:
        text = f"rows of {join.name} without {join.time!r}: {lost:,}; they are never known"
        yield finding("table", join.name, text, "noted", {"rows": lost})


def _counted(frame: Frame, keys: list[str]) -> pl.DataFrame:
    """Each whole key of a table, as columns `0`, `1`, ..., and its number of `rows`."""
    schema = frame.lazy().collect_schema()
    there = [pl.col(key) != "" if schema[key] == pl.String else pl.col(key).is_not_nan() for key in keys]
    parts = [pl.col(key).alias(str(place)) for place, key in enumerate(keys)]
    counts = frame.lazy().filter(*there).select(parts).group_by(pl.all()).agg(rows=pl.len())
    return counts.collect(engine="streaming")


def _rows(frame: Frame) -> int:
    return frame.height if isinstance(frame, pl.DataFrame) else int(frame.select(pl.len()).collect().item())


def _differ(join: Join, texts: list[tuple[str, str]], samples: Mapping[str, pl.DataFrame]) -> str | None:
    """A sentence on keys that are numbers on one side and text on the other, such as 7 and "007"."""
    for its, other in texts:
        there, here = samples[join.name][its], samples[join.to][other]
        is_text = [series.dtype in {pl.String, pl.Categorical, pl.Enum} for series in (here, there)]
        if is_text[0] != is_text[1]:
            shown = [
                f"{series.drop_nulls().head(1).to_list()[0]!r}" if series.count() else "nothing"
                for series in (here, there)
            ]
            kinds = ["text" if text else "numbers" for text in is_text]
            return f"{join.to} has {kinds[0]} such as {shown[0]}, {join.name} {kinds[1]} such as {shown[1]}"
    return None


def _copies(name: str, raw: pl.DataFrame) -> list[Finding]:
    """Rows that stand twice, told where the table is held in memory: nothing is taken away."""
    if not raw.height or any(dtype == pl.Object for dtype in raw.dtypes):
        return []
    copies = raw.height - raw.n_unique()
    text = f"rows of {name} that equal another one: {copies:,}; they count as they stand"
    return [finding("table", name, text, "noted", {"copies": copies})] if copies else []
