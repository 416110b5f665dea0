"""Tasks come from folders, from scikit-learn and from OpenML, and are the same when they come again."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from automl.bench import sets
from automl.bench.sets import Sets, Table, Unavailable, read_split
from automl.bench.tasks import read_task
from automl.errors import DataError, SpecError


def test_a_set_of_scikit_learn_is_a_task(tmp_path: Path) -> None:
    """Breast cancer: 569 rows, a quarter of them the test part, malignant is what costs money."""
    task = read_task(Sets(cache=tmp_path).folder("sklearn:breast_cancer"))
    assert (task.kind, task.metric, task.spec["objective"]["positive"]) == ("binary", "roc_auc", "malignant")
    train, test = pl.read_parquet(task.train), pl.read_parquet(task.test)
    assert (train.height, test.height, train.width) == (426, 143, 31)
    share = [(part["target"] == "malignant").mean() for part in (train, test)]
    assert share[0] == pytest.approx(share[1], abs=0.01)


@pytest.mark.parametrize("name", sets.SKLEARN)
def test_every_set_of_scikit_learn_is_there_without_a_network(name: str, tmp_path: Path) -> None:
    """Each becomes a folder that reads as a task, and is made once."""
    place = Sets(cache=tmp_path).folder(f"sklearn:{name}")
    made = (place / "train.parquet").stat().st_mtime_ns
    assert read_task(place).kind == sets.SKLEARN[name]
    assert (Sets(cache=tmp_path).folder(f"sklearn:{name}") / "train.parquet").stat().st_mtime_ns == made


def test_a_changed_file_of_the_cache_is_refused(tmp_path: Path) -> None:
    """The checksums are compared each time."""
    place = Sets(cache=tmp_path).folder("sklearn:wine")
    (place / "test.parquet").write_bytes(b"other")
    with pytest.raises(DataError, match="not the one that was written"):
        Sets(cache=tmp_path).folder("sklearn:wine")


def test_an_openml_task_is_fetched_once(tmp_path: Path) -> None:
    """The client is asked for what is not in the cache, and for nothing else; the split is the task's own."""
    asked = []

    def fetch(number: int, cache: Path) -> Table:
        asked.append(number)
        frame = pl.DataFrame({"x": range(6), "y": ["a", "b"] * 3})
        return Table(name="six", frame=frame, target="y", kind="binary", test_rows=[1, 4], source="OpenML task 31")

    places = [Sets(cache=tmp_path, fetch=fetch).folder("openml:31") for _ in range(2)]
    assert (places[0], asked) == (places[1], [31])
    assert pl.read_parquet(places[0] / "test.parquet")["x"].to_list() == [1, 4]
    assert pl.read_parquet(places[0] / "train.parquet")["x"].to_list() == [0, 2, 3, 5]


def test_without_a_network_an_openml_task_is_unavailable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The reason is told, and nothing is left in the cache."""

    def fail(url: str) -> str:
        raise OSError("no route to host")

    monkeypatch.setattr(sets, "_get", fail)
    with pytest.raises(Unavailable, match="OpenML task 31 cannot be fetched: OSError: no route to host"):
        Sets(cache=tmp_path).folder("openml:31")
    assert not (tmp_path / "sets").exists()


def test_openml_splits_are_read() -> None:
    """The test rows of fold 0 of repeat 0, whatever else the file has."""
    rows = ["TRAIN,0,0,0", "TEST,7,0,0", "TEST,2,0,0", "TEST,3,0,1", "TEST,4,1,0"]
    text = "\n".join(["@RELATION s", "@ATTRIBUTE type {TRAIN,TEST}", "@DATA", "% a comment", *rows, ""])
    assert read_split(text) == [2, 7]


def test_a_task_is_found_beside_the_data(tmp_path: Path) -> None:
    """A name is a folder under `--data`, a path is itself; what is neither is refused with both ways."""
    (tmp_path / "adult").mkdir()
    (tmp_path / "adult" / "task.toml").touch()
    assert Sets(cache=tmp_path, data=tmp_path).folder("adult") == tmp_path / "adult"
    assert Sets(cache=tmp_path).folder(str(tmp_path / "adult")) == tmp_path / "adult"
    with pytest.raises(SpecError, match="no task 'adlt'"):
        Sets(cache=tmp_path, data=tmp_path).folder("adlt")
    with pytest.raises(SpecError, match="did you mean 'wine'"):
        Sets(cache=tmp_path).folder("sklearn:wne")
    with pytest.raises(SpecError, match="number of a task"):
        Sets(cache=tmp_path).folder("openml:credit")
