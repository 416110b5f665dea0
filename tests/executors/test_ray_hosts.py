"""Hosts that share nothing but a network, one of which is lost: `benchmarks/ray_hosts.py` as a test."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

HOSTS = Path(__file__).parents[2] / "benchmarks" / "ray_hosts.py"

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(find_spec("ray") is None, reason="Ray is an extra: pip install 'automl[ray]'"),
    pytest.mark.skipif(
        sys.platform != "linux" or os.geteuid() != 0 or shutil.which("ip") is None,
        reason="network namespaces take Linux, root and iproute2: `make services`",
    ),
]


def test_a_lost_host_costs_its_trials_only() -> None:
    """R12, R14, R15: local, on three hosts, and with one killed the answer is the same; a wrong token is refused."""
    words = [sys.executable, str(HOSTS), "--rows", "4000", "--trials", "4"]
    done = subprocess.run(words, capture_output=True, text=True, check=False, timeout=1500)
    assert done.returncode == 0, done.stdout + done.stderr
    rows = [line.split(" | ") for line in done.stdout.splitlines() if line.startswith(("| ray", "| one killed"))]
    assert [row[-1].strip(" |") for row in rows] == ["3", "3"]
    assert "a wrong token: RAY_ADDRESS: the Ray cluster could not be joined" in done.stdout
