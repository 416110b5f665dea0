"""Jobs on another machine: their files stand elsewhere, and its clock began at another time."""

from __future__ import annotations

import pickle
import time
from pathlib import Path

import numpy as np
import pytest

from automl.executors.travel import Moment, Out, Place, beneath, packed, run, unpacked


def test_paths_and_moments_are_those_of_the_other_machine(tmp_path: Path) -> None:
    """A file that is read or written stands below its folder; texts that look like paths are texts."""
    (tmp_path / "y.npy").write_bytes(b"y")
    given = {"y": Place(tmp_path / "y.npy"), "out": Out(tmp_path / "out.npy"), "level": str(tmp_path / "y.npy")}
    parcel = packed({**given, "until": Moment(time.monotonic() + 60.0), "never": Moment(float("inf"))})
    assert (parcel.read, parcel.written) == ((tmp_path / "y.npy",), (tmp_path / "out.npy",))
    found = unpacked(parcel.content, Path("/other"))
    assert found["y"] == str(beneath(Path("/other"), tmp_path / "y.npy")) == f"/other{tmp_path}/y.npy"
    assert found["out"] == f"/other{tmp_path}/out.npy"
    assert found["level"] == given["level"]
    assert 50.0 < found["until"] - time.monotonic() <= 60.0
    assert found["never"] == float("inf")


def test_a_folder_stands_for_its_files(tmp_path: Path) -> None:
    """But for those that are being written."""
    for name in ("a.npy", "b.npy", "c.part"):
        (tmp_path / name).touch()
    (tmp_path / "further").mkdir()
    parcel = packed({"folder": Place(tmp_path), "again": [Place(tmp_path)]})
    assert parcel.read == (tmp_path / "a.npy", tmp_path / "b.npy")


def test_paths_may_hang_on_the_folder_of_the_process(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A worker works in another one."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "y.npy").touch()
    parcel = packed({"y": Place("y.npy"), "out": Out("x.run/out.npy")})
    assert (parcel.read, parcel.written) == ((tmp_path / "y.npy",), (tmp_path / "x.run" / "out.npy",))
    assert unpacked(parcel.content, Path("/"))["y"] == str(tmp_path / "y.npy")


def test_here_they_are_paths_as_ever(tmp_path: Path) -> None:
    """A child of this machine gets them by an ordinary pickle, and they are opened as usual."""
    np.save(tmp_path / "y.npy", np.arange(3.0))
    place = pickle.loads(pickle.dumps(Place(tmp_path / "y.npy")))  # noqa: S301  # just made
    assert (place, type(place)) == (str(tmp_path / "y.npy"), Place)
    assert np.load(place, allow_pickle=False).sum() == 3.0


def test_what_was_packed_is_called_there() -> None:
    """The answer comes back pickled, so that who hands it on need not know it."""
    content = packed({"x": 4.0}).content
    assert pickle.loads(run(function="automl.testing._jobs:double", content=content, folder="/")) == 8.0  # noqa: S301  # just made
