"""A worker of a cluster without the cluster: files come and go, and jobs are watched where they run."""

from __future__ import annotations

import hashlib
import pickle
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from automl.executors.node import Node, Order, differing, versions
from automl.executors.node_cache import NodeCache
from automl.executors.travel import Out, Place, packed

GB = 1 << 30


@pytest.fixture
def node(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Node]:
    monkeypatch.syspath_prepend(str(Path(__file__).parent))
    folder = tmp_path / "cache"
    folder.mkdir()
    started = Node(lambda chunk: chunk, NodeCache(folder))
    yield started
    started.close()


def order(function: str, *, seconds: float = 60.0, memory: int = GB, **arguments: object) -> Order:
    parcel = packed(arguments)
    read = {str(path): hashlib.sha256(path.read_bytes()).hexdigest() for path in parcel.read}
    return Order(
        function=function,
        content=parcel.content,
        seconds=seconds,
        memory=memory,
        read=read,
        written=tuple(map(str, parcel.written)),
    )


def test_files_travel_both_ways_and_once(node: Node, tmp_path: Path) -> None:
    """What lacks is asked for; then it is here, also for the next job; what is written comes back."""
    path = tmp_path / "run" / "values.npy"
    path.parent.mkdir()
    np.save(path, np.arange(4.0))
    asked = order("jobs:turn", path=Place(path), out=Out(tmp_path / "run" / "out.npy"))
    digest = asked.read[str(path)]
    assert node.run(asked).lacking == (digest,)
    given = replace(asked, chunks={digest: [path.read_bytes()]})
    path.unlink()  # nothing is read from there
    for one in (given, asked):
        answer = node.run(one)
        assert answer.done.status == "ok"
        assert pickle.loads(answer.done.value) == 4  # type: ignore[arg-type]  # noqa: S301  # just made
        (content,) = answer.written.values()
        (tmp_path / "back.npy").write_bytes(content)
        assert np.load(tmp_path / "back.npy").tolist() == [3.0, 2.0, 1.0, 0.0]
    assert not (tmp_path / "run" / "out.npy").exists()


def test_limits_are_kept_there(node: Node) -> None:
    """R01, R02: by the same watch as on one machine."""
    assert node.run(order("jobs:eat", memory=500_000_000)).done.status == "memory"
    assert node.run(order("jobs:sleep_long", seconds=0.5)).done.status == "timeout"


def test_a_job_is_called_off(node: Node) -> None:
    """The next one begins at once."""
    threading.Timer(1.0, node.stop).start()
    begun = time.monotonic()
    assert node.run(order("jobs:sleep_long")).done.detail == "called off"
    assert time.monotonic() - begun < 20.0
    assert node.run(order("jobs:double", x=2.0)).done.status == "ok"


def test_versions_are_compared_by_name() -> None:
    """What fits are made with counts; what differs is told with both versions."""
    ours = versions()
    assert {"python", "automl", "numpy", "lightgbm", "xgboost"} <= set(ours)
    assert differing(ours, dict(ours)) == ""
    theirs = {**ours, "numpy": "1.0"}
    del theirs["lightgbm"]
    assert (
        differing(ours, theirs) == f"lightgbm none instead of {ours['lightgbm']}, numpy 1.0 instead of {ours['numpy']}"
    )
