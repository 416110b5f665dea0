"""The players of a bundle: its raw columns; those that are read from the same cells, or name one place, are one."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from collections.abc import Set as AbstractSet

from automl.data.read.column_reader import ColumnReader
from automl.explain.game import Player
from automl.names import outside


def players_of(
    entries: Sequence[ColumnReader],
    pairs: Collection[tuple[str, str]],
    tables: Mapping[str, str],
    used: Collection[str],
) -> tuple[Player, ...]:
    """One player for each set of raw columns that can only change together, in the order of the reader.

    `pairs` of columns name one place, `tables` says from which table a computed column comes, `used` are the columns
    that the graph takes.
    """
    cells: list[_Group] = [(tuple(entry.get("parts", (entry["name"],))), (entry["name"],)) for entry in entries]
    groups = [group for group in cells if group[1][0] in used]
    for pair in pairs:
        groups = _joined(groups, set(pair))
    for names, _ in cells:
        groups = _joined(groups, set(names))
    own = [Player(names=tuple(map(outside, names)), columns=columns) for names, columns in groups]
    computed = {table: tuple(name for name in used if tables.get(name) == table) for table in tables.values()}
    return (*own, *(Player(names=(name,), columns=each, is_table=True) for name, each in computed.items() if each))


_Group = tuple[tuple[str, ...], tuple[str, ...]]


def _joined(groups: Sequence[_Group], named: AbstractSet[str]) -> list[_Group]:
    """The groups, those that share a raw column with `named` as one, at the place of the first."""
    met = [group for group in groups if not named.isdisjoint(group[0])]
    if len(met) < 2:  # noqa: PLR2004  # one alone is joined with nothing
        return list(groups)
    names = tuple(dict.fromkeys(name for group in met for name in group[0]))
    columns = tuple(name for group in met for name in group[1])
    return [(names, columns) if group is met[0] else group for group in groups if group is met[0] or group not in met]
