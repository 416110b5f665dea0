"""Rows in time become windows; labels become due once in a life."""

from __future__ import annotations

import numpy as np
import polars as pl

from automl.monitor.look import Scored
from automl.monitor.windows import DAY, windows
from automl.spec.monitor import Monitor

FIRST = 20_000 * DAY
EVERY_HOUR = FIRST + np.arange(28 * 24) * DAY / 24


def rows(time: np.ndarray[tuple[int, ...], np.dtype[np.float64]] | None, n: int = 0) -> Scored:
    """Rows with nothing but a time."""
    frame = pl.DataFrame({"n": np.arange(n if time is None else len(time))})
    return Scored(raw=frame, wire=frame, answers=frame, time=time)


def asked(**given: object) -> Monitor:
    """A [monitor] of a spec."""
    return Monitor.model_validate(given)


def test_each_row_is_in_one_window() -> None:
    """Four weeks are four looks, and no row is in two of them or in none."""
    found = windows(rows(EVERY_HOUR), asked(window="7d", least=20))
    seen = np.concatenate([each.window.rows.raw["n"].to_numpy() for each in found])
    assert [each.window.rows.n for each in found] == [168] * 4
    assert sorted(seen) == list(range(28 * 24))
    assert [each.window.number for each in found] == [1, 2, 3, 4]


def test_windows_that_reach_back_overlap() -> None:
    """A look a day over a week: the rows of the week before are in it."""
    found = windows(rows(EVERY_HOUR), asked(window="7d", every="1d", least=20))
    assert len(found) == 28
    assert [each.window.rows.n for each in found][:8] == [24, 48, 72, 96, 120, 144, 168, 168]


def test_what_was_looked_at_is_not_looked_at_again() -> None:
    """The second run begins where the first one ended, with the next number."""
    first = windows(rows(EVERY_HOUR[:400]), asked(window="7d", least=20))
    last = first[-1].window
    second = windows(rows(EVERY_HOUR), asked(window="7d", least=20), looks=last.number, since=last.end)
    assert second[0].window.number == last.number + 1
    due = np.concatenate([each.due.raw["n"].to_numpy() for each in (*first, *second)])
    assert sorted(due) == list(range(28 * 24))


def test_labels_are_due_after_their_delay_and_once() -> None:
    """With ten days of delay the rows of the last ten days are due at no look, and none is due twice."""
    found = windows(rows(EVERY_HOUR), asked(window="7d", label_delay="10d", least=20))
    due = np.concatenate([each.due.raw["n"].to_numpy() for each in found])
    assert len(due) == len(set(due))
    assert due.max() < 18 * 24 + 1
    assert (np.diff(EVERY_HOUR[due]) > 0).all()


def test_few_rows_wait() -> None:
    """A day with too few of them is no look; the next one that has enough is."""
    time = np.sort(np.concatenate((FIRST + np.arange(5.0), FIRST + DAY + np.arange(200.0))))
    found = windows(rows(time), asked(window="2d", every="1d", least=100))
    assert [each.window.rows.n for each in found] == [205]
    assert [each.due.n for each in found] == [205]


def test_a_pause_is_told() -> None:
    """Five days without a row of a week are said."""
    time = np.concatenate((FIRST + np.arange(100.0), FIRST + 6 * DAY + np.arange(100.0)))
    (found,) = windows(rows(time), asked(window="7d", least=20))
    assert [each.check for each in found.findings] == ["pause"]


def test_rows_that_only_have_a_date_do_not_pause() -> None:
    """They are a day apart, and so are the looks; a day that lacks is told."""
    daily = np.repeat(FIRST + np.arange(14.0) * DAY, 30)
    one_a_day = asked(window="7d", every="1d", least=20)
    assert not [each for found in windows(rows(daily), one_a_day) for each in found.findings]
    lacking = daily[daily != FIRST + 9 * DAY]
    told = [each.check for found in windows(rows(lacking), one_a_day) for each in found.findings]
    assert set(told) == {"pause"}


def test_windows_know_which_rows_are_new() -> None:
    """Over all looks each row is new once."""
    found = windows(rows(EVERY_HOUR), asked(window="7d", every="1d", least=20))
    assert sorted(np.concatenate([each.new.raw["n"].to_numpy() for each in found])) == list(range(28 * 24))


def test_rows_without_a_time_are_one_window() -> None:
    """There is no other way to part them; too few are none."""
    (found,) = windows(rows(None, 150), asked())
    assert (found.window.rows.n, found.window.end, found.due.n) == (150, None, 150)
    assert windows(rows(None, 50), asked()) == ()
