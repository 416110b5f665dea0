"""Proposes relational features with Featuretools: the only home of featuretools and pandas.

Featuretools sees the shape of the tables only (types, keys, frequent values, no rows) and answers with definitions;
those that our engine computes are kept, with windows and comparisons that it does not know.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, get_args

import polars as pl

from automl.errors import SpecError
from automl.features.relational.check import WITHOUT_VALUES, check_catalog, wire_of
from automl.features.relational.definition import (
    MAIN,
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
    Transform,
    TransformOp,
    steps,
)
from automl.features.relational.propose.candidates import compared, ranked, since, windowed
from automl.features.relational.propose.matched import matched
from automl.features.relational.propose.select import select
from automl.features.relational.propose.table_graph import TableGraph, TableLink, TableNode, table_graph
from automl.features.relational.propose.wording import wording
from automl.names import free_name, inside

DEPTH = 3  # operations on top of each other, hidden tables with them
MOST = 20_000  # definitions
CONDITIONAL = ("count", "sum", "mean", "time_since_last")
TRANSFORMS: Mapping[str, TransformOp] = {"divide_numeric": "divide", "weekday": "weekday", "month": "month"}
FEW = 3  # numbers of a table, at most, for ratios between them
LOGICAL = {
    "number": "Double",
    "flag": "BooleanNullable",
    "date": "Datetime",
    "category": "Categorical",
    "key": "Categorical",
}


def preload() -> None:
    """Import Featuretools, which takes seconds: while data is read, say."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of its own dependencies
        import featuretools

        del featuretools


def propose(
    catalog: Catalog,
    samples: Mapping[str, pl.DataFrame],
    *,
    limit: int,
    seed: int,
    taken: Iterable[str] = (),
    late: Callable[[], bool] = lambda: False,
) -> Definitions:
    """At most `limit` features of main over the tables of `catalog`, the simplest first, none called as one `taken`.

    `samples` holds rows of each table in wire types, main with it: enough to see which keys are unique and
    which values are frequent. Features that are constant or copies on (some of) these rows are left out;
    once it is `late` no more are looked at. SpecError for relations that form a circle or whose keys do not fit.
    """
    try:
        check_catalog(catalog)
    except ValueError as error:
        raise SpecError(str(error), where="data.tables", hint="look at on, to and time of the tables") from error
    graph = table_graph(catalog, samples)
    exprs = [*_asked(graph), *since(graph)]
    exprs += [*compared(exprs, graph), *matched(exprs, graph, samples)]
    exprs += [*windowed(exprs, graph)]
    features = tuple(_named(ranked(exprs), catalog, set(taken)))
    return select(Definitions(catalog=catalog, features=features), samples, limit=limit, seed=seed, late=late)


def _named(exprs: Iterable[Expr], catalog: Catalog, taken: set[str]) -> Iterator[RelationalFeature]:
    """Columns may be called such that two features have one wording."""
    for expr in exprs:
        name = free_name(inside(wording(expr)), taken)
        taken.add(name)
        yield RelationalFeature(name=name, expr=expr, wire=wire_of(expr, catalog))


def _asked(graph: TableGraph) -> Iterator[Expr]:
    """What Featuretools proposes, in our words."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of its own dependencies
        import featuretools

        names = _Names.of(graph)
        definitions = featuretools.dfs(
            entityset=_entityset(featuretools, graph, names),
            target_dataframe_name=names.nodes[MAIN],
            agg_primitives=list(get_args(AggregationOp)),
            trans_primitives=list(TRANSFORMS),
            where_primitives=list(CONDITIONAL),
            primitive_options=_options(graph, names),
            max_depth=DEPTH,
            max_features=MOST,
            features_only=True,
        )
    translator = _Translator(graph, names)
    for definition in sorted(definitions, key=lambda one: str(one.get_name())):  # theirs hangs on the hashes of Python
        expr = translator.expr(definition, _Stand(MAIN))
        if expr is not None and any(True for _ in steps(expr)) and _computable(expr, graph.catalog):
            yield expr


def _computable(expr: Expr, catalog: Catalog) -> bool:
    try:
        wire_of(expr, catalog)
    except ValueError:
        return False
    return True


@dataclass(frozen=True, slots=True)
class _Names:
    """Plain names for tables and columns, so that no user's name means something to pandas or Featuretools."""

    nodes: Mapping[str, str]
    columns: Mapping[tuple[str, str], str]

    @classmethod
    def of(cls, graph: TableGraph) -> _Names:
        columns = [(table, column) for table, of in graph.kinds.items() for column in of]
        return cls(
            {node.name: f"n{i}" for i, node in enumerate(graph.nodes)},
            {column: f"c{i}" for i, column in enumerate(columns)},
        )


def _entityset(featuretools: Any, graph: TableGraph, names: _Names) -> Any:
    entities = featuretools.EntitySet("tables")
    for node in graph.nodes:
        columns = {"row": "Categorical"}
        columns |= {f"k{i}": "Categorical" for i, link in enumerate(graph.links) if link.child == node.name}
        table = None if node.table is None else graph.catalog.table(node.table)
        if table is not None and node.name != MAIN:
            columns |= {names.columns[table.name, c]: LOGICAL[kind] for c, kind in graph.kinds[table.name].items()}
            columns |= {"time": "Datetime"} if table.time and graph.catalog.cutoff else {}
        entities.add_dataframe(
            dataframe_name=names.nodes[node.name],
            dataframe=_frame(columns),
            index="row",
            time_index="time" if "time" in columns else None,
            logical_types=columns,
        )
        values = {
            names.columns[name, c]: list(frequent)
            for (name, c), frequent in graph.frequent.items()
            if name == node.table
        }
        if values and node.name != MAIN:
            entities.add_interesting_values(dataframe_name=names.nodes[node.name], values=values)
    for i, link in enumerate(graph.links):
        entities.add_relationship(names.nodes[link.parent], "row", names.nodes[link.child], f"k{i}")
    return entities


def _frame(columns: Mapping[str, str]) -> Any:
    """Two rows of the right types."""
    import pandas as pd

    values = {
        "Categorical": ["a", "b"],
        "Double": [0.0, 1.0],
        "BooleanNullable": [False, True],
        "Datetime": pd.to_datetime(["2000-01-01", "2000-01-02"]),
    }
    return pd.DataFrame({name: values[kind] for name, kind in columns.items()})


def _options(graph: TableGraph, names: _Names) -> dict[Any, Any]:
    """Ratios only where a table has few numbers: their count is the square."""
    numbers = {t: [c for c, kind in of.items() if kind == "number"] for t, of in graph.kinds.items()}
    for_ratios = {
        names.nodes[n.name]: [names.columns[n.table, c] for c in numbers[n.table]]
        for n in graph.nodes
        if n.table is not None and n.name != MAIN and 1 < len(numbers[n.table]) <= FEW
    }
    options: dict[Any, Any] = {"include_dataframes": list(for_ratios), "include_columns": for_ratios}
    if not for_ratios:
        options = {"ignore_dataframes": list(names.nodes.values())}
    return {"divide_numeric": options}


@dataclass(frozen=True, slots=True)
class _Stand:
    """Where an expression stands: at a node, or at a hidden one reached from `key` columns of a row."""

    node: str
    key: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Translator:
    """From Featuretools' definitions to ours; None for what we do not compute."""

    graph: TableGraph
    names: _Names

    def expr(self, feature: Any, stand: _Stand) -> Expr | None:
        kind = type(feature).__name__
        if kind == "IdentityFeature":
            return self._base(feature.column_name, self._node(stand.node).table)
        if kind == "DirectFeature":
            return self._direct(feature)
        if kind == "AggregationFeature":
            return self._aggregation(feature, stand)
        if kind != "TransformFeature" or feature.primitive.name not in TRANSFORMS:
            return None
        of = [self.expr(base, stand) for base in feature.base_features]
        op = TRANSFORMS[feature.primitive.name]
        return None if None in of else Transform(op=op, of=tuple(e for e in of if e is not None))

    def _base(self, column: str, table: str | None) -> Expr | None:
        if table is None:
            return None
        if column == "time":
            return Base(column=self.graph.catalog.table(table).time or "")
        ours = next((c for (name, c), plain in self.names.columns.items() if plain == column and name == table), None)
        return None if ours is None else Base(column=ours)

    def _direct(self, feature: Any) -> Expr | None:
        link = self._link(feature.relationship_path[0][1])
        parent = self._node(link.parent)
        if parent.table is None:
            return self.expr(feature.base_features[0], _Stand(link.parent, tuple(here for here, _ in link.on)))
        of = self.expr(feature.base_features[0], _Stand(link.parent))
        if of is None or link.parent == MAIN or self._key(of, parent.table):
            return None
        return Direct(hop=Hop(table=parent.table, on=link.on), of=of)

    def _aggregation(self, feature: Any, stand: _Stand) -> Expr | None:
        op: AggregationOp = feature.primitive.name
        path = self._path(feature.relationship_path, stand)
        if path is None:
            return None
        last = _Stand(self._link(feature.relationship_path[-1][1]).child)
        of = None if op in WITHOUT_VALUES else self.expr(feature.base_features[0], last)
        if (of is None) != (op in WITHOUT_VALUES) or (of is not None and not self._worth(op, of, path)):
            return None
        where = None
        if feature.where is not None:
            condition = self.expr(feature.where.base_features[0], last)
            if not isinstance(condition, Base):
                return None
            where = Condition(column=condition.column, value=str(feature.where.primitive.value))
        if self._node(last.node).past and self._late(of, where):
            path = (*path[:-1], replace(path[-1], delay=self.graph.catalog.horizon or 0.0))
        return Aggregation(op=op, path=path, of=of, where=where)

    def _path(self, way: Any, stand: _Stand) -> tuple[Hop, ...] | None:
        hops: list[Hop] = []
        for _, relationship in way:
            link = self._link(relationship)
            child = self._node(link.child)
            if child.name == MAIN or child.table is None:
                return None
            here = stand.key or tuple(parent for _, parent in link.on)
            hops.append(Hop(table=child.table, on=tuple(zip(here, (there for there, _ in link.on), strict=True))))
            stand = _Stand(link.child)
        return tuple(hops)

    def _worth(self, op: AggregationOp, of: Expr, path: tuple[Hop, ...]) -> bool:
        """Of a key only the distinct values count, and only where they may differ."""
        same = len(path) == 1 and isinstance(of, Base) and of.column in {there for _, there in path[0].on}
        return not self._key(of, path[-1].table) or (op == "num_unique" and not same)

    def _key(self, of: Expr, table: str) -> bool:
        return isinstance(of, Base) and self.graph.kinds[table].get(of.column) == "key"

    def _late(self, of: Expr | None, where: Condition | None) -> bool:
        late = self.graph.catalog.late
        names = set(_columns(of)) | ({where.column} if where else set())
        return bool(names & late)

    def _link(self, relationship: Any) -> TableLink:
        return self.graph.links[int(relationship.child_column.name[1:])]

    def _node(self, name: str) -> TableNode:
        return next(node for node in self.graph.nodes if node.name == name)


def _columns(of: Expr | None) -> Iterator[str]:
    """Columns of the row itself."""
    if isinstance(of, Base):
        yield of.column
    elif isinstance(of, Transform):
        for operand in of.of:
            yield from _columns(operand)
