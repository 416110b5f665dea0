"""The cost model: from records to what ten billion rows would take."""

from __future__ import annotations

from pathlib import Path

import pytest

from automl.bench.records import append
from automl.bench.scale import Stage, cost_model, grown, stages


def test_the_last_run_of_the_largest_size_counts():
    (stage,) = grown("look", [(1_000, 1.0), (100_000, 900.0), (10_000, 10.0), (100_000, 1_000.0)], "here")
    assert (stage.rows, stage.seconds) == (100_000, 1_000.0)
    assert stage.exponent == pytest.approx(2.0)


def test_one_size_has_no_exponent_and_none_no_stage():
    (stage,) = grown("look", [(1_000, 1.0)], "here")
    assert stage.exponent is None
    assert list(grown("look", [], "here")) == []


@pytest.mark.parametrize(("exponent", "hours"), [(None, 1.0), (0.5, 1.0), (1.5, 10.0)])
def test_what_is_far_is_never_less_than_in_proportion(exponent: float | None, hours: float):
    """What grew slower than its rows had a part that does not grow: far out the rest is left."""
    stage = Stage(name="look", rows=100_000_000, seconds=36.0, exponent=exponent, source="here")
    assert stage.far == pytest.approx(hours)


def test_each_record_is_read(tmp_path: Path):
    append(tmp_path / "relational.jsonl", {"kind": "growth", "rows": 10, "seconds": 2.0})
    append(tmp_path / "relational.jsonl", {"kind": "pace", "rows": 10, "seconds": 9.0})
    append(tmp_path / "rows_beyond_memory.jsonl", {"kind": "final fit", "rows": 20, "seconds": 3.0})
    append(tmp_path / "watch_load.jsonl", {"phase": "look", "rows": 30, "s": 4.0})
    append(tmp_path / "watch_load.jsonl", {"phase": "serve", "rows": 31, "s": 9.0})
    append(tmp_path / "scoring_at_scale.jsonl", {"rows": 40, "cells": [{"name": "2 joined", "seconds": 5.0}]})
    assert [(stage.rows, stage.seconds) for stage in stages(tmp_path)] == [(10, 2.0), (20, 3.0), (40, 5.0), (30, 4.0)]
    assert len(list(cost_model(stages(tmp_path)))) == 6
