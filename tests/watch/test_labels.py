"""Labels: each once, the latest holds, the history stays, and what is odd is counted."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
import sqlalchemy as sa

from automl.errors import DataError
from automl.watch.labels import Labels, Taken, add_labels, home, latest
from automl.watch.schema import LABELS
from automl.watch.settings import change_settings
from automl.watch.store import now

HOUR = 3_600_000_000


def add(store, *labels, known=None):
    """Labels as pairs, or triples with the time at which they became known."""
    at = now() if known is None else known
    keys, values = ([label[place] for label in labels] for place in (0, 1))
    times = [label[2] if len(label) == 3 else at for label in labels]
    return add_labels(store, Labels(key=keys, value=values, known=times))


def current(store, at=2**60):
    with store.reading() as connection:
        return dict(latest(connection, at).select("key", "value").iter_rows())


def test_later_labels_replace_earlier_ones(store, write) -> None:
    """The one that became known last holds, in whatever order they come; all of them are kept."""
    write(store, "one", 0, 3)
    assert add(store, ("0", "yes", 10), ("1", "no", 10)) == Taken(new=2)
    assert add(store, ("0", "no", 20)) == Taken(changed=1)
    assert add(store, ("0", "maybe", 5)) == Taken(changed=1)
    assert current(store) == {"0": "no", "1": "no"}
    assert current(store, 15) == {"0": "yes", "1": "no"}
    with store.reading() as connection:
        assert connection.execute(sa.select(sa.func.count()).select_from(LABELS)).scalar() == 4


@pytest.mark.parametrize("known", [None, 7])
def test_the_same_again_changes_nothing(store, write, known) -> None:
    """A file that is loaded twice, with or without times, with contradictions in it, is there once."""
    write(store, "one", 0, 3)
    given = [("0", "yes"), ("1", "no"), ("0", "no"), ("2", "yes")]
    assert add(store, *given, known=known) == Taken(new=3, contradictory=1)
    assert add(store, *given, known=known) == Taken(again=4)
    assert current(store) == {"0": "no", "1": "no", "2": "yes"}


def test_the_same_from_several_sides(store, write) -> None:
    """M04: labels that several clients send at once stand there once."""
    write(store, "one", 0, 300)
    given = [(str(key), "yes") for key in range(300)]
    with ThreadPoolExecutor(4) as clients:
        taken = list(clients.map(lambda _: add(store, *given, known=7), range(4)))
    assert sorted((one.new, one.again) for one in taken) == [(0, 300)] * 3 + [(300, 0)]


def test_unknown_keys_wait(store, write) -> None:
    """A label may come before its prediction is written; nothing is lost."""
    write(store, "one", 0, 3)
    taken = add(store, ("0", "yes"), ("77", "yes"))
    assert taken == Taken(new=2, unknown=1)
    assert taken.notes() == ["1 labels have a key that no prediction in the store has; they wait for it"]
    write(store, "two", 70, 10)
    assert add(store, ("77", "yes")) == Taken(again=1)
    assert current(store)["77"] == "yes"


def test_labels_of_the_future_wait(store, write) -> None:
    """They count from the moment on at which they say that they are known."""
    write(store, "one", 0, 3)
    at = now()
    assert add(store, ("0", "yes", at + HOUR)) == Taken(new=1, future=1)
    assert current(store, at) == {}
    assert current(store, at + HOUR) == {"0": "yes"}


def test_what_is_empty_is_left_out(store, write) -> None:
    """And counted."""
    write(store, "one", 0, 3)
    assert add(store, (None, "yes"), ("0", None), ("1", "no")) == Taken(new=1, empty=2)


def test_hashed_labels_find_their_rows(store, write) -> None:
    """Where keys are hashed, those of labels are as well."""
    change_settings(store, hash_keys=True)
    write(store, "one", 0, 3)
    assert add(store, ("0", "yes"), ("9", "no")) == Taken(new=2, unknown=1)
    assert all(len(key) == 64 for key in current(store))


def test_labels_need_a_model(store, write, model) -> None:
    """Whose keys they have is known once a model has written."""
    with pytest.raises(DataError, match="no model has written"):
        home(store)
    write(store, "one", 0, 3)
    assert home(store).keys == model.keys
