"""Tables beside a main one that are pure noise, or of whose long histories only the latest row matters."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

Floats = NDArray[np.float64]

START, DAY = np.datetime64("2024-01-01", "us"), 86_400
DAYS = 360
NOISE_KEYS = 200  # of a table that tells nothing
KEYS = 3  # with long histories
OWN = 0.6  # of the target's spread: what the main table tells


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """`main` has the columns ``day`` and ``y``, its rows in the order of time; `tables` are those of ``data.tables``.

    `by_hand` [n] is the column that whoever knows the truth would join, None where there is nothing to join.
    """

    main: pl.DataFrame
    frames: Mapping[str, pl.DataFrame]
    tables: Mapping[str, Mapping[str, object]]
    by_hand: Floats | None


def noise(rows: int, seed: int) -> Case:
    """A lookup and a history by a key that has nothing to do with the target."""
    draw = np.random.default_rng(seed)
    main, _ = _main(draw, rows, NOISE_KEYS)
    n = 10 * NOISE_KEYS
    shops = pl.DataFrame(
        {"key": np.arange(NOISE_KEYS), "size": draw.normal(size=NOISE_KEYS), "town": draw.integers(0, 9, NOISE_KEYS)}
    )
    log = pl.DataFrame(
        {
            "key": draw.integers(0, NOISE_KEYS, n),
            "at": _moments(draw, n),
            "amount": draw.gamma(2.0, size=n),
            "kind": draw.choice(["a", "b", "c"], n),
        }
    )
    tables = {"shops": {"on": "key"}, "log": {"on": "key", "time": "at"}}
    return Case(main=main, frames={"shops": shops, "log": log}, tables=tables, by_hand=None)


def latest(rows: int, history: int, beside: int, seed: int) -> Case:
    """Few keys with `history` rows each, of which the latest before the day says half; and `beside` rows of noise."""
    draw = np.random.default_rng(seed)
    main, own = _main(draw, rows, KEYS)
    n = KEYS * history
    log = pl.DataFrame(
        {
            "key": np.repeat(np.arange(KEYS), history),
            "at": np.concatenate([_moments(draw, history) for _ in range(KEYS)]),
            "state": draw.normal(size=n),
            "other": draw.normal(size=n),
        }
    )
    visits = pl.DataFrame(
        {"key": draw.integers(0, KEYS, beside), "at": _moments(draw, beside), "pages": draw.poisson(3.0, beside)}
    )
    state = main.join_asof(
        log.sort("at"), left_on="day", right_on="at", by="key", allow_exact_matches=False, check_sortedness=False
    )["state"]
    by_hand = state.fill_null(0.0).to_numpy()
    y = OWN * own + (1.0 - OWN) * 2.0 * np.sin(2.0 * by_hand) + 0.3 * draw.normal(size=rows)
    tables = {name: {"on": "key", "time": "at"} for name in ("log", "visits")}
    return Case(
        main=main.with_columns(y=pl.Series(y)), frames={"log": log, "visits": visits}, tables=tables, by_hand=by_hand
    )


def _main(draw: np.random.Generator, rows: int, keys: int) -> tuple[pl.DataFrame, Floats]:
    """Rows whose target hangs on two numbers of their own, and that part of it without noise [n]."""
    first, second = draw.normal(size=(2, rows))
    own = np.asarray(first + 0.5 * np.abs(second))
    frame = pl.DataFrame(
        {
            "key": draw.integers(0, keys, rows),
            "day": _moments(draw, rows),
            "first": first,
            "second": second,
            "y": own + draw.normal(size=rows),
        }
    )
    return frame.with_columns(day=pl.col("day").sort()), own


def _moments(draw: np.random.Generator, n: int) -> NDArray[np.datetime64]:
    """Moments of the year, in order, to the second."""
    return START + 1_000_000 * np.sort(draw.integers(0, DAYS * DAY, n)).astype("timedelta64[us]")
