"""Rows that carry the rows of other tables inside: taken apart into tables, as a bundle reads them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from automl.deploy.serve.refusal import Refusal
from automl.features.relational.definition import MAIN, Catalog
from automl.names import inside as called

Row = dict[str, object]
Pair = tuple[str, str]
ALONE = 1_000  # cells that take as long as what a row with rows inside needs of its own


def has_nested(row: Mapping[str, object], tables: Sequence[str]) -> bool:
    """Whether a list of rows stands under the name of one of `tables`."""
    return any(isinstance(row.get(name), list) for name in tables)


def cost_of(rows: Sequence[Row], tables: Sequence[str]) -> int:
    """How much work an answer to `rows` is, in cells: those of rows within rows too, and `ALONE` for each row with any.

    A row that brings rows of `tables` is answered alone, by tables of its own.
    """
    found = ALONE * sum(has_nested(row, tables) for row in rows) if tables else 0
    level = rows
    while level:
        found += sum(map(len, level))
        lists = [cell for row in level for cell in row.values() if isinstance(cell, list)]
        level = [child for cells in lists for child in cells if isinstance(child, dict)]
    return found


def unnest(row: Mapping[str, object], catalog: Catalog, where: str = "row") -> tuple[Row, dict[str, list[Row]]]:
    """The row of main alone, and the rows of other tables that stand in it.

    A row within a row lacks nothing that the one around it says: the columns that join them are filled in, where there
    is one way to join them. Under ``main`` stand past rows of the main table. Refusal 422 where something else than
    rows stands there; `where` is the place of the row itself.
    """
    tables: dict[str, list[Row]] = {}
    return _unnest(_called_inside(row), MAIN, catalog, tables, where), tables


def below(tables: Iterable[str], catalog: Catalog) -> set[str]:
    """The tables whose rows stand in rows of `tables`: where those bring none, there are none."""
    found = {name for table in tables if table != MAIN for name, _ in inside(table, catalog)}
    return found | below(found, catalog) if found else found


def inside(table: str, catalog: Catalog) -> list[tuple[str, list[tuple[Pair, ...]]]]:
    """The tables whose rows may stand in a row of `table`, and each way to join them: (column here, column there)."""
    found: dict[str, list[tuple[Pair, ...]]] = {}
    for relation in catalog.relations:
        if relation.parent == table:
            found.setdefault(relation.child, []).append(tuple((here, there) for there, here in relation.on))
    if table == MAIN and catalog.history:
        found[MAIN] = [tuple((name, name) for name in key) for key in catalog.history]
    return list(found.items())


def filled(table: str, ways: Sequence[tuple[Pair, ...]]) -> list[Pair]:
    """What a row of `table` need not say: (column of the row around it, own column).

    A row of another table that is joined in several ways says itself by which it belongs there.
    """
    return [pair for way in ways for pair in way] if table == MAIN or len(ways) == 1 else []


def nest(row: Row, tables: Mapping[str, Sequence[Row]], catalog: Catalog, *, most: int, table: str = MAIN) -> Row:
    """The row with those rows of `tables` in it that its keys meet, `most` of each: what `unnest` takes apart."""
    whole = dict(row)
    for name, ways in inside(table, catalog):
        met = [child for child in tables.get(name, ()) if any(_meet(row, child, on) for on in ways)][:most]
        whole[name] = met if name == MAIN else [nest(child, tables, catalog, most=most, table=name) for child in met]
    return whole


def _unnest(row: Row, table: str, catalog: Catalog, tables: dict[str, list[Row]], path: str) -> Row:
    for name, ways in inside(table, catalog):
        rows = row.get(name)
        if not isinstance(rows, list):
            continue
        del row[name]
        found = tables.setdefault(name, [])
        for place, child in enumerate(rows):
            where = f"{path}.{name}[{place}]"
            if not isinstance(child, dict):
                raise Refusal(422, "a row of another table is an object of columns and values", where=where)
            own = _called_inside(child)
            told = filled(name, ways)
            whole = own | {there: row[here] for here, there in told if here in row and there not in own}
            found.append(whole if name == MAIN else _unnest(whole, name, catalog, tables, where))
    return row


def _called_inside(row: Mapping[str, object]) -> Row:
    return {called(name): cell for name, cell in row.items()}


def _meet(row: Row, child: Row, on: Sequence[Pair]) -> bool:
    return all(str(row.get(here)) == str(child.get(there)) for here, there in on)
