"""Specs and rows that the tests of the data room share."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import numpy as np
import polars as pl
import pytest

from automl.data.rows import Rows
from automl.spec import Spec, parse


@pytest.fixture
def make_spec() -> Callable[..., Spec]:
    """A spec for the target ``y``; arguments are keys of [data], `objective` those of [objective]."""

    def make(objective: dict[str, Any] | None = None, **data: Any) -> Spec:
        return parse({"objective": {"target": "y"} | (objective or {}), "data": data})

    return make


@pytest.fixture
def make_rows() -> Callable[..., Rows]:
    """Rows of a target alone, with a time, a group and an order where wanted."""

    def make(y: Any, time: Any = None, group: Any = None, order: Any = None) -> Rows:
        target = np.asarray(y, dtype=np.float64)
        frame = pl.DataFrame({"x": np.arange(target.size, dtype=np.float64)})
        return Rows(
            frame=frame,
            raw=frame,
            y=target,
            time=None if time is None else np.asarray(time, dtype=np.float64),
            group=None if group is None else np.asarray(group, dtype=np.int64),
            order=None if order is None else np.asarray(order, dtype=np.int64),
        )

    return make


ISO_CLOCKS = ("", " %H:%M", "T%H:%M:%S", " %H:%M:%S.%f", " %H:%M:%S,%f")
CLOCKS = (
    *(*ISO_CLOCKS, ", %H:%M:%S", ":%H:%M:%S", "-%H.%M.%S.%f", " %I:%M %p", ", %I:%M:%S %p"),
    *(" %I:%M:%S\u202f%p", " %I.%M.%S.%f %p", " %I:%M:%S:%f%p"),
)
WORDS = ("", "Z", " Z", "z", " z", "UTC", " UTC", " utc", " Utc", " GMT", " gmt", "\u00a0UTC", " UT")
OFFSETS = {
    **dict.fromkeys((" +00:00", "-0000", " +0000 UTC", " UTC+00:00", "+00"), 0),
    "+02:00": 120,
    " -0330": -210,
    " +0200 CEST": 120,
    " GMT+0200 (Central European Summer Time)": 120,
}
MOMENTS = (
    *(datetime(2014, 10, 13, 10, 30, 5, 250_000), datetime(1999, 2, 28, 0, 7, 59, 1)),  # noqa: DTZ001  # naive
    *(datetime(2020, 2, 29, 23, 59, 59, 999_999), datetime(1970, 1, 1), datetime(2031, 12, 31, 12)),  # noqa: DTZ001  # naive
)


@pytest.fixture
def written_times() -> Callable[[str], dict[str, float]]:
    """Moments in a date format, with each clock and each zone behind it: each text and its microseconds of UTC."""

    def write(form: str) -> dict[str, float]:
        day, clocks = ("%Y-%m-%d", ISO_CLOCKS) if form == "iso" else (form, ("",) if "%H" in form else CLOCKS)
        return {
            text: micros
            for clock in clocks
            for zone, minutes in _zones(f"{day}{clock}").items()
            for text, micros in (_written(moment, f"{day}{clock}", zone, minutes) for moment in MOMENTS)
        }

    return write


def _zones(form: str) -> dict[str, int]:
    """What may stand behind a format: offsets behind a clock alone, no letters right behind a month's name."""
    words = [word for word in WORDS if not (form.endswith("%b") and word[:1].isalpha())]
    return dict.fromkeys(words, 0) | (OFFSETS if "%M" in form else {})


def _written(moment: datetime, form: str, zone: str, minutes: int) -> tuple[str, float]:
    """A moment as text, the zone where the format has it or behind, and what is left of it in microseconds of UTC."""
    bare = form.replace(" %z", "")
    left = datetime.strptime(moment.strftime(bare), bare)  # noqa: DTZ007  # the zone comes next
    since = left - timedelta(minutes=minutes) - datetime(1970, 1, 1)  # noqa: DTZ001  # both naive
    whole = form.replace("%z", zone.strip() or "Z") if "%z" in form else form + zone
    return moment.strftime(whole), float(since // timedelta(microseconds=1))
