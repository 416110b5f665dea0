"""A bundle is measured again, against its own limits or others."""

from __future__ import annotations

import json

import pytest

from automl import cli
from automl.errors import BundleError, SpecError
from automl.gates import measure
from automl.gates.again import again


@pytest.fixture(autouse=True)
def _quick(monkeypatch):
    monkeypatch.setattr(measure, "BULK_SECONDS", 0.05)
    monkeypatch.setattr(measure, "STARTS", 1)


def test_everything_is_measured(bundle):
    """Without limits every figure is told, the throughput too, and nothing fails."""
    found = again(bundle)
    assert (found.ok, found.exit_code) == (True, 0)
    p50 = next(gate for gate in found.gates if gate.gate == "latency_p50")
    assert (p50.raw["rows"], len(p50.raw["blocks_ms"])) == (6_000, 30)  # in three processes
    assert {"cold_start", "latency_p50", "latency_p99", "memory", "size", "throughput"} <= {g.gate for g in found.gates}


def test_another_limit_can_be_tried(bundle, capsys):
    """Exit code 4 where a limit is not kept, as `fit` would; the document says which."""
    code = cli.run(["gates", str(bundle), "--set", "limits.size=1kB", "--json"])
    document = json.loads(capsys.readouterr().out)
    assert (code, document["ok"]) == (4, False)
    assert [gate["gate"] for gate in document["gates"] if not gate["ok"]] == ["size"]
    assert cli.run(["gates", str(bundle), "--set", "limits.size=1kB"]) == 4
    assert "NOT KEPT" in capsys.readouterr().out


def test_only_limits_can_be_set(bundle):
    """Other keys are another fit."""
    with pytest.raises(SpecError, match="only a limit"):
        again(bundle, ["objective.target=x"])


def test_a_changed_bundle_is_not_measured(tmp_path):
    """What is no bundle is said before anything runs."""
    with pytest.raises(BundleError):
        again(tmp_path)
