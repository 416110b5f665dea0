"""The game that Shapley values divide: coalitions of columns of one row, played against a background of others.

A coalition's columns have the row's values, all other columns those of a background row, and the worth of the coalition
is the mean of the graph's answers over the background: marginal or interventional values, which say what the model does
with a column and not what the column stands for elsewhere (Janzing, Minorics and Bloebaum 2020, AISTATS).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.generic]
Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
Ints = NDArray[np.int64]
Columns = Mapping[str, Array]  # in wire types, each [n]
Run = Callable[[Columns], Floats]  # the graph: columns [n] -> the numbers that are explained [n, width]

ROWS = 8_192  # rows of one call: fast, and small beside the libraries
CHARACTERS = 2**25  # of texts in one call, which copies them for each row
PAIRS = 1_000_000  # of a coalition and a background row that are looked at together


def rows_at_once(row: Columns) -> int:
    """How many rows with the texts of `row` [1] one call of the graph may take."""
    length = sum(len(values[0]) for values in row.values() if values.dtype == object)
    return max(1, min(ROWS, CHARACTERS // max(1, length)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Player:
    """What moves at once: the `columns` of the graph that come from the raw columns or the table that `names` has."""

    names: tuple[str, ...]
    columns: tuple[str, ...]
    is_table: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Game:
    """The graph, its players, and the background [B] with the graph's answers to it [B, width]."""

    players: tuple[Player, ...]
    background: Columns
    answers: Floats
    run: Run

    @classmethod
    def over(cls, background: Columns, players: Sequence[Player], run: Run) -> Game:
        """The game over a background; rows of it that the graph gives no number for are left out.

        Such are rows that lack a cost, where the spec wants a person to look. ValueError where no row is left.
        """
        answers = run(background)
        known = np.flatnonzero(np.isfinite(answers).all(axis=1))
        if not len(known):
            raise ValueError("no row of the background has an answer")
        left = {name: values[known] for name, values in background.items()}
        return cls(players=tuple(players), background=left, answers=answers[known], run=run)

    @property
    def base(self) -> Floats:
        """What the empty coalition is worth [width]."""
        return np.asarray(self.answers.mean(axis=0))

    def worth(self, row: Columns, coalitions: Flags) -> Floats:
        """What `coalitions` [m, players] of the columns of `row` [1] are worth [m, width].

        Where a background row has the row's value already, it plays no part who has the column: rows that come out
        alike go through the graph once.
        """
        size = max(1, PAIRS // len(self.answers))
        differs = self._differs(row)
        parts = [coalitions[start : start + size] for start in range(0, len(coalitions), size)]
        return np.concatenate([self._means(row, part, differs) for part in parts])

    def _means(self, row: Columns, coalitions: Flags, differs: Flags) -> Floats:
        rows = len(self.answers)
        marks = np.random.default_rng(0).integers(2**64, size=len(self.players) + rows, dtype=np.uint64)
        keys = coalitions.astype(np.uint64) @ (differs * marks[:-rows]).T + marks[-rows:]  # 64 random bits: no two meet
        _, first, which = np.unique(keys, return_index=True, return_inverse=True)
        most = rows_at_once(row)
        starts = range(0, len(first), most)
        found = [self.run(self._mixed(row, coalitions, first[start : start + most])) for start in starts]
        return np.asarray(np.concatenate(found)[which.reshape(keys.shape)].mean(axis=1))

    def _differs(self, row: Columns) -> Flags:
        """Which players would change a row of the background [rows, players]."""
        flags = []
        for player in self.players:
            pairs = [(self.background[name], row[name]) for name in player.columns]
            flags.append([(old != new) & ((old == old) | (new == new)) for old, new in pairs])  # noqa: PLR0124  # NaN
        return np.column_stack([np.any(own, axis=0) for own in flags])

    def _mixed(self, row: Columns, coalitions: Flags, places: Ints) -> Columns:
        """Some of the rows of all coalitions, each over the whole background, one after the other."""
        coalition, behind = np.divmod(places, len(self.answers))
        return {
            name: np.where(coalitions[coalition, place], row[name], self.background[name][behind])
            for place, player in enumerate(self.players)
            for name in player.columns
        }
