"""New rows come from one place: a file, or a store."""

from __future__ import annotations

import pytest

from automl.data.read.source import load
from automl.errors import SpecError
from automl.retrain.gather import gather
from automl.watch.labels import Labels, add_labels
from automl.watch.predictions import Writer, batch_of_frames, model_of
from automl.watch.store import open_store


def test_from_a_store_rows_have_their_target_in_its_own_type(champion, world, tmp_path):
    """As if they had come in a file: the answered rows with the labels that came, and their own time."""
    rows = world(50, seed=3, start=150)
    where = tmp_path / "watch.db"
    store = open_store(str(where), create=True)
    writer = Writer(store, model_of(champion))
    scored = champion.score(rows, typed=False)
    writer.write("a", batch_of_frames(writer.columns, writer.keys, rows, scored, list(range(1, 51))))
    ids, bad = rows["id"].to_list(), [str(cell) for cell in rows["bad"].to_list()]
    add_labels(store, Labels(key=ids[:40], value=bad[:40], known=[1] * 40))
    store.close()
    found = gather(champion, None, str(where)).frame
    assert found["bad"].to_list() == [*rows["bad"].to_list()[:40], *[None] * 10]
    assert found["id"].to_list() == ids
    assert set(champion.needed) <= set(found.columns)
    assert "day" in found.columns


def test_one_place_and_no_other(champion, world):
    """Neither none nor both."""
    for data, store in ((None, None), (load(world(50, seed=3)), "watch.db")):
        with pytest.raises(SpecError, match="one place"):
            gather(champion, data, store)
