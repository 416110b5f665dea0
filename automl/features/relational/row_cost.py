"""What each relational feature costs where one row is scored, in microseconds, so that a choice can weigh it."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterable, Mapping

from automl.features.relational.compute.aggregations import family
from automl.features.relational.compute.folds import FOLDED
from automl.features.relational.compute.one_row import ENDS
from automl.features.relational.compute.query_engine import QueryEngine
from automl.features.relational.compute.query_plan import History, QueryPlan, query_plan
from automl.features.relational.definition import Definitions, Hop

RowsOf = Callable[[tuple[Hop, ...]], float]

# Microseconds on a machine of 2026, as benchmarks/one_row_tables.py measures them
READ, FIND, WINDOW, STEP = 0.2, 1.5, 0.8, 0.5
COUNT, END = 0.4, 2.0
MERGE: Mapping[str, float] = {"sums": 0.4, "moments": 1.0, "comoments": 1.2}  # of one block
EXTREME, COUNTED, OF_COUNTS = 2.0, 3.0, 2.5  # calls of numpy
CELL = 0.002  # one row within a call of numpy
MOVING, MOVED = 150.0, 0.2  # values that depend on the cutoff: the call, and each row


def row_costs(definitions: Definitions, rows: RowsOf) -> dict[str, float]:
    """Microseconds of each feature by name, at one row whose keys are held in memory, asked at a new cutoff.

    `rows` says how many rows of a path's last table a key has. Work that several features share, such as finding a
    key, is split evenly among them: the sum is the work of the row.
    """
    plan = query_plan([feature.expr for feature in definitions.features], definitions.catalog)
    names = [feature.name for feature in definitions.features]
    return dict(zip(names, _wanted(plan, rows), strict=True))


def usual_rows(engine: QueryEngine) -> RowsOf:
    """How many rows of a path's last table a key has on average in the tables of `engine`."""

    def rows(path: tuple[Hop, ...]) -> float:
        view = engine.view(path)
        return len(view.rows) / max(len(view.offsets) - 1, 1)

    return rows


def _wanted(plan: QueryPlan, rows: RowsOf) -> list[float]:
    """Of each expression of the plan."""
    costs = _slots(plan, rows)
    operands = {step.slot: step.of for step in plan.steps}
    needed = [_reached(slot, operands) for slot in plan.wanted]
    users = Counter(slot for slots in needed for slot in slots)
    return [sum(costs[slot] / users[slot] for slot in slots) for slots in needed]


def _reached(slot: int, operands: Mapping[int, Iterable[int]]) -> set[int]:
    return {slot}.union(*(_reached(of, operands) for of in operands.get(slot, ())))


def _slots(plan: QueryPlan, rows: RowsOf) -> dict[int, float]:
    costs = {slot: READ for slot, _ in plan.bases} | {step.slot: STEP for step in plan.steps}
    for lookup in plan.lookups:
        inner = _wanted(lookup.plan, rows)
        costs |= {slot: FIND / len(inner) + cost for slot, cost in zip(lookup.slots, inner, strict=True)}
    for history in plan.histories:
        costs |= _aggregated(history, rows)
    return costs


def _aggregated(history: History, rows: RowsOf) -> dict[int, float]:
    """Each item with its parts of finding the key, of its window, and of what is folded or counted together."""
    items = (*history.of_rows, *history.of_values)
    n = max(rows(history.path), 1.0)
    values = _wanted(history.plan, rows)
    windows = Counter(item.window for item in items)
    together = Counter((item.window, item.value, family(item.op)) for item in history.of_values)
    costs = {item.slot: FIND / len(items) + WINDOW / windows[item.window] for item in items}
    for row_item in history.of_rows:
        costs[row_item.slot] += COUNT
    moved = [item for item in history.of_values if history.moving and item.op not in ENDS]
    for item in history.of_values:
        if item.op in ENDS:
            costs[item.slot] += END + values[item.value]
        elif item in moved:
            costs[item.slot] += (MOVING + MOVED * n) / len(moved)
        else:
            shared = _shared(FOLDED.get(item.op, ""), n) / together[item.window, item.value, family(item.op)]
            costs[item.slot] += shared + (0.0 if item.op in FOLDED else OF_COUNTS)
    return costs


def _shared(fold: str, n: float) -> float:
    """What all operations of a family take of one value in one window: a few blocks of each level, or all rows."""
    if fold in MERGE:
        return MERGE[fold] * (1.0 + math.log2(n))
    return (EXTREME if fold else COUNTED) + CELL * n
