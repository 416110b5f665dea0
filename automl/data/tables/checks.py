"""What can be wrong with `[data.tables]` itself: names that are not there, ways that go in a circle."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from automl.errors import SpecError, nearest
from automl.spec import Spec

MAIN: Final = "main"


def check_tables(spec: Spec, given: Iterable[str] = ()) -> None:
    """What can be told from the spec alone: each table has a file, `to` names a table, and the way leads to main."""
    tables = spec.data.tables
    for name in given:
        if name not in tables:
            close = nearest(name, tables)
            hint = f"did you mean {close!r}?" if close else f"add [data.tables.{name}] with its `on`"
            raise SpecError(f"the spec names no table {name!r}", where="data.tables", hint=hint)
    for name, table in tables.items():
        where = f"data.tables.{name}"
        if name == MAIN and (
            table.path or table.time or table.to != MAIN or any(a != b for join in table.on for a, b in join.items())
        ):
            hint = 'write `[data.tables.main]` and `on = "a column"`: its file, time and horizon are those of [data]'
            raise SpecError("the table main is that of [data] itself", where=where, hint=hint)
        if name == MAIN and (spec.data.horizon is None or not spec.data.time):
            hint = 'set data.time, and data.horizon to the time after which a label is known, such as "30d" or "0d"'
            raise SpecError("past rows of main need data.time and data.horizon", where=where, hint=hint)
        if name != MAIN and table.path is None and name not in given:
            raise SpecError("is missing", where=f"{where}.path", hint=f"add path = ... under [{where}]")
        if table.to != MAIN and table.to not in tables:
            close = nearest(table.to, [*tables, MAIN])
            hint = f"did you mean {close!r}?" if close else f"the tables are {', '.join([MAIN, *tables])}"
            raise SpecError(f"there is no table {table.to!r}", where=f"{where}.to", hint=hint)
        way = [name]
        while name != MAIN and way[-1] != MAIN:
            way.append(tables[way[-1]].to)
            if way[-1] in way[:-1]:
                hint = "each table leads to main over `to`; join a table twice under two names if it is needed twice"
                raise SpecError(f"a cycle: {' -> '.join(way)}", where=f"{where}.to", hint=hint)


def check_columns(spec: Spec, known: Mapping[str, Sequence[str]]) -> None:
    """Every column that `[data.tables]` names is in the table it is said of; `known` maps tables to their columns."""
    named: list[tuple[str, str, str]] = []
    for name, table in spec.data.tables.items():
        where = f"data.tables.{name}"
        named += [(f"{where}.on", name, its) for join in table.on for its in join]
        named += [(f"{where}.on", table.to, other) for join in table.on for other in join.values()]
        named += [(f"{where}.time", name, table.time)] if table.time else []
        named += [(f"{where}.types", name, column) for column in table.types]
        named += [(f"{where}.exclude", name, column) for column in table.exclude]
    for where, table_name, column in named:
        if column not in known[table_name]:
            close = nearest(column, known[table_name])
            listed = ", ".join(map(repr, known[table_name][:20]))
            hint = f"did you mean {close!r}?" if close else f"its columns are {listed}"
            raise SpecError(f"the table {table_name!r} has no column {column!r}", where=where, hint=hint)
