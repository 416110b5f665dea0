"""A limit that is not kept goes before a saving that is not shown, and the run folder tells why."""

from __future__ import annotations

import json

import numpy as np
import pytest

from automl.decide.costs.unit_costs import UnitCosts
from automl.decide.verdict.bootstrap import ComparedCosts
from automl.decide.verdict.verdict import BaselineCost, Basis, Verdict, make_verdict
from automl.errors import LimitRefusal, VerdictRefusal
from automl.gates.base import GateVerdict
from automl.pipeline.refuse import refusal, write_story
from automl.search.leaderboard import Leaderboard

BOARD = Leaderboard(trials=(), weights=())


def gate(name: str, *, ok: bool) -> GateVerdict:
    return GateVerdict(
        gate=name, ok=ok, measured=2.0, limit=1.0, unit="MB", reason=f"{name} is 2 MB", protocol="", raw={}
    )


def verdict(*, worth: bool) -> Verdict:
    low = 100.0 if worth else -100.0
    compared = ComparedCosts(ours=500.0, others=np.array([900.0]), saving=400.0, low=low, high=900.0, error=150.0)
    best = BaselineCost(action="7", cost=900.0)
    return make_verdict(
        Basis(whole=compared, alone=compared, test_rows=2_000, oof_rows=None),
        UnitCosts(under=1.0, over=1.0, currency=""),
        against="always 7",
        best=best,
        policies=(best,),
        amounts=(),
        scenarios=(),
    )


def test_all_well_is_no_refusal():
    """Gates that are kept, and a verdict that is worth it or none at all."""
    assert refusal([gate("size", ok=True)], verdict(worth=True), remedy="fit again") is None
    assert refusal([], None, remedy="fit again") is None


def test_every_limit_that_is_broken_is_named(tmp_path):
    """With what may help, and where the whole story stands; money is not spoken of."""
    gates = [gate("size", ok=False), gate("memory", ok=True), gate("cold_start", ok=False)]
    refused = refusal(gates, verdict(worth=False), remedy="try a smaller recipe", run=tmp_path)
    assert isinstance(refused, LimitRefusal)
    assert refused.what == "size is 2 MB; cold_start is 2 MB"
    assert refused.hint == f"Relax the limit, or try a smaller recipe. {tmp_path / 'refusal.md'} tells the whole story."


def test_a_saving_that_is_not_shown_is_a_refusal_of_its_own():
    """And says how the bundle is written all the same."""
    refused = refusal([gate("size", ok=True)], verdict(worth=False), remedy="fit again")
    assert isinstance(refused, VerdictRefusal)
    assert "not shown to be worth it" in refused.what
    assert refused.hint == "--write-anyway writes the bundle all the same, marked so."


@pytest.mark.parametrize(
    ("told", "exit_code", "reasons"),
    [
        ({"gates": [gate("size", ok=False)], "verdict": verdict(worth=True)}, 4, ["size is 2 MB"]),
        ({"unpromised": "precision of 0.9 cannot be promised"}, 4, ["precision of 0.9 cannot be promised"]),
        ({"verdict": verdict(worth=False)}, 5, [verdict(worth=False).reason]),
    ],
)
def test_the_story_stands_in_the_run_folder(tmp_path, told, exit_code, reasons):
    """For machines as JSON, for people in words, with the same reasons."""
    write_story(tmp_path, board=BOARD, **told)
    document = json.loads((tmp_path / "refusal.json").read_text(encoding="utf-8"))
    assert (document["exit_code"], document["reasons"]) == (exit_code, reasons)
    assert reasons[0] in (tmp_path / "refusal.md").read_text(encoding="utf-8")


def test_what_looser_limits_would_give_is_told(tmp_path):
    """One point for each."""
    write_story(tmp_path, board=BOARD, gates=[gate("size", ok=False)], points=["at size 3 MB you would save 9"])
    document = json.loads((tmp_path / "refusal.json").read_text(encoding="utf-8"))
    assert {"text": "at size 3 MB you would save 9."} in document["nearest"]
