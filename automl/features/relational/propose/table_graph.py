"""The graph of the tables as Featuretools wants it: each relation has a parent with a unique key, hidden if need be."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import polars as pl

from automl.data.read.frames import counted
from automl.features.relational.definition import MAIN, Catalog, Relation, TableSchema

Kind = Literal["number", "flag", "date", "category", "key"]
ID_SHARE = 0.5  # a category with more distinct values than this share of the rows names rows
ID_ROWS = 20  # in fewer rows nothing is thought to be an id
FREQUENT = 0.05  # share of rows that makes a value worth a condition
CONDITIONS = 3  # values of a column, at most


@dataclass(frozen=True, slots=True, kw_only=True)
class TableNode:
    """A table as Featuretools sees it: of our table `table`, or hidden (None), or main's past rows (`past`).

    A table has a node for each way that leads to it: Featuretools goes through a node once.
    """

    name: str
    table: str | None
    past: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class TableLink:
    """Each row of `child` has at most one in `parent`; `on` pairs (child's column, parent's column).

    A hidden parent has the columns ``"0"``, ``"1"``, ...
    """

    parent: str
    child: str
    on: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class TableGraph:
    """`kinds[table]` are the columns worth aggregating; a `key` only counts distinct values."""

    catalog: Catalog
    nodes: tuple[TableNode, ...]
    links: tuple[TableLink, ...]
    kinds: Mapping[str, Mapping[str, Kind]]
    frequent: Mapping[tuple[str, str], tuple[str, ...]]


def table_graph(catalog: Catalog, samples: Mapping[str, pl.DataFrame]) -> TableGraph:
    """Finds from the rows which side of a relation is unique; where none is, a hidden table stands between."""
    nodes = [TableNode(name=MAIN, table=MAIN)]
    links: list[TableLink] = []
    for parent in nodes:  # which grow: the tables of main, then the tables of these
        for relation in catalog.relations:
            if relation.parent == parent.table:
                _link(relation, parent.name, samples, nodes, links)
    for key in catalog.history:
        past = TableNode(name=_free("past", nodes), table=MAIN, past=True)
        hidden = TableNode(name=_free("keys", [*nodes, past]), table=None)
        nodes += [past, hidden]
        links += [_to_hidden(hidden, node, key) for node in (MAIN, past.name)]
    keys = {(r.child, c) for r in catalog.relations for c, _ in r.on}
    keys |= {(r.parent, p) for r in catalog.relations for _, p in r.on} | {
        (MAIN, c) for k in catalog.history for c in k
    }
    kinds = {table.name: _kinds(table, samples[table.name], keys) for table in catalog.tables}
    frequent = {
        (name, column): values
        for name, columns in kinds.items()
        for column, kind in columns.items()
        if kind == "category" and (values := _frequent(samples[name][column]))
    }
    return TableGraph(catalog=catalog, nodes=tuple(nodes), links=tuple(links), kinds=kinds, frequent=frequent)


def _link(
    relation: Relation, to: str, samples: Mapping[str, pl.DataFrame], nodes: list[TableNode], links: list[TableLink]
) -> None:
    """The words child and parent follow `[data.tables]`; which side is a lookup is told by the rows.

    The child gets a node of its own; `to` is the parent's.
    """
    ours, theirs = tuple(c for c, _ in relation.on), tuple(p for _, p in relation.on)
    name = _free(relation.child, nodes) if any(node.name == relation.child for node in nodes) else relation.child
    nodes.append(TableNode(name=name, table=relation.child))
    if _unique(samples[relation.child], ours):
        on = tuple((p, c) for c, p in relation.on)
        links.append(TableLink(parent=name, child=to, on=on))
    elif _unique(samples[relation.parent], theirs) and _may_be_parent(to, theirs, links):
        links.append(TableLink(parent=to, child=name, on=relation.on))
    else:
        hidden = TableNode(name=_free("keys", nodes), table=None)
        nodes.append(hidden)
        links += [_to_hidden(hidden, name, ours), _to_hidden(hidden, to, theirs)]


def _to_hidden(hidden: TableNode, child: str, key: tuple[str, ...]) -> TableLink:
    return TableLink(parent=hidden.name, child=child, on=tuple((column, str(i)) for i, column in enumerate(key)))


def _unique(frame: pl.DataFrame, key: tuple[str, ...]) -> bool:
    there = [(pl.col(c) != "") if frame[c].dtype == pl.String else pl.col(c).is_not_nan() for c in key]
    keys = frame.select(key).filter(*there)
    return keys.height > 0 and not keys.is_duplicated().any()


def _may_be_parent(name: str, key: tuple[str, ...], links: list[TableLink]) -> bool:
    """A node is looked up by one key; by a second one it is a history."""
    return all({p for _, p in link.on} == set(key) for link in links if link.parent == name)


def _free(word: str, nodes: list[TableNode]) -> str:
    names = {node.name for node in nodes}
    return next(name for i in range(len(names) + 1) if (name := f"{word} {i}") not in names)


def _kinds(table: TableSchema, frame: pl.DataFrame, keys: set[tuple[str, str]]) -> dict[str, Kind]:
    kinds: dict[str, Kind] = {}
    for column, wire in table.columns.items():
        if (table.name, column) in keys:
            kinds[column] = "key"
        elif wire == "category":
            if not _names_rows(frame[column]):
                kinds[column] = "category"
        elif wire == "number":
            if not _numbers_rows(frame[column]):
                kinds[column] = "number"
        elif wire != "text" and column != table.time:
            kinds[column] = wire
    return kinds


def _names_rows(column: pl.Series) -> bool:
    return len(column) > ID_ROWS and column.n_unique() > ID_SHARE * len(column)


def _numbers_rows(column: pl.Series) -> bool:
    """Whole numbers that never come twice."""
    whole = column.is_not_nan().all() and (column == column.round()).all()
    return len(column) > ID_ROWS and bool(whole) and not column.is_duplicated().any()


def _frequent(column: pl.Series) -> tuple[str, ...]:
    levels = counted(column.filter(column != "")).sort(["count", "value"], descending=[True, False])
    often = levels.filter(pl.col("count") >= FREQUENT * len(column))["value"]
    return tuple(often.head(CONDITIONS)) if levels.height > 1 else ()
