"""Verdicts, a board and a manifest to tell of."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from automl.bundle.files import open_files
from automl.bundle.manifest import plain
from automl.decide.verdict.break_even import BreakEven
from automl.decide.verdict.verdict import BaselineCost, CellCost, Scenario, Verdict
from automl.gates.base import GateVerdict

GOOD = Verdict(
    worth=True,
    reason="On 250 test rows and 750 out-of-fold rows the model saves 18,400 EUR per 1,000 rows.",
    currency="EUR",
    amounts=(CellCost(cell="false_positive", cost=100), CellCost(cell="false_negative", cost=500)),
    evidence="test and out-of-fold",
    rows=1_000,
    ours=46_200,
    policies=(BaselineCost(action="grant", cost=177_000), BaselineCost(action="decline", cost=64_600)),
    best="decline",
    saving=18_400,
    low=12_900,
    high=23_600,
    test_rows=250,
    test_ours=43_600,
    test_saving=25_600,
    test_low=14_800,
    test_high=35_600,
    test_total=6_400,
    break_even=BreakEven(cell="false_positive", low=36.3, high=466),
    scenarios=(
        Scenario(cell="false_negative", factor=0.5, amount=250, saving=24_800, low=19_300, high=30_401, worth=True),
        Scenario(cell="false_negative", factor=2, amount=1_000, saving=940, low=-320.5, high=1_480, worth=False),
    ),
)
BAD = replace(
    GOOD,
    worth=False,
    reason="On 1,200 test rows the model loses 120 EUR per 1,000 rows.",
    evidence="test",
    rows=1_200,
    test_rows=1_200,
    saving=-120,
    low=-300,
    high=-14.5,
    break_even=None,
    scenarios=(),
)
BOARD = [
    {"id": 1, "learner": "constant", "loss": 0.61, "score": 0.5, "seconds": 0.1, "status": "ok", "detail": ""},
    {"id": 2, "learner": "lightgbm", "loss": 0.51, "score": 0.78, "seconds": 2.5, "status": "ok", "detail": ""},
    {"id": 3, "learner": "xgboost", "loss": None, "score": None, "seconds": 9, "status": "memory", "detail": "2|3 GB"},
]


@pytest.fixture
def good() -> Verdict:
    """A verdict on 250 test rows and 750 out-of-fold rows."""
    return GOOD


@pytest.fixture
def board() -> list[dict]:
    """Three trials, the best one second, the last one stopped for its memory."""
    return [dict(trial) for trial in BOARD]


@pytest.fixture
def gate() -> Callable[..., dict]:
    """A verdict on the latency of 3.1 ms, kept or not, as JSON values."""

    def make(*, ok: bool) -> dict:
        limit = 20.0 if ok else 2.0
        words = f"latency_p99 is 3.1 ms (p99 of 2,000 single rows), {'within' if ok else 'over'} the limit"
        verdict = GateVerdict(
            gate="latency_p99", ok=ok, measured=3.1, limit=limit, unit="ms", reason=words, protocol="by hand"
        )
        return plain(verdict)

    return make


@pytest.fixture
def verdict() -> dict:
    """A verdict on 250 test rows and 750 out-of-fold rows, as the manifest keeps it."""
    return plain(GOOD)


@pytest.fixture
def useless() -> dict:
    """A verdict that is not worth it."""
    return plain(BAD)


@pytest.fixture
def manifest(bundle) -> dict:
    """A true manifest with what changes from machine to machine set."""
    read = open_files(bundle).manifest.model_dump(mode="json")
    return read | {"engine": "0.1.0", "gates": [], "sources": {"train.csv": "ab" * 32}}
