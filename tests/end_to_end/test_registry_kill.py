"""Commands of a registry that are killed at random points leave the pointer whole."""

from __future__ import annotations

import subprocess
import sys
from contextlib import suppress

import numpy as np
import pytest

from automl.bundle.verify import verify
from automl.model_registry.history import history
from automl.model_registry.promote import promote
from automl.model_registry.register import register
from automl.model_registry.state import place, read_state

WORK = """
import sys
from pathlib import Path
from automl.model_registry.promote import promote, rollback
from automl.model_registry.prune import prune
from automl.model_registry.register import register
from automl.model_registry.state import read_state
folder, *bundles = map(Path, sys.argv[1:])
print("begun", flush=True)
while True:
    for bundle in bundles:
        promote(folder, register(bundle, folder))
        if read_state(folder).parents:
            rollback(folder)
        promote(folder, "newest")
    prune(folder, keep=1)
"""


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_fifty_kills_leave_the_pointer_whole(versions, tmp_path):
    """Register, promote, roll back and prune without a pause, killed 50 times: each time all that is named is whole."""
    folder = tmp_path / "models" / "credit"
    promote(folder, register(versions[0], folder))
    moments = np.random.default_rng(23).uniform(0.0, 1.0, 50)
    seen = set()
    for moment in moments.tolist():
        command = [sys.executable, "-P", "-c", WORK, str(folder), *map(str, versions)]
        with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
            assert process.stdout is not None
            assert process.stdout.readline() == b"begun\n"
            with suppress(subprocess.TimeoutExpired):
                process.wait(moment)
            assert process.poll() is None, "it ended by itself"
            process.kill()
        state, events = read_state(folder), history(folder)
        assert state.champion in state.versions
        assert all(verify(place(folder, version)).content_hash == version for version in state.versions)
        replayed = _replayed(events)
        assert (state.champion, set(state.versions)) == replayed
        seen.add(state.champion)
    assert promote(folder, register(versions[0], folder)).champion is not None
    assert len(seen) > 1


def _replayed(events):
    """Champion and versions, as the history has them."""
    champion, versions = None, set()
    for event in events:
        if event.what == "register":
            versions.add(event.version)
        elif event.what == "prune":
            versions.discard(event.version)
        else:
            champion = event.version
    return champion, versions
