"""A batch under a capacity: all its rows are ranked, because which of them gets the room hangs on the others."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from automl.bundle.manifest import Manifest
from automl.spec.units import Rate, read_capacity, read_rate

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
COSTS = "action_costs"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ranking:
    """How many rows of a batch get each limited action: a share of them, or so many in each stretch of time.

    Stretches are those of the columns `time` (days begin at midnight UTC). Without them a batch of n rows lasts as long
    as n rows take to come, `flow` of them in a second; where nobody knows that, the batch is one stretch. `removing`:
    floors are promised, so rows are only taken away from the decisions that were promised for.
    """

    actions: tuple[str, ...]
    columns: tuple[str, ...]
    limits: Mapping[int, Rate | float]
    time: tuple[str, ...]
    spec: Mapping[str, object]
    flow: float | None
    removing: bool

    @classmethod
    def of(cls, manifest: Manifest) -> Ranking | None:
        """The ranking of a bundle's spec; None without a capacity."""
        output = next((output for output in manifest.outputs if output.name == COSTS), None)
        if output is None:
            return None
        objective = manifest.objective
        asked, running = objective["capacity"], objective.get("running")
        places = {"act": 1, "review": len(manifest.decisions) - 1}
        rows = read_rate(running["rows"]) if running else None
        return cls(
            actions=manifest.decisions,
            columns=output.columns,
            limits={places[name]: read_capacity(value) for name, value in asked.items() if value is not None},
            time=tuple(manifest.data.get("time") or ()),
            spec=manifest.spec,
            flow=rows.count / rows.seconds if rows else None,
            removing=bool(objective.get("require")),
        )

    def costs(self, scored: pl.DataFrame) -> Floats:
        """What each action is expected to cost on scored rows [n, actions]."""
        return scored.select(self.columns).to_numpy()

    def times(self, raw: pl.DataFrame) -> pl.DataFrame | None:
        """The columns that say when raw rows come; None where they lack one, or the spec names none."""
        return raw.select(self.time) if self.time and set(self.time) <= set(raw.columns) else None

    def decide(self, each: Floats, decided: Sequence[str], times: pl.DataFrame | None) -> Ints:
        """The action codes [n] of a batch with the expected costs `each` [n, actions].

        `decided` [n] are the decisions row by row; where a batch is too small to have room for one row, they stand.
        `times` are those of all its rows.
        """
        from automl.decide.policy.capacity import allot  # scoring needs it under a capacity only

        start = np.array([self.actions.index(text) for text in decided], dtype=np.int64)
        codes = start.copy()
        for rows in self._stretches(len(each), times):
            room = self._room(rows.size, whole=rows.size == len(each) and times is None)
            if all(room.values()):
                codes[rows] = allot(each[rows], room, start[rows] if self.removing else None)
        return codes

    def _stretches(self, rows: int, times: pl.DataFrame | None) -> list[Ints]:
        """The rows of each stretch of time; all rows together where no limit speaks of time."""
        period = next((limit.seconds for limit in self.limits.values() if isinstance(limit, Rate)), None)
        if period is None or times is None or not rows:
            return [np.arange(rows)]
        from automl.data.infer.row_time import row_times  # with the whole spec, which single rows do not need
        from automl.spec import parse

        moment = row_times(times, parse(self.spec).data)
        assert moment is not None  # noqa: S101  # the spec names a time, or there were no columns
        stretch = np.nan_to_num(np.floor(moment / (period * 1e6)), nan=np.inf)  # rows without a time are together
        _, code = np.unique(stretch, return_inverse=True)
        return [np.flatnonzero(code == number) for number in range(int(code.max()) + 1)]

    def _room(self, rows: int, *, whole: bool) -> dict[int, int]:
        lasts = rows / self.flow if self.flow and whole else None  # seconds
        return {action: _most(limit, rows, lasts) for action, limit in self.limits.items()}


def _most(limit: Rate | float, rows: int, lasts: float | None) -> int:
    if not isinstance(limit, Rate):
        return int(limit * rows + 1e-9)
    return int((limit.count if lasts is None else limit.count * lasts / limit.seconds) + 1e-9)
