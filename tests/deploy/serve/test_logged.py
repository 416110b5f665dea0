"""One real server that writes down what it answers, however it ends."""

from __future__ import annotations

import psutil
import pytest

from automl.bundle.read import Bundle
from automl.watch.predictions import frames
from automl.watch.store import open_store

PATIENCE = 60.0  # seconds for anything to happen on a busy machine


def family(server):
    """Who belongs to it: workers, and what writes beside each."""
    return psutil.Process(server.process.pid).children(recursive=True)


@pytest.mark.parametrize("who", ["the parent", "all"])
def test_an_end_loses_no_row(bundle, raw, tmp_path, running, who):
    """V10: whether the parent is told to end or each process (as systemd does), all answers stand in the store."""
    where = str(tmp_path / "watch.db")
    with running(bundle, tmp_path / "log", "--workers", "2", "--log", where) as server:
        for row in raw.head(20).to_dicts():
            assert server.predict(row).status_code == 200
        members = family(server)
        assert len(members) == 4
        for process in members if who == "all" else []:
            process.terminate()
        server.process.terminate()
        assert server.process.wait(PATIENCE) == 0
    psutil.wait_procs(members, PATIENCE)
    store = open_store(where)
    with store.reading() as connection:
        found = list(frames(connection, Bundle.load(bundle).manifest.content_hash, 0, 2**62))
    store.close()
    assert sum(frame.height for frame in found) == 20
    assert not any(process.is_running() for process in members)
