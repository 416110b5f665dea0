"""Capacities: only so many rows can be acted on, or reviewed, and these are the rows where that saves most."""

from __future__ import annotations

import heapq
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Capacity:
    """`shares`: the largest share of rows that may get an action, by the action's code, `texts` as the spec says them.

    `prices` [actions] are added to the expected costs before the smallest is taken, so that the shares are kept row by
    row, without a look at other rows: the Lagrange multipliers of the capacities. Zeros until they are fitted.
    """

    shares: Mapping[int, float]
    texts: Mapping[int, str]
    prices: Floats

    def room(self, rows: int) -> dict[int, int]:
        """How many of so many rows may get each limited action."""
        return {action: int(share * rows + 1e-9) for action, share in self.shares.items()}


def allot(each: Floats, room: Mapping[int, int], start: Ints | None = None) -> Ints:
    """The action codes [n] of smallest total cost in which no action is taken more often than its `room`.

    `each` [n, actions] are the expected costs; an action that is not in `room` has no limit, and there is one. On ties
    the first action wins, and the first rows keep it. Exact: each row beyond the room moves along the cheapest path
    (successive shortest paths, Ahuja, Magnanti and Orlin 1993). From other decisions, `start` [n], rows are only
    taken away. NaN is a cost that nobody knows: such an action is taken as a last resort.
    """
    costs = np.where(np.isnan(each), np.finfo(np.float64).max, each)
    limited = np.array([0, *sorted(room)])  # nodes: 0 stands for the best action without a limit
    free = np.array([action for action in range(costs.shape[1]) if action not in room])
    rest = free[np.argmin(costs[:, free], axis=1)]
    if start is not None:
        rest = np.where(np.isin(start, free), start, rest)
    table = np.column_stack((costs[np.arange(len(costs)), rest], costs[:, limited[1:]]))
    wanted = np.argmin(costs, axis=1) if start is None else start
    place = ((wanted[:, None] == limited[1:]) * np.arange(1, limited.size)).sum(axis=1)
    place = _moved(table, place, [len(costs), *(room[action] for action in sorted(room))], removing=start is not None)
    return np.where(place == 0, rest, limited[place])


def _moved(table: Floats, place: Ints, room: Sequence[int], *, removing: bool) -> Ints:
    """The nodes [n] after no node has more rows than its `room`; node 0 has room for all.

    When `removing`, rows go there and nowhere else.
    """
    moves = _Moves(table, place)
    count = np.bincount(place, minlength=len(room)).tolist()
    for full in range(1, len(room)):
        while count[full] > room[full]:
            paths: list[tuple[int, ...]] = [(full, 0)]
            others = [] if removing else [node for node in range(1, len(room)) if node != full]
            paths += [(full, node) for node in others if count[node] < room[node]]
            paths += [(full, node, 0) for node in others]
            paths += [(full, 0, node) for node in others if count[node] < room[node]]
            path = min(paths, key=moves.loss)
            moves.along(path)
            count[full] -= 1
            count[path[-1]] += 1
    return moves.place


class _Moves:
    """Which row of a node loses least by moving to another one, as rows move."""

    def __init__(self, table: Floats, place: Ints) -> None:
        self.place = place.copy()
        self._table = table
        nodes = range(table.shape[1])
        self._waiting = {(a, b): self._heap(a, b) for a in nodes for b in nodes if a != b}

    def _heap(self, start: int, end: int) -> list[tuple[float, int]]:
        rows = np.flatnonzero(self.place == start)
        with np.errstate(over="ignore"):
            losses = self._table[rows, end] - self._table[rows, start]
        heap = list(zip(losses.tolist(), (-rows).tolist(), strict=True))  # of equal ones the last row moves first
        heapq.heapify(heap)
        return heap

    def loss(self, path: tuple[int, ...]) -> float:
        """What moving one row along each step costs in all."""
        return sum(self._cheapest(a, b)[0] for a, b in pairwise(path))

    def along(self, path: tuple[int, ...]) -> None:
        """Move one row along each step."""
        steps = [(-self._cheapest(a, b)[1], b) for a, b in pairwise(path)]
        for row, end in steps:
            self.place[row] = end
            for other in range(self._table.shape[1]):
                if other != end:
                    with np.errstate(over="ignore"):
                        loss = float(self._table[row, other] - self._table[row, end])
                    heapq.heappush(self._waiting[end, other], (loss, -row))

    def _cheapest(self, start: int, end: int) -> tuple[float, int]:
        heap = self._waiting[start, end]
        while heap and self.place[-heap[0][1]] != start:
            heapq.heappop(heap)
        return heap[0] if heap else (np.inf, 0)
