"""What our engine computes is what Featuretools computes, with a cutoff for each row, strictly before it."""

from __future__ import annotations

import math
import re
import warnings
from dataclasses import dataclass
from typing import Any, get_args

import numpy as np
import polars as pl
import pytest
from hypothesis import Phase, given, reject, settings
from hypothesis import strategies as st

from automl.features.relational.check import wire_of
from automl.features.relational.compute.run import run
from automl.features.relational.definition import (
    Aggregation,
    AggregationOp,
    Base,
    Catalog,
    Condition,
    Definitions,
    Direct,
    Expr,
    Hop,
    RelationalFeature,
    TableSchema,
    Transform,
)

DAY = 86_400e6
START = 18_262 * DAY  # 2020-01-01
WITHOUT_VALUES = ("count", "time_since_first", "time_since_last", "avg_time_between")
OF_NUMBERS = ("sum", "mean", "min", "max", "std", "skew", "median", "trend", "first", "last")
OF_TEXTS = ("mode", "num_unique", "first", "last", "entropy")
OF_FLAGS = ("percent_true", "first", "last")
KINDS = {"number": OF_NUMBERS, "category": OF_TEXTS, "flag": OF_FLAGS}
OF_TIMES = ("trend", "time_since_first", "time_since_last", "avg_time_between")
WITHOUT_SHRINKING = (
    Phase.explicit,
    Phase.reuse,
    Phase.generate,
)  # each example costs Featuretools a quarter of a second
THEIRS = {"add": "add_numeric", "subtract": "subtract_numeric", "divide": "divide_numeric", "absolute": "absolute"}
LOGICAL = {"number": "Double", "category": "Categorical", "flag": "BooleanNullable", "date": "Datetime"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """Tables main <- events <- items and events -> shops, and expressions over them."""

    catalog: Catalog
    frames: dict[str, pl.DataFrame]
    exprs: tuple[Expr, ...]


COLUMNS = {"x": "number", "c": "category", "f": "flag", "d": "date"}
NUMBERS = st.one_of(st.just(math.nan), st.integers(-40, 40).map(lambda i: i / 4))
TEXTS = st.sampled_from(["", "a", "b", "é", "zz"])
FLAGS = st.sampled_from([math.nan, 0.0, 1.0, 1.0])
DATES = st.one_of(st.just(math.nan), st.integers(0, 800).map(lambda hours: START + hours * DAY / 24))
DAYS = st.integers(0, 60).map(lambda day: START + day * DAY)


@st.composite
def cases(draw: Any) -> Case:
    """Small tables: some with a time, some keys of two columns, some broken or missing, some tables empty."""
    double = draw(st.booleans())
    timed = {name: draw(st.booleans()) for name in ("events", "items", "shops")}
    keys = st.tuples(
        st.sampled_from(["", "p", "q", "r"]), st.sampled_from([math.nan, 1.0, 2.0]) if double else st.just(1.0)
    )
    main = [(key, draw(DAYS)) for key in draw(st.lists(keys, min_size=1, max_size=3))]
    items = []
    shop = st.sampled_from(["", "s", "t", "u"])
    events = [(*draw(keys), float(i), draw(shop), *_values(draw), draw(DAYS)) for i in range(draw(st.integers(0, 9)))]
    if events:
        # The last number is of no event; an item is not earlier than its event.
        for event in draw(st.lists(st.integers(0, len(events)), max_size=9)):
            after = events[event][-1] if event < len(events) and timed["events"] else START
            items += [(float(event), *_values(draw), max(after, draw(DAYS)))]
    shops = [(name, *_values(draw), draw(DAYS)) for name in draw(st.lists(st.sampled_from("stv"), unique=True))]
    frames = {
        "main": _frame({"k": "category", "l": "number", "at": "date"}, [(*key, at) for key, at in main]),
        "events": _frame(
            {"k": "category", "l": "number", "id": "number", "s": "category", **COLUMNS, "t": "date"}, events
        ),
        "items": _frame({"event": "number", **COLUMNS, "t": "date"}, items),
        "shops": _frame({"s": "category", **COLUMNS, "t": "date"}, shops),
    }
    catalog = Catalog(tables=_tables(frames, timed={name for name in timed if timed[name]}), cutoff="at")
    exprs = draw(st.lists(expressions(catalog, double=double), min_size=4, max_size=4, unique=True))
    return Case(catalog=catalog, frames=frames, exprs=tuple(exprs))


def _values(draw: Any) -> tuple[Any, ...]:
    return draw(NUMBERS), draw(TEXTS), draw(FLAGS), draw(DATES)


def _tables(frames: dict[str, pl.DataFrame], timed: set[str]) -> tuple[TableSchema, ...]:
    return tuple(
        TableSchema(
            name=name,
            columns={c: _wire(c, dtype) for c, dtype in frame.schema.items()},
            time="t" if name in timed else None,
        )
        for name, frame in frames.items()
    )


def _wire(column: str, dtype: Any) -> Any:
    if dtype == pl.String:
        return "category"
    return "flag" if column == "f" else "date" if column in {"t", "d", "at"} else "number"


def _frame(columns: dict[str, str], rows: list[tuple[Any, ...]]) -> pl.DataFrame:
    schema = {c: pl.String if wire == "category" else pl.Float64 for c, wire in columns.items()}
    return pl.DataFrame(rows, schema=schema, orient="row")


def expressions(catalog: Catalog, *, double: bool) -> Any:
    """Aggregations of events and items, of values that are looked up or aggregated themselves, and arithmetic."""
    events = Hop(table="events", on=(("k", "k"), ("l", "l")) if double else (("k", "k"),))
    items = Hop(table="items", on=(("id", "event"),))
    shops = Hop(table="shops", on=(("s", "s"),))

    def bases(kind: str) -> Any:
        name = next(column for column, wire in COLUMNS.items() if wire == kind)
        return st.just(Base(column=name))

    def of_items(path: tuple[Hop, ...]) -> Any:
        return aggregations(path, {kind: bases(kind) for kind in ("number", "category", "flag")})

    def of_events(kind: str) -> Any:
        found = [bases(kind), bases(kind).map(lambda base: Direct(hop=shops, of=base))]
        if kind == "number":
            found.append(of_items((items,)).filter(lambda expr: wire_of_items(expr) == "number"))
            found.append(bases("number").map(lambda base: Transform(op="absolute", of=(base,))))
        return st.one_of(found)

    def wire_of_items(expr: Aggregation) -> str:
        through = Aggregation(op="first", path=(events,), of=expr)
        return wire_of(through, catalog)

    def aggregations(path: tuple[Hop, ...], values: dict[str, Any]) -> Any:
        timed = any(catalog.table(hop.table).time for hop in path)
        last = catalog.table(path[-1].table)

        def some(op: str) -> Any:
            kinds = [kind for kind, ops in KINDS.items() if op in ops and kind in values]
            of = st.none() if op in WITHOUT_VALUES else st.one_of([values[kind] for kind in kinds])
            return st.builds(
                Aggregation,
                op=st.just(op),
                path=st.just(path),
                of=of,
                window=st.sampled_from([None, 7 * DAY, 30 * DAY]) if last.time else st.none(),
                where=st.sampled_from([None, None, Condition(column="c", value="a")]),
            )

        left_out = {*(() if timed and last.time else OF_TIMES)}
        if timed and not last.time:  # ours are in the order in which they become known, theirs in that of the file
            left_out |= {"first", "last"}
        ops = [op for op in get_args(AggregationOp) if op not in left_out]
        return st.sampled_from(ops).flatmap(some)

    simple = st.one_of(
        aggregations((events,), {kind: of_events(kind) for kind in ("number", "category", "flag")}),
        of_items((events, items)),
    )
    # Featuretools adds no columns that it left empty and without a type.
    numbers = simple.filter(lambda expr: expr.op in {"count", "sum", "mean", "min", "max", "std"})
    count = st.just(Aggregation(op="count", path=(events,)))
    return st.one_of(
        simple,
        simple,
        st.builds(lambda op, a, b: Transform(op=op, of=(a, b)), st.sampled_from(["add", "subtract"]), numbers, numbers),
        st.builds(lambda a, b: Transform(op="divide", of=(a, b)), numbers, count),
    )


def check(case: Case) -> None:
    """Ours equal theirs to 1e-9 of the numbers in play."""
    features = tuple(
        RelationalFeature(name=f"f{i}", expr=expr, wire=wire_of(expr, case.catalog))
        for i, expr in enumerate(case.exprs)
    )
    ours = run(Definitions(catalog=case.catalog, features=features), case.frames["main"], case.frames)
    theirs = their_matrix(case)
    for feature, column in zip(features, theirs, strict=True):
        if feature.wire == "category":
            assert ours[feature.name].to_list() == ["" if _missing(v) else v for v in column], feature
        else:
            expected = np.array([math.nan if _missing(v) else float(v) for v in column])
            expected[np.isinf(expected)] = math.nan  # what is not finite is missing with us
            np.testing.assert_allclose(
                ours[feature.name].to_numpy(), expected, rtol=1e-9, atol=1e-9, err_msg=str(feature)
            )


def _missing(value: Any) -> bool:
    import pandas as pd

    return bool(pd.isna(value))


def their_matrix(case: Case) -> list[list[Any]]:
    """What Featuretools computes for each expression."""
    import pandas as pd

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import featuretools as ft
        from woodwork.exceptions import TypeConversionError

        theirs = _Theirs(ft, case)
        definitions = [theirs.feature(expr, "main").rename(f"f{i}") for i, expr in enumerate(case.exprs)]
        cutoffs = pd.DataFrame(
            {"row": [f"{i:03}" for i in range(case.frames["main"].height)], "time": _dates(case.frames["main"]["at"])}
        )
        try:
            matrix = ft.calculate_feature_matrix(
                definitions, entityset=theirs.entities, cutoff_time=cutoffs, include_cutoff_time=False
            )
        except (KeyError, TypeError):  # it loses types and columns of some empty tables: there is nothing to compare
            reject()
        except TypeConversionError as error:  # it takes a number that no row has for a date or a category
            if not re.search(r"from type (datetime64\[ns\]|category) to type float64", str(error)):
                raise
            reject()
    matrix = matrix.loc[cutoffs["row"]]
    return [matrix[f"f{i}"].tolist() for i in range(len(definitions))]


class _Theirs:
    """The same tables and expressions in Featuretools: keys become texts, main and events share a table of keys."""

    def __init__(self, ft: Any, case: Case) -> None:
        import pandas as pd

        self.ft, self.catalog = ft, case.catalog
        self.entities = ft.EntitySet("case")
        for name, frame in case.frames.items():
            index = {"main": range(frame.height), "events": frame["id"].cast(pl.Int64) if name == "events" else ()}
            columns: dict[str, Any] = {"row": [f"{i:03}" for i in index.get(name, range(frame.height))]}
            if name == "shops":
                columns = {"row": frame["s"].to_list()}
            kinds = {"row": "Categorical"}
            if name in {"main", "events"}:
                pairs = zip(frame["k"], frame["l"], strict=True)
                columns["key"] = [None if k == "" or math.isnan(v) else f"{k}{v}" for k, v in pairs]
                kinds["key"] = "Categorical"
            if name == "events":
                columns["shop"] = [s or None for s in frame["s"]]
                kinds["shop"] = "Categorical"
            if name == "items":
                columns["event"] = [f"{int(e):03}" for e in frame["event"]]
                kinds["event"] = "Categorical"
            if name != "main":
                for column, wire in COLUMNS.items():
                    columns[column], kinds[column] = _theirs(frame[column], wire), LOGICAL[wire]
                columns["t"], kinds["t"] = _dates(frame["t"]), "Datetime"
            time = "t" if case.catalog.table(name).time else None
            self._add(name, pd.DataFrame(columns), kinds, time)
        keys = sorted({k for name in ("main", "events") for k in self.entities[name]["key"].dropna()} | {"none"})
        self._add("keys", pd.DataFrame({"row": keys}), {"row": "Categorical"}, None)
        links = (
            ("keys", "main", "key"),
            ("keys", "events", "key"),
            ("events", "items", "event"),
            ("shops", "events", "shop"),
        )
        for parent, child, column in links:
            if {parent, child} <= {"keys", *case.frames}:
                self.entities.add_relationship(parent, "row", child, column)

    def _add(self, name: str, frame: Any, kinds: dict[str, str], time: str | None) -> None:
        self.entities.add_dataframe(
            dataframe_name=name, dataframe=frame, index="row", logical_types=kinds, time_index=time
        )

    def feature(self, expr: Expr, at: str) -> Any:
        match expr:
            case Base():
                return self.ft.IdentityFeature(self.entities[at].ww[expr.column])
            case Direct():
                return self.ft.DirectFeature(self.feature(expr.of, expr.hop.table), at)
            case Transform():
                of = [self.feature(operand, at) for operand in expr.of]
                return self.ft.TransformFeature(of, primitive=_primitive(THEIRS.get(expr.op, expr.op)))
            case Aggregation():
                found = self._aggregation(expr, "keys" if at == "main" else at)
                return self.ft.DirectFeature(found, "main") if at == "main" else found

    def _aggregation(self, expr: Aggregation, parent: str) -> Any:
        table = expr.path[-1].table
        if expr.op == "count":
            of = [self.ft.IdentityFeature(self.entities[table].ww["row"])]
        elif expr.of is None:
            of = [self.feature(Base(column="t"), table)]
        else:
            of = [self.feature(expr.of, table)]
            if expr.op == "trend":
                of.append(self.feature(Base(column="t"), table))
        where = None
        if expr.where is not None:
            where = self.feature(Base(column=expr.where.column), table) == expr.where.value
        previous = None if expr.window is None else f"{int(expr.window / DAY)} days"
        return self.ft.AggregationFeature(
            of, parent_dataframe_name=parent, primitive=_primitive(expr.op), use_previous=previous, where=where
        )


def _primitive(name: str) -> Any:
    from featuretools.primitives import get_aggregation_primitives, get_transform_primitives

    return {**get_aggregation_primitives(), **get_transform_primitives()}[name]()


def _dates(series: pl.Series) -> Any:
    import pandas as pd

    return pd.to_datetime([None if math.isnan(v) else int(v) * 1000 for v in series])


def _theirs(series: pl.Series, wire: str) -> Any:
    if wire == "date":
        return _dates(series)
    if wire == "category":
        return [v or None for v in series]
    return [None if wire == "flag" and math.isnan(v) else bool(v) if wire == "flag" else v for v in series]


@pytest.mark.timeout(600)  # Featuretools takes its time on a busy machine
@settings(max_examples=15, phases=WITHOUT_SHRINKING)
@given(cases())
def test_random_schemas_give_what_featuretools_gives(case: Case) -> None:
    """D19: two levels, links, keys of two columns, broken keys and empty tables: values equal Featuretools'."""
    check(case)


@pytest.mark.slow
@pytest.mark.timeout(3600)
@settings(max_examples=1000, phases=WITHOUT_SHRINKING)
@given(cases())
def test_a_thousand_random_schemas_give_what_featuretools_gives(case: Case) -> None:
    """D19: the same, a thousand times."""
    check(case)


@pytest.mark.parametrize("op", get_args(AggregationOp))
def test_each_primitive_gives_what_featuretools_gives(op: AggregationOp) -> None:
    """Each aggregation over all known rows, and over the last 30 days of those with a frequent value."""
    kind = next((k for k, ops in KINDS.items() if op in ops), None)
    of = None if kind is None else Base(column=next(c for c, wire in COLUMNS.items() if wire == kind))
    path = (Hop(table="events", on=(("k", "k"),)),)
    rng = np.random.default_rng(3)
    n = 60
    events = pl.DataFrame(
        {
            "k": rng.choice(["p", "q", "r", ""], n),
            "l": np.ones(n),
            "id": np.arange(float(n)),
            "s": rng.choice(["s", "t"], n),
            "x": np.where(rng.random(n) < 0.2, np.nan, np.round(rng.normal(50, 20, n), 2)),
            "c": rng.choice(["", "a", "a", "b"], n),
            "f": rng.choice([np.nan, 0.0, 1.0], n),
            "d": START + DAY * rng.integers(0, 90, n),
            "t": START + DAY * rng.integers(0, 60, n),
        }
    )
    main = pl.DataFrame(
        {"k": ["p", "q", "r", "nobody", "", "p"], "l": np.ones(6), "at": START + DAY * np.arange(15.0, 75.0, 10.0)}
    )
    case = Case(
        catalog=Catalog(tables=_tables({"main": main, "events": events}, timed={"events"}), cutoff="at"),
        frames={"main": main, "events": events},
        exprs=(
            Aggregation(op=op, path=path, of=of),
            Aggregation(op=op, path=path, of=of, window=30 * DAY, where=Condition(column="c", value="a")),
        ),
    )
    check(case)


@pytest.mark.parametrize("op", ["year", "month", "day", "weekday", "hour", "minute"])
def test_each_part_of_a_date_is_what_featuretools_gives(op: Any) -> None:
    """Parts of dates before and after 1970, missing ones too, looked up for the latest known event."""
    moments = [-1.0, 0.0, 86_399.0, 951_782_400.0, 1_709_210_096.0, -62_000_000.5, math.nan, 4_000_000_000.0]
    events = pl.DataFrame(
        {"k": [str(i) for i in range(8)], "l": np.ones(8), "id": np.arange(8.0), "s": [""] * 8, "x": np.ones(8)}
        | {"c": [""] * 8, "f": np.ones(8), "d": [m * 1e6 for m in moments], "t": np.full(8, START)}
    )
    main = pl.DataFrame({"k": [str(i) for i in range(9)], "l": np.ones(9), "at": np.full(9, START + DAY)})
    path = (Hop(table="events", on=(("k", "k"),)),)
    part = Transform(op=op, of=(Base(column="d"),))
    catalog = Catalog(tables=_tables({"main": main, "events": events}, timed={"events"}), cutoff="at")
    check(
        Case(
            catalog=catalog,
            frames={"main": main, "events": events},
            exprs=(Aggregation(op="last", path=path, of=part),),
        )
    )
