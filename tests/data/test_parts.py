"""Train and test as raw rows: given or set aside, with targets, times and groups that stay aligned."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import polars as pl
import pytest

from automl.data.labels import fit_labels
from automl.data.parts import (
    dated,
    find_time,
    follow_file,
    group_copies,
    label_rows,
    part_rows,
)
from automl.data.raw_parts import LabelledPart, Parts, RawPart
from automl.data.rows import Finding
from automl.data.schema import infer_schema
from automl.data.sources import open_sources
from automl.errors import DataError
from automl.spec import Spec

TRAIN = pl.DataFrame(
    {
        "day": [f"2024-{1 + i // 28:02d}-{1 + i % 28:02d}" for i in range(84)],
        "who": ["a", "b", None] * 28,
        "y": [0, 1] * 42,
    }
)
TEST = pl.DataFrame({"day": ["2024-05-01", "2024-05-02"], "who": ["b", "z"], "y": [1, 0]})


def parted(spec: Spec, train: pl.DataFrame = TRAIN, test: pl.DataFrame | None = None) -> Parts[RawPart]:
    return part_rows(spec, open_sources(spec, train, test))[0]


def test_a_test_part_that_is_given_is_the_test_part(make_spec: Callable[..., Spec]) -> None:
    """Groups have one code in both, a row without one is alone; times are read in both."""
    parts = parted(make_spec(time="day", group="who"), test=TEST)
    assert (parts.given, parts.split) == (True, "Test is the part given, 2 rows.")
    train, test = parts.train, parts.test
    assert train.time is not None
    assert test.time is not None
    assert train.group is not None
    assert test.group is not None
    assert test.time[0] > train.time[-1]
    assert test.group[0] == train.group[1]
    assert not np.isin(test.group[1], train.group)
    assert len(set(train.group)) == 2 + 28


def test_without_one_a_part_is_set_aside(make_spec: Callable[..., Spec]) -> None:
    """By time the last rows; every row is in one part, with what belongs to it."""
    parts = parted(make_spec(time="day"))
    assert not parts.given
    assert parts.split.startswith("Test is the last part by time")
    assert pl.concat([parts.train.raw, parts.test.raw]).sort("day").equals(TRAIN)
    assert parts.train.time is not None
    assert parts.test.time is not None
    assert parts.train.time.max() < parts.test.time.min()
    assert parts.train.time.size == parts.train.raw.height


def test_rows_in_their_order_are_not_copied(make_spec: Callable[..., Spec]) -> None:
    """All rows are the part itself; some are taken with their groups."""
    part = parted(make_spec(group="who"), test=TEST).train
    assert part.take(np.arange(part.raw.height)) is part
    taken = part.take(np.array([4, 1]))
    assert taken.raw["day"].to_list() == ["2024-01-05", "2024-01-02"]
    assert taken.group is not None
    assert part.group is not None
    assert taken.group.tolist() == part.group[[4, 1]].tolist()


@pytest.mark.parametrize(
    ("train", "test", "data", "told"),
    [
        (TRAIN.clear(), None, {}, "the train data has no rows"),
        (TRAIN, TEST.clear(), {}, "the test data has no rows"),
        (TRAIN, TEST.drop("y"), {}, "the test data has no column 'y', the target"),
        (TRAIN, TEST.drop("who"), {"group": "who"}, "the test data has no column 'who'"),
    ],
)
def test_what_lacks_is_told(
    make_spec: Callable[..., Spec], train: pl.DataFrame, test: pl.DataFrame | None, data: dict, told: str
) -> None:
    """Rows, the target, the group: by the part that lacks them."""
    with pytest.raises(DataError, match=told):
        parted(make_spec(**data), train, test)


def test_rows_without_a_target_are_left_out_and_told(make_spec: Callable[..., Spec]) -> None:
    """D02: missing ones in both parts, and in test labels that train does not know."""
    spec = make_spec()
    train = pl.DataFrame({"x": range(6), "y": ["a", "b", None, "a", "b", "a"]})
    test = pl.DataFrame({"x": range(3), "y": ["b", "c", None]})
    parts = parted(spec, train, test)
    labels, _ = fit_labels(train["y"], spec)
    labelled, findings = label_rows(parts, labels, spec.data)
    assert labelled.train.raw["x"].to_list() == [0, 1, 3, 4, 5]
    assert labelled.train.y.tolist() == [0, 1, 0, 1, 0]
    assert labelled.test.y.tolist() == [1]
    assert [(said.evidence["rows"], said.evidence["unknown"]) for said in findings] == [(1, 0), (2, 1)]
    assert "of which 1 are labels that train does not have" in findings[1].text
    with pytest.raises(
        DataError, match="no row of test has a label that train has: there it is 'c', in train 'a', 'b'"
    ):
        label_rows(parted(spec, train, pl.DataFrame({"x": [1], "y": ["c"]})), labels, spec.data)


def test_a_class_of_one_row_is_told(make_spec: Callable[..., Spec]) -> None:
    """D15: it is fitted and never validated; of two labels each needs two rows."""
    three = pl.DataFrame({"x": range(7), "y": ["a", "a", "b", "b", "c", "a", "b"]})
    labels, _ = fit_labels(three["y"], make_spec())
    _, (said,) = label_rows(parted(make_spec(), three, three), labels, make_spec().data)
    assert (said.check, said.evidence) == ("rare class", {"label": "c"})
    two = pl.DataFrame({"x": range(4), "y": ["a", "a", "a", "b"]})
    labels, _ = fit_labels(two["y"], make_spec())
    with pytest.raises(DataError, match="one row of the label 'b'"):
        label_rows(parted(make_spec(), two, two), labels, make_spec().data)


@pytest.mark.parametrize("given", [True, False])
def test_a_later_test_part_gives_the_time(make_spec: Callable[..., Spec], given: bool) -> None:
    """Where test was given and comes after train by a date, that is the time; where it was drawn, order is noted."""
    spec = make_spec()
    test = TEST if given else None
    parts = parted(spec, TRAIN, test)
    labels, _ = fit_labels(TRAIN["y"], spec)
    labelled, _ = label_rows(parts, labels, spec.data)
    schema, _ = infer_schema(labelled.train.raw, spec)
    schema, timed, (said,) = find_time(schema, dated(labelled, schema), spec.data)
    role = next(column.role for column in schema.columns if column.name == "day")
    assert (role, timed.train.time is not None) == (("time", True) if given else ("feature", False))
    assert said.action == ("changed" if given else "noted")


def test_copies_that_were_kept_together_are_groups(make_spec: Callable[..., Spec]) -> None:
    """Of a test part that was given; rows with a time are judged by time."""
    spec = make_spec()
    train = pl.DataFrame({"x": [float(i // 2) for i in range(400)], "y": [0, 1] * 200})
    test = pl.DataFrame({"x": [1_000.0 + i // 2 for i in range(100)], "y": [0, 1] * 50})
    labels, _ = fit_labels(train["y"], spec)
    labelled, _ = label_rows(parted(spec, train, test), labels, spec.data)
    grouped, (said,) = group_copies(labelled, train.select("x"), test.select("x"), spec.data)
    assert grouped.train.group is not None
    assert grouped.train.group[0] == grouped.train.group[1] != grouped.train.group[2]
    assert said.check == "copies"
    drawn, _ = label_rows(parted(spec, train), labels, spec.data)
    assert group_copies(drawn, train.select("x"), test.select("x"), spec.data) == (drawn, ())


def in_time(n: int) -> pl.DataFrame:
    """Rows whose target wanders along the file, which `drifts` shows and no column tells."""
    draw = np.random.default_rng(2)
    level = np.cumsum(draw.normal(size=n)) / np.sqrt(n) * 4.0
    drifts = np.arange(n) / n * 4.0 + draw.normal(size=n)
    return pl.DataFrame({"x": draw.normal(size=n), "drifts": drifts, "y": level + 0.3 * draw.normal(size=n)})


def followed(
    spec: Spec, train: pl.DataFrame, test: pl.DataFrame | None = None
) -> tuple[Parts[LabelledPart], list[Finding]]:
    parts, found = part_rows(spec, open_sources(spec, train, test))
    labels, _ = fit_labels(parts.train.raw["y"], spec)
    labelled, _ = label_rows(parts, labels, spec.data)
    frames = (part.raw.select("x", "drifts") for part in (labelled.train, labelled.test))
    labelled, said = follow_file(labelled, *frames, labels.task, spec)
    return labelled, [one for one in (*found, *said) if one.check == "order"]


def test_rows_in_an_order_are_set_aside_as_a_block(make_spec: Callable[..., Spec]) -> None:
    """Without a test part the last rows of the file are set aside, and the rest keeps its places for folds."""
    parts, (said,) = followed(make_spec(), in_time(2_000))
    assert said.action == "changed"
    assert "last part of the file" in parts.split
    assert parts.train.order is not None
    np.testing.assert_array_equal(parts.train.order, np.arange(1_480))
    assert parts.test.raw.height == 500


@pytest.mark.parametrize(
    ("data", "action"),
    [
        ({"order": "none"}, None),
        ({"group": "x"}, None),
        ({"time": "drifts"}, None),
        ({"audit": {"action": "warn"}}, "noted"),
        ({"order": "file"}, None),
    ],
)
@pytest.mark.parametrize("given", [True, False])
def test_the_spec_overrules_the_order(
    make_spec: Callable[..., Spec], data: dict[str, object], action: str | None, *, given: bool
) -> None:
    """What the spec names stands: an order, none, a time, a group; an audit that may only warn only warns."""
    rows = in_time(2_000)
    parts, said = followed(make_spec(**data), *((rows[:1_500], rows[1_500:]) if given else (rows,)))
    assert [one.action for one in said] == ([action] if action else [])
    assert (parts.train.order is not None) == (data.get("order") == "file")


def test_shuffled_rows_follow_a_named_order_alone(make_spec: Callable[..., Spec]) -> None:
    """Rows in no order are drawn, unless the spec says that the file is in one."""
    rows = in_time(2_000).sample(fraction=1.0, shuffle=True, seed=1)
    assert followed(make_spec(), rows)[0].train.order is None
    parts, said = followed(make_spec(order="file", group="x"), rows)
    assert (parts.train.order is not None, said) == (True, [])


def test_a_test_part_decides_about_the_order(make_spec: Callable[..., Spec]) -> None:
    """Folds are blocks where the given test part follows train; where it comes from among train there is a note."""
    rows = in_time(2_000)
    parts, (said,) = followed(make_spec(), rows[:1_500], rows[1_500:])
    assert (parts.train.order is not None, said.action) == (True, "changed")
    drawn = np.sort(np.random.default_rng(0).permutation(2_000)[:500])
    parts, (said,) = followed(make_spec(), rows[np.setdiff1d(np.arange(2_000), drawn)], rows[drawn])
    assert (parts.train.order is None, said.action) == (True, "noted")


def test_rows_that_the_set_aside_took_are_told_as_that(make_spec: Callable[..., Spec]) -> None:
    """Two positives are enough to be given and too few to be parted: the part is named, and what to do."""
    two = pl.DataFrame({"x": range(40), "y": ["a"] * 38 + ["b"] * 2})
    labels, _ = fit_labels(two["y"], make_spec())
    with pytest.raises(DataError, match="after a part was set aside as test") as refused:
        label_rows(parted(make_spec(), two), labels, make_spec().data)
    assert "one row of the label 'b'" in str(refused.value)


@pytest.mark.parametrize(("blank", "together"), [(None, True), ("SE", False)])
def test_a_group_called_as_missing_words_are(make_spec: Callable[..., Spec], blank: str | None, together: bool) -> None:
    """Rows of the group NA are one group where what is missing is empty, else each is alone."""
    rows = pl.DataFrame({"who": ["NA", "SE", "DK", blank] * 21, "y": [0, 1] * 42})
    group = parted(make_spec(group="who"), rows, rows).train.group
    assert group is not None
    assert (len(set(group[::4])) == 1) == together
