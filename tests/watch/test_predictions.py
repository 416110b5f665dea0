"""Answered rows are written whole, once, in the columns that are asked for, and come back as they were."""

from __future__ import annotations

from dataclasses import replace

import pytest

from automl.bundle.read import Bundle
from automl.errors import SpecError
from automl.watch import blocks
from automl.watch.predictions import Writer, batch_of_frames, batch_of_rows, frames, model_of
from automl.watch.settings import change_settings

BUNDLE = "b" * 64
END = 2**60


def read(store, bundle=BUNDLE, first=0, end=END):
    with store.reading() as connection:
        found = list(frames(connection, bundle, first, end))
    return blocks.rows_of(blocks.stacked(found)) if found else None


def test_rows_come_back(store, write) -> None:
    """Raw cells that the bundle reads, answers, keys and times; another column is not kept."""
    assert write(store, "one", 0, 5)
    rows = read(store)
    assert rows.raw.to_dict(as_series=False) == {"a": [0.0, 1.0, 2.0, 3.0, 4.0], "c": ["c0", "c1", "c2", "c0", "c1"]}
    assert rows.answers.columns == ["probability", "decision"]
    assert rows.key.to_list() == ["0", "1", "2", "3", "4"]
    assert rows.time.to_list() == [10**15 + n * 10**6 for n in range(5)]


def test_a_batch_is_written_once(store, write) -> None:
    """A write that is repeated after a crash changes nothing."""
    assert [write(store, "one", 0, 5), write(store, "one", 0, 5), write(store, "two", 5, 5)] == [True, False, True]
    assert read(store).height == 10


def test_a_window(store, write) -> None:
    """Rows from the first moment on, up to the end, of one bundle."""
    write(store, "one", 0, 10)
    rows = read(store, first=10**15 + 3_000_000, end=10**15 + 6_000_000)
    assert rows.key.to_list() == ["3", "4", "5"]
    assert read(store, bundle="c" * 64) is None


def test_columns_that_are_asked_for(store, write) -> None:
    """`columns` of the store stand in place of those that the bundle reads."""
    change_settings(store, columns=["private", "a"])
    write(store, "one", 0, 3)
    assert set(read(store).raw.columns) == {"private", "a"}


def test_hashed_keys(store, write) -> None:
    """Keys are spelt in a way that only the store can compare; they cannot be hashed later."""
    change_settings(store, hash_keys=True)
    write(store, "one", 0, 3)
    keys = read(store).key.to_list()
    assert all(len(key) == 64 for key in keys)
    assert len(set(keys)) == 3
    assert change_settings(store, keep="30d").told()["hash_keys"]


def test_keys_are_not_hashed_later(store, write) -> None:
    """What was written as it is stays readable, so that would be a lie."""
    write(store, "one", 0, 3)
    with pytest.raises(SpecError, match="cannot be hashed now"):
        change_settings(store, hash_keys=True)


def test_a_store_has_one_target(store, write, model) -> None:
    """Labels of another target would join the wrong rows."""
    write(store, "one", 0, 3)
    Writer(store, replace(model, bundle="c" * 64))
    with pytest.raises(SpecError, match="a store of its own"):
        Writer(store, replace(model, bundle="d" * 64, target="other"))


def test_rows_and_frames_are_the_same(store, bundle, raw) -> None:
    """Rows of JSON and rows of a frame, with their answers, are kept alike."""
    model = Bundle.load(bundle)
    known = model_of(model)
    writer = Writer(store, known)
    some = raw.head(20)
    asked = some.to_dicts()
    answers = model.answer_all(asked)[0]
    scored = model.score(some, typed=False)
    at = list(range(20))
    writer.write("rows", batch_of_rows(writer.columns, writer.keys, asked, answers, at))
    first = read(store, known.bundle)
    writer.write("frame", batch_of_frames(writer.columns, writer.keys, some, scored, at))
    both = read(store, known.bundle)
    assert both.height == 40
    assert both.raw[20:].equals(first.raw)
    assert both.raw[20:].equals(some.select(both.raw.columns))
    assert both.key[20:].equals(first.key)
    assert both.answers["decision"][20:].equals(first.answers["decision"])
    assert (both.answers["probability"][20:] - first.answers["probability"]).abs().max() < 1e-9


def framed(rows, answers):
    """The block of rows of JSON that read the columns `a`, `b` and `c`, with the key `id`."""
    batch = batch_of_rows(["a", "b", "c"], ["id"], rows, answers, list(range(len(rows))))
    return blocks.framed(batch.raw, batch.answers, batch.key, batch.time)


def test_a_column_that_never_came_is_not_there() -> None:
    """A null is a cell, and a column that is left out is none."""
    rows = [{"a": 1, "b": None, "id": 7}, {"id": 8.0}]
    frame = framed(rows, [{"id": 7, "probability": 0.5}, {"id": 8.0, "probability": 1}])
    assert frame.columns == ["raw a", "raw b", "answer probability", "key", "time"]
    assert frame["raw a"].to_list() == [1, None]
    assert frame["key"].to_list() == ["7", "8"]
    assert frame["answer probability"].to_list() == [0.5, 1.0]
    assert frame["time"].to_list() == [0, 1]


@pytest.mark.parametrize("cells", [["a", "b\ud800"], [1, "\ud800"], [["\ud800"], ["x"]]])
def test_half_a_sign_harms_no_other_row(cells) -> None:
    """JSON may have what no encoding has: it becomes a question mark, and the rows beside it are kept (V03)."""
    frame = framed([{"a": cell, "id": "k\ud800"} for cell in cells], [{"decision": "\udc00"}] * 2)
    assert frame.height == 2
    assert frame["key"].to_list() == ["k?", "k?"]
    assert frame["answer decision"].to_list() == ["?", "?"]
    assert "?" in "".join(frame[:, 0].to_list())
    assert isinstance(blocks.pack(frame), bytes)
