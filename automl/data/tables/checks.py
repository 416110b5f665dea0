"""What can be wrong with `[data.tables]` itself: names that are not there, ways that go in a circle."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from automl.data.rows import Finding, finding
from automl.errors import SpecError, nearest
from automl.spec import Spec
from automl.spec.data import Table

MAIN: Final = "main"
Columns = Mapping[str, Sequence[str]]


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
            table.path
            or table.time
            or table.timezone
            or to_of(table) != MAIN
            or any(a != b for join in table.on for a, b in join.items())
        ):
            hint = 'write `[data.tables.main]` and `on = "a column"`: its file, times and horizon are those of [data]'
            raise SpecError("the table main is that of [data] itself", where=where, hint=hint)
        if name == MAIN and (spec.data.horizon is None or not spec.data.time):
            hint = 'set data.time, and data.horizon to the time after which a label is known, such as "30d" or "0d"'
            raise SpecError("past rows of main need data.time and data.horizon", where=where, hint=hint)
        if name != MAIN and table.path is None and name not in given:
            raise SpecError("is missing", where=f"{where}.path", hint=f"add path = ... under [{where}]")
        to = to_of(table)
        if to not in {*tables, MAIN}:
            close = nearest(to, [*tables, MAIN])
            hint = f"did you mean {close!r}?" if close else f"the tables are {', '.join([MAIN, *tables])}"
            raise SpecError(f"there is no table {to!r}", where=f"{where}.to", hint=hint)
        way = [name]
        while name != MAIN and way[-1] != MAIN:
            way.append(to_of(tables[way[-1]]))
            if way[-1] in way[:-1]:
                hint = "each table leads to main over `to`; join a table twice under two names if it is needed twice"
                raise SpecError(f"a cycle: {' -> '.join(way)}", where=f"{where}.to", hint=hint)


def to_of(table: Table) -> str:
    """The name of the table that it is joined to, main where nothing is said."""
    return table.to or MAIN


def routed(spec: Spec, known: Columns) -> tuple[Spec, list[Finding]]:
    """The spec with the `to` of each table that says none and whose key main lacks, and what is told of it.

    It is the one other table that has the key, if one does. `known` maps tables to their columns.
    """
    tables = dict(spec.data.tables)
    told: list[Finding] = []
    for name, table in spec.data.tables.items():
        lacking = [column for column in _asked(table) if column not in known[MAIN]]
        homes = [other for other in tables if other not in {name, MAIN} and {*_asked(table)} <= {*known[other]}]
        if table.to is None and lacking and len(homes) == 1:
            tables[name] = table.model_copy(update={"to": homes[0]})
            text = f"main has no {', '.join(map(repr, lacking))}: {name} is joined to {homes[0]}, which has"
            told.append(finding("table", name, text, "noted", {"to": homes[0]}))
    return spec.model_copy(update={"data": spec.data.model_copy(update={"tables": tables})}), told


def _asked(table: Table) -> list[str]:
    """The columns of the other table by which it is joined."""
    return [other for join in table.on for other in join.values()]


def check_columns(spec: Spec, known: Columns) -> None:
    """Every column that `[data.tables]` names is in the table it is said of; `known` maps tables to their columns."""
    for name, table in spec.data.tables.items():
        named = [("on", name, its) for join in table.on for its in join]
        named += [("on", to_of(table), other) for other in _asked(table)]
        named += [("time", name, table.time)] if table.time else []
        named += [("types", name, column) for column in table.types]
        named += [("exclude", name, column) for column in table.exclude]
        for key, asked, column in named:
            if column not in known[asked]:
                homes = [one for one, columns in known.items() if column in columns and one != name != asked]
                text, hint = f"the table {asked!r} has no column {column!r}", _hint(column, known[asked], homes)
                raise SpecError(text, where=f"data.tables.{name}.{key}", hint=hint)


def _hint(column: str, columns: Sequence[str], homes: Sequence[str]) -> str:
    """What may have been meant: another table that has the column, or another column."""
    if homes:
        return f'{" and ".join(homes)} {"has" if len(homes) == 1 else "have"} it: write to = "{homes[0]}"'
    close = nearest(column, columns)
    return f"did you mean {close!r}?" if close else f"its columns are {', '.join(map(repr, columns[:20]))}"
