"""Rows are forgotten for good, pruned by time, and crumbs are put together; what was written is not written again."""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa

from automl.watch import upkeep
from automl.watch.labels import Labels, add_labels, latest
from automl.watch.schema import BATCHES
from automl.watch.settings import change_settings
from automl.watch.store import now
from automl.watch.upkeep import forget, merge, prune

DAY = 86_400_000_000


def sizes(store):
    with store.reading() as connection:
        return connection.execute(sa.select(BATCHES.c.rows).order_by(BATCHES.c.number)).scalars().all()


def label(store, *keys):
    add_labels(store, Labels(key=keys, value=["yes"] * len(keys), known=[now()] * len(keys)))


def test_a_key_is_forgotten(store, write) -> None:
    """Its rows and its labels go, nothing else does, and a repeated write does not bring them back."""
    for number in range(3):
        write(store, f"b{number}", number * 5, 5)
    write(store, "alone", 7, 1)
    label(store, "7", "8")
    assert forget(store, "7") == (2, 1)
    assert forget(store, "7") == (0, 0)
    assert sizes(store) == [5, 4, 5]
    assert not write(store, "alone", 7, 1)
    assert not write(store, "b1", 5, 5)
    with store.reading() as connection:
        assert latest(connection, 2**60)["key"].to_list() == ["8"]


def test_a_hashed_key_is_forgotten(store, write) -> None:
    """By the key as people know it."""
    change_settings(store, hash_keys=True)
    write(store, "one", 0, 5)
    label(store, "3")
    assert forget(store, "3") == (1, 1)


def test_nothing_of_it_stays_in_the_file(lite, write) -> None:
    """Bytes of labels that were deleted are written over, in the log of SQLite as well."""
    write(lite, "one", 0, 5)
    label(lite, "canary-4711")
    forget(lite, "canary-4711")
    files = [path for path in Path(lite.where).parent.iterdir() if path.name.startswith("lite.db")]
    assert not [path for path in files if b"canary-4711" in path.read_bytes()]


def test_old_rows_are_pruned(store, write) -> None:
    """What is older than is kept goes, within a batch as well; what is younger stays."""
    change_settings(store, keep="1h")
    write(store, "old", 0, 5, time=now() - DAY)
    write(store, "partly", 5, 5, time=now() - 3_600_000_000 - 7_500_000)
    write(store, "new", 10, 5, time=now())
    assert prune(store)["rows"] == 8
    assert sizes(store) == [2, 5]
    assert prune(store, 1e9)["rows"] == 0
    assert prune(store, 0.0)["rows"] == 2  # rows whose time is still to come are young


def test_crumbs_are_put_together(store, write, monkeypatch) -> None:
    """Small batches that have settled become one with the same rows; their ids stay known."""
    for number in range(4):
        write(store, f"b{number}", number * 5, 5)
    assert merge(store) == 0  # they have not settled yet
    monkeypatch.setattr(upkeep, "LARGE", 10)
    assert merge(store, settled=-DAY) == 4
    assert sizes(store) == [10, 10]
    assert not write(store, "b3", 15, 5)
    assert sum(sizes(store)) == 20
