"""Which rows are held back, and what must never happen to them."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from automl.data.rows import Fold, Rows
from automl.data.split import fold_kind, folds, split_test
from automl.errors import DataError
from automl.spec.data import Data
from automl.task import Task

BINARY = Task(kind="binary", classes=2)
REGRESSION = Task(kind="regression")
DAY = 86_400e6


def split(rows: Rows, task: Task, k: int = 5, **more: Any) -> tuple[Fold, ...]:
    options = {"seed": 7, "horizon": None, "by_time": False, "unseen_groups": False} | more
    return folds(rows, task, k=k, **options)


def proper(found: tuple[Fold, ...], n: int) -> None:
    """Fit and validation are parted, neither is empty, no row is validated twice."""
    validated = np.concatenate([fold.valid for fold in found])
    assert np.unique(validated).size == validated.size
    for fold in found:
        assert fold.fit.size
        assert fold.valid.size
        assert not set(fold.fit) & set(fold.valid)
        assert max(fold.fit.max(), fold.valid.max()) < n


def test_sorted_by_class(make_rows: Callable[..., Rows]) -> None:
    """Rows sorted by class are no trap: each fold validates each class in its share."""
    y = np.repeat(np.arange(9), np.arange(1, 10) * 50)
    found = split(make_rows(y), Task(kind="multiclass", classes=9))
    proper(found, y.size)
    assert sum(fold.valid.size for fold in found) == y.size
    for fold in found:
        np.testing.assert_allclose(np.bincount(y[fold.valid]), np.bincount(y) / 5, atol=1)


@pytest.mark.parametrize("n", range(21))
@pytest.mark.parametrize("k", [1, 2, 5])
@pytest.mark.parametrize("task", [BINARY, REGRESSION, Task(kind="multiclass", classes=4)])
def test_sizes(make_rows: Callable[..., Rows], n: int, k: int, task: Task) -> None:
    """D15: 0 to 20 rows give proper folds, never more than asked for, or an error with exit code 3."""
    rows = make_rows(np.arange(n) % max(1, task.classes or n))
    if n < 2:
        with pytest.raises(DataError) as error:
            split(rows, task, k)
        assert error.value.exit_code == 3
        return
    found = split(rows, task, k)
    proper(found, n)
    assert 1 <= len(found) <= k


def test_rare_classes(make_rows: Callable[..., Rows]) -> None:
    """D15: binary folds are no more than rows of the rarer class; a class of one row is always fitted."""
    assert len(split(make_rows([1, 1, 1] + [0] * 50), BINARY)) == 3
    y = np.array([0] * 50 + [1] * 50 + [2] * 3 + [3])
    found = split(make_rows(y), Task(kind="multiclass", classes=4))
    assert len(found) == 5
    for fold in found:
        assert set(y[fold.fit]) == {0, 1, 2, 3}
        assert 3 not in y[fold.valid]


@given(st.lists(st.integers(0, 8), min_size=2, max_size=60), st.integers(1, 6), st.booleans())
def test_groups(codes: list[int], k: int, by_class: bool) -> None:
    """A group is never on both sides, whatever the sizes, and there are no more folds than groups."""
    group = np.array(codes)
    y = np.arange(group.size) % 2
    rows = Rows(frame=None, raw=None, y=y.astype(float), group=group)  # type: ignore[arg-type]  # not looked at
    found = split(rows, BINARY if by_class else REGRESSION, k)
    proper(found, group.size)
    if np.unique(group).size > 1:
        assert len(found) <= max(1, min(k, np.unique(group).size))
        for fold in found:
            assert not set(group[fold.fit]) & set(group[fold.valid])
            assert fold.fit.size + fold.valid.size == group.size


@given(st.lists(st.integers(0, 30), min_size=2, max_size=60), st.integers(1, 6), st.integers(0, 5), st.booleans())
def test_time(days: list[int], k: int, gap: int, unseen: bool) -> None:
    """Every fitted row is known, `horizon` before the first row validated; unseen groups stay unseen."""
    time = np.array(days) * DAY
    group = np.arange(time.size) % 7
    rows = Rows(frame=None, raw=None, y=np.ones(time.size), time=time, group=group)  # type: ignore[arg-type]  # not looked at
    try:
        found = split(rows, REGRESSION, k, by_time=True, horizon=gap * 86_400.0, unseen_groups=unseen)
    except DataError as error:
        assert gap or unseen
        assert "data.horizon" in str(error)  # noqa: PT017  # one of two good endings
        return
    proper(found, time.size)
    assert len(found) <= k
    if np.unique(time).size > 1:
        for fold in found:
            assert time[fold.fit].max() < time[fold.valid].min()
            assert time[fold.fit].max() + gap * DAY <= time[fold.valid].min()
            if unseen:
                assert not set(group[fold.fit]) & set(group[fold.valid])


def test_time_windows(make_rows: Callable[..., Rows]) -> None:
    """Windows expand: each fold fits on all that the one before fitted and validated, in whatever order rows come."""
    order = np.random.default_rng(1).permutation(1000)
    rows = make_rows(np.arange(1000) % 2, time=order * DAY)
    found = split(rows, BINARY, 3, by_time=True)
    assert [fold.valid.size for fold in found] == [200, 200, 200]
    for before, after in itertools.pairwise(found):
        assert set(after.fit) == set(before.fit) | set(before.valid)
    (last,) = split(rows, BINARY, 1, by_time=True)
    assert set(order[last.valid]) == set(range(750, 1000))


def test_rows_without_a_time(make_rows: Callable[..., Rows]) -> None:
    """A row without a time is fitted, never validated."""
    time = np.arange(20) * DAY
    time[3] = np.nan
    for fold in split(make_rows(np.arange(20), time=time), REGRESSION, 3, by_time=True):
        assert 3 in fold.fit
        assert 3 not in fold.valid


def test_seed(make_rows: Callable[..., Rows]) -> None:
    """One seed gives one split; another gives another."""
    rows = make_rows(np.arange(100) % 2)
    first, again, other = (split(rows, BINARY, seed=seed) for seed in (1, 1, 2))
    assert all((a.valid == b.valid).all() for a, b in zip(first, again, strict=True))
    assert any((a.valid != b.valid).any() for a, b in zip(first, other, strict=True))


def test_test_part(make_rows: Callable[..., Rows]) -> None:
    """The test part: a quarter (a fifth of many rows) by class, whole groups, or the last part by time; it is said."""
    y = np.repeat([0.0, 1.0], [900, 100])
    train, test, sentence = split_test(make_rows(y), BINARY, Data(), 7)
    assert (train.size, test.size) == (750, 250)
    assert abs(y[test].mean() - 0.1) < 0.01
    assert sentence == "Test is a random part with the same share of each class, 250 of 1000 rows (25%)."

    group = np.arange(1000) // 10
    train, test, sentence = split_test(make_rows(y, group=group), BINARY, Data(group="g"), 7)
    assert not set(group[train]) & set(group[test])
    assert "whole groups" in sentence

    time = np.arange(1000) * DAY
    data = Data.model_validate({"time": "t", "horizon": "30d", "group": "g"})
    train, test, sentence = split_test(make_rows(y, time=time, group=group), BINARY, data, 7)
    assert time[train].max() + 30 * DAY <= time[test].min()
    assert train.size + test.size == 1000 - 29
    assert "last part by time" in sentence
    assert "29 rows in the gap" in sentence

    assert split_test(make_rows(np.arange(20_000)), REGRESSION, Data(), 7)[1].size == 4_000


def test_only_later_rows_are_held_back(make_rows: Callable[..., Rows]) -> None:
    """Of few rows after a moment the latter half is held back; without rows after it, it does not count."""
    rows, day = make_rows(np.arange(1000) % 2, time=np.arange(1000) * DAY), 800 * DAY
    train, test, _ = split_test(rows, BINARY, Data.model_validate({"time": "t"}), 7, after=day)
    assert test.tolist() == list(range(900, 1000))
    assert train.tolist() == list(range(900))
    gap = Data.model_validate({"time": "t", "horizon": "30d"})
    assert split_test(rows, BINARY, gap, 7, after=day)[0].max() == 900 - 30
    assert split_test(rows, BINARY, gap, 7, after=998 * DAY)[1].tolist() == [999]
    assert split_test(rows, BINARY, gap, 7, after=-DAY)[1].size == 500
    for nothing in (-np.inf, 1000 * DAY):
        assert split_test(rows, BINARY, gap, 7, after=nothing)[1].size == 250
    monthly = make_rows(np.arange(20) % 2, time=np.repeat([0.0, DAY], 10))
    assert split_test(monthly, BINARY, Data.model_validate({"time": "t"}), 7, after=0.0)[1].tolist() == [*range(10, 20)]


@pytest.mark.parametrize(("later", "held"), [(1_400, 700), (2_000, 700), (6_000, 2_000)])
def test_of_many_later_rows_a_third_is_held_back(make_rows: Callable[..., Rows], later: int, held: int) -> None:
    """Half of them is more than it takes, and leaves less to learn."""
    rows = make_rows(np.arange(7_000) % 2, time=np.arange(7_000) * DAY)
    moment = (6_999 - later) * DAY
    assert split_test(rows, BINARY, Data.model_validate({"time": "t"}), 7, after=moment)[1].size == held


@pytest.mark.parametrize("n", range(4))
def test_too_few(make_rows: Callable[..., Rows], n: int) -> None:
    """D15: fewer than 4 rows cannot give up a test part."""
    with pytest.raises(DataError, match=f"{n} rows"):
        split_test(make_rows(np.arange(n)), REGRESSION, Data(), 7)


@pytest.mark.parametrize("k", [1, 2, 5])
def test_blocks_of_the_file(make_rows: Callable[..., Rows], k: int) -> None:
    """Rows in the order of the file are judged in stretches; rows next to one fit nothing that judges it."""
    order = np.random.default_rng(0).permutation(1_000)
    found = split(make_rows(order % 2, group=order % 7, order=order), BINARY, k)
    proper(found, 1_000)
    assert len(found) == k
    assert sum(fold.valid.size for fold in found) == (250 if k == 1 else 1_000)
    for fold in found:
        places = np.sort(order[fold.valid])
        assert (np.diff(places) == 1).all()
        assert np.abs(order[fold.fit][:, None] - places[[0, -1]]).min() == 11
    assert order[found[-1].valid].max() == 999


@pytest.mark.parametrize("way", ["time", "order"])
@pytest.mark.parametrize("shift", [0.25, 0.5, 0.875])
def test_shifted(make_rows: Callable[..., Rows], way: str, shift: float) -> None:
    """Windows and stretches that begin earlier predict what the others do, parted at other places."""
    order = np.random.default_rng(2).permutation(1_000)
    rows = make_rows(order % 2, **({"time": order * DAY} if way == "time" else {"order": order}))
    plain, shifted = (split(rows, BINARY, 5, by_time=way == "time", shift=by) for by in (0.0, shift))
    proper(shifted, 1_000)
    firsts = [[order[fold.valid].min() for fold in found][1:] for found in (plain, shifted)]
    width = 120 if way == "time" else 200
    assert np.subtract(*firsts).tolist() == pytest.approx([shift * width] * 4, abs=1)
    validated = [set(np.concatenate([fold.valid for fold in found]).tolist()) for found in (plain, shifted)]
    assert validated[0] <= validated[1]


def test_an_order_parts_what_has_rows_enough_and_no_time(make_rows: Callable[..., Rows]) -> None:
    """A time goes before the order of the file, and few rows are drawn."""
    few, many = np.arange(99), np.arange(100)
    assert fold_kind(make_rows(few % 2, order=few), by_time=False) == "random"
    assert fold_kind(make_rows(many % 2, order=many), by_time=False) == "block"
    assert fold_kind(make_rows(many % 2, time=many * DAY, order=many), by_time=True) == "time"


def test_the_last_part_of_the_file_is_set_aside(make_rows: Callable[..., Rows]) -> None:
    """The sentence says that test is a stretch of the file, and how many rows before it are not used."""
    train, test, told = split_test(make_rows(np.arange(400) % 2, order=np.arange(400)), BINARY, Data(), 0)
    assert (train.max(), test.min(), test.max()) == (295, 300, 399)
    assert told == (
        "Test is the last part of the file, in its order, 100 of 400 rows (25%); "
        "4 rows in the gap before it are in neither."
    )
