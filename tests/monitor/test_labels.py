"""Labels find their rows by key; what does not fit is counted, and nothing is guessed (M04)."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from automl.bundle.files import open_files
from automl.errors import DataError
from automl.monitor.labels import labelled
from automl.monitor.look import Scored

RAW = pl.DataFrame({"id": ["a", "b", "c"]})
ROWS = Scored(raw=RAW, wire=RAW, answers=RAW)


def test_labels_come_by_key(bundle: Path) -> None:
    """In any order; a row without one has none."""
    manifest = open_files(bundle).manifest
    found, said = labelled(manifest, ROWS, pl.DataFrame({"id": ["c", "a"], "bad": [1, 2]}))
    assert found.y is not None
    assert np.array_equal(found.y, [1.0, np.nan, 0.0], equal_nan=True)
    assert said == ()


def test_what_does_not_fit_is_counted(bundle: Path) -> None:
    """Unknown keys, labels given twice, contradicted ones, and those that are none."""
    manifest = open_files(bundle).manifest
    came = pl.DataFrame({"id": ["a", "a", "b", "b", "z", "c"], "bad": ["1", "2", "1", "1", "2", "maybe"]})
    found, said = labelled(manifest, ROWS, came)
    assert found.y is not None
    assert np.array_equal(found.y, [1.0, 0.0, np.nan], equal_nan=True)
    assert [each.sentence for each in said] == [
        "1 labels are of rows that are not in the data.",
        "2 labels are given again for a row that had one.",
        "1 labels are contradicted by a later one, which holds.",
        "1 labels are that cannot be read or have no key.",
    ]


def test_the_latest_label_holds(bundle: Path) -> None:
    """Where it is said when each came, the place in the file says nothing."""
    manifest = open_files(bundle).manifest
    came = pl.DataFrame({"id": ["a", "a"], "bad": [2, 1], "known_at": ["2026-03-01", "2026-02-01"]})
    found, _ = labelled(manifest, ROWS, came)
    assert found.y is not None
    assert found.known is not None
    assert found.y[0] == 1.0
    assert found.known[0] == 1772323200e6


def test_numbers_as_keys_meet_texts(bundle: Path) -> None:
    """A key is what it says, in any kind of file."""
    manifest = open_files(bundle).manifest
    raw = pl.DataFrame({"id": [1, 2]})
    found, _ = labelled(manifest, replace(ROWS, raw=raw), pl.DataFrame({"id": ["2", "1"], "bad": [1, 2]}))
    assert found.y is not None
    assert found.y.tolist() == [1.0, 0.0]


def test_rows_may_bring_their_own_label(bundle: Path) -> None:
    """The target among the columns; without it there is no label."""
    manifest = open_files(bundle).manifest
    own = replace(ROWS, raw=RAW.with_columns(pl.Series("bad", [2, 1, None])))
    found, _ = labelled(manifest, own, None)
    assert found.y is not None
    assert np.array_equal(found.y, [1.0, 0.0, np.nan], equal_nan=True)
    assert labelled(manifest, ROWS, None)[0].y is None


@pytest.mark.parametrize(
    ("came", "match"),
    [({"id": ["a"], "Bad": [1]}, "lack the target 'bad'"), ({"bad": [1]}, "the labels lack the key 'id'")],
)
def test_labels_of_nobody_are_refused(bundle: Path, came: dict[str, list[object]], match: str) -> None:
    """With what is lacking."""
    with pytest.raises(DataError, match=match):
        labelled(open_files(bundle).manifest, ROWS, pl.DataFrame(came))


def test_without_keys_there_is_a_label_for_each_row(bundle: Path) -> None:
    """In their order; another number of them is refused."""
    manifest = open_files(bundle).manifest.model_copy(update={"keys": ()})
    found, _ = labelled(manifest, ROWS, pl.DataFrame({"bad": [1, 2, 1]}))
    assert found.y is not None
    assert found.y.tolist() == [0.0, 1.0, 0.0]
    with pytest.raises(DataError, match="2 labels for 3 rows"):
        labelled(manifest, ROWS, pl.DataFrame({"bad": [1, 2]}))


@pytest.mark.parametrize("keyed", [True, False])
def test_a_label_of_the_future_waits_and_is_counted(bundle: Path, *, keyed: bool) -> None:
    """Found by key or by place; a clock that is five minutes ahead is none of the future."""
    manifest = open_files(bundle).manifest
    manifest = manifest if keyed else manifest.model_copy(update={"keys": ()})
    known = ["2026-03-01T00:00", "2026-03-02T00:00", "2026-03-01T00:04"]
    came = pl.DataFrame({"id": ["a", "b", "c"], "bad": [2, 2, 1], "known_at": known})
    found, said = labelled(manifest, ROWS, came, 1772323200e6)
    assert found.y is not None
    assert np.array_equal(found.y, [1.0, np.nan, 0.0], equal_nan=True)
    assert [each.sentence for each in said] == ["1 labels are known only in the future, and count from then on."]
    later, said = labelled(manifest, ROWS, came, 1772323200e6 + 86_400e6)
    assert later.y is not None
    assert (later.y[1], said) == (1.0, ())
