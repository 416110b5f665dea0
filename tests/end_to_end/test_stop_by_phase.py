"""One signal in any phase of a fit ends it with what stands, a second one at once; nothing half-written stays."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

# A fit that is signalled at an event, in a process of its own; each line of `plan` is one. Prints how each ended.
PROGRAM = """
import json, pathlib, signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)  # where tests run in the background it is ignored
import numpy as np, polars as pl
from automl.bundle.verify import verify
from automl.errors import AutomlError
from automl.pipeline.fit import fit

def loans(n, seed):
    rng = np.random.default_rng(seed)
    amount, noise = rng.normal(size=n), rng.normal(size=n)
    bad = rng.random(n) < 1 / (1 + np.exp(-3 * amount))
    return pl.DataFrame({"amount": amount, "noise": noise, "bad": np.where(bad, "yes", "no")})

SPEC = {  # without costs, as what the decisions of each fold would earn takes half of so small a fit
    "objective": {"target": "bad", "positive": "yes"},
    "budget": {"time": "5min", "trials": 1, "workers": 1},
    "recipe": {"folds": 3, "learners": ["constant", "linear"], "feature_search": 0.0},
}

def ended(place, executor, *, at=None, number=0, times=0, resume=False):
    left, budget = [times], SPEC["budget"] | {"executor": executor}
    def listen(event):
        if at is not None and left[0] and event.text.startswith(at):
            while left[0]:
                left[0] -= 1
                signal.raise_signal(number)
    frames = {"train": loans(200, 0), "test": loans(300, 1)}
    try:
        done = fit(SPEC | {"budget": budget}, **frames, out=place, listener=listen, resume=resume)
    except AutomlError as error:
        return {"exit": error.exit_code, "words": str(error)}
    return {"exit": done.exit_code, "words": done.stopped or ""}

place = pathlib.Path(sys.argv[1]) / "loans.bundle"
for line in sys.stdin:
    executor, at, number, times = json.loads(line)
    told = ended(place, executor, at=at, number=number, times=times)
    told["bundle"] = place.exists() and verify(place).golden_rows > 0
    told["left"] = [str(path) for path in place.parent.rglob("*") if path.name.endswith((".part", ".staged", ".old"))]
    told["again"] = None if told["bundle"] else ended(place, executor, resume=True)["exit"]
    for path in sorted(place.rglob("*"), reverse=True):
        path.rmdir() if path.is_dir() else path.unlink()
    if place.exists():
        place.rmdir()
    print(json.dumps(told), flush=True)
"""
PHASES = ("linear:", "refitting on all rows", "calibrating", "judging", "staging", "measuring")
TWICE = ("linear:", "refitting on all rows", "size is")
PLAN = [
    *(("inline", at, signal.SIGINT, 1) for at in PHASES),
    *(("inline", at, signal.SIGTERM, 2) for at in TWICE),
    ("inline", "reading", signal.SIGTERM, 1),
    ("local", "refitting on all rows", signal.SIGTERM, 1),
]


@pytest.fixture(scope="module")
def ended(tmp_path_factory: pytest.TempPathFactory) -> dict[tuple[str, str, int], Any]:
    """How each fit of the plan ended, by its executor, the words at which it was signalled, and how often."""
    found = all_ended(tmp_path_factory.mktemp("stops"), PLAN)
    return {(executor, at, times): told for (executor, at, _, times), told in zip(PLAN, found, strict=True)}


def all_ended(place: Path, plan: list[tuple[str, str, int, int]]) -> list[dict[str, Any]]:
    """How each fit of a plan ended: its executor, the words at which it was signalled, the signal, and how often."""
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(place)],
        input="".join(json.dumps(entry) + "\n" for entry in plan),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


@pytest.mark.parametrize("at", PHASES)
def test_one_signal_ends_with_what_stands(at: str, ended: dict[tuple[str, str, int], Any]) -> None:
    """S10: in each phase from the first real candidate on: 130, a bundle that verifies, and words of the signal."""
    told = ended["inline", at, 1]
    assert (told["exit"], told["bundle"], told["left"]) == (130, True, []), told
    assert told["words"].startswith("stopped by SIGINT, with")


@pytest.mark.parametrize("at", TWICE)
def test_a_second_signal_ends_at_once(at: str, ended: dict[tuple[str, str, int], Any]) -> None:
    """S10, B12: 143, no bundle and nothing half-written; the run is resumed to its end."""
    told = ended["inline", at, 2]
    assert (told["exit"], told["bundle"], told["left"], told["again"]) == (143, False, [], 0), told


def test_a_signal_before_anything_stands(ended: dict[tuple[str, str, int], Any]) -> None:
    """S10: before a candidate has a score one signal is enough, and the run can be resumed."""
    told = ended["inline", "reading", 1]
    assert (told["exit"], told["bundle"], told["left"], told["again"]) == (143, False, [], 0), told
    assert "--resume" in told["words"]


RAY = pytest.mark.skipif(find_spec("ray") is None, reason="Ray is an extra: pip install 'automl[ray]'")


def test_local_executors_end_alike(ended: dict[tuple[str, str, int], Any]) -> None:
    """S10: the signal's code and a bundle that verifies, where jobs run in processes of a helper."""
    ends_alike(ended["local", "refitting on all rows", 1], signal.SIGTERM)


@RAY
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_other_executors_end_alike(number: signal.Signals, tmp_path: Path) -> None:
    """S10: the same, whoever runs jobs and takes signals for itself."""
    (told,) = all_ended(tmp_path, [("ray", "refitting on all rows", number, 1)])
    ends_alike(told, number)


def ends_alike(told: dict[str, Any], number: signal.Signals) -> None:
    assert (told["exit"], told["bundle"], told["left"]) == (128 + number, True, []), told
    assert told["words"].startswith(f"stopped by {number.name}, with")
