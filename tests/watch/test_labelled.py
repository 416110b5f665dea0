"""What a store knows of rows and labels comes back as a file of new rows has it."""

from __future__ import annotations

import pytest

from automl.bundle.read import Bundle
from automl.errors import DataError
from automl.watch.labelled import labelled_rows
from automl.watch.labels import Labels, add_labels
from automl.watch.predictions import Writer, batch_of_frames, model_of

START = 1_772_409_600_000_000


@pytest.fixture
def model(bundle):
    return Bundle.load(bundle)


def test_rows_find_their_latest_labels(store, model, raw):
    """A row that was answered twice stands once; one without a label has none; the time is that of the answer."""
    writer, rows = Writer(store, model_of(model)), raw.head(3)
    scored = model.score(rows, typed=False)
    for name, begin in (("first", START), ("again", START + 1_000)):
        time = [begin + place for place in range(3)]
        writer.write(name, batch_of_frames(writer.columns, writer.keys, rows, scored, time))
    ids = [str(cell) for cell in rows["id"].to_list()]
    given = [(ids[0], "no", START), (ids[0], "yes", START + 5), (ids[1], "no", START)]
    key, value, known = (list(cells) for cells in zip(*given, strict=True))
    add_labels(store, Labels(key=key, value=value, known=known))
    found = labelled_rows(store, model.manifest, "answered at")
    assert found["id"].to_list() == ids
    assert found[model.manifest.target.name].to_list() == ["yes", "no", None]
    assert found["answered at"].dt.epoch("us").to_list() == [START + 1_000 + place for place in range(3)]
    assert set(model.needed) <= set(found.columns)


def test_an_empty_store_is_refused(store, model):
    """There is nothing to learn from."""
    with pytest.raises(DataError, match="no row in this store"):
        labelled_rows(store, model.manifest)
