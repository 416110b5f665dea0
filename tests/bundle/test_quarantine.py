"""A process of its own tries what strangers wrote: however it ends, the parent says so in words and opens nothing."""

from __future__ import annotations

import json
import resource
import sys
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from automl.bundle import quarantine
from automl.bundle.opening import take
from automl.bundle.quarantine import Caps, try_out
from automl.errors import BundleError, MachineError
from automl.host import portable

READY = "import os; os.write(1, b'ready\\n'); "


@pytest.fixture
def tried(bundle):
    """Tries the shared bundle, some of its files changed."""

    def call(caps=None, **changed):
        taken = take(bundle)
        content = {**taken.content, **{f"golden/{name}.json": text for name, text in changed.items()}}
        manifest = taken.files.manifest.model_dump(mode="json")
        return try_out(manifest, content, protocol=taken.files.protocol, where=Path("a.bundle"), caps=caps)

    return call


def test_a_good_bundle_answers_its_golden_rows(tried, bundle):
    """As many as there are; nothing is left of the process."""
    before = {child.pid for child in psutil.Process().children()}
    assert tried() == len(json.loads((bundle / "golden" / "rows.json").read_bytes()))
    assert {child.pid for child in psutil.Process().children()} <= before


def test_the_tables_of_golden_rows_are_met(tables_bundle):
    """A bundle of several tables is tried as one of a single table is."""
    assert take(tables_bundle).try_out() > 1


def test_what_it_refuses_is_refused_here(tried, bundle):
    """Its words and its place come back, exit code 7."""
    answers = json.loads((bundle / "golden" / "expected.json").read_bytes())
    answers["probability"][3] += 0.25
    with pytest.raises(BundleError, match=r"a\.bundle: 1 golden answers differ; row 3: probability is"):
        tried(expected=json.dumps(answers).encode())
    with pytest.raises(BundleError, match="cannot be opened"):
        tried(rows=b"[[[")


@pytest.mark.parametrize(
    ("life", "words"),
    [
        ("os.kill(os.getpid(), 8)", "the model ended the process that tried it: SIGFPE"),
        ("os.kill(os.getpid(), 11)", "the model ended the process that tried it: SIGSEGV"),
        ("os.kill(os.getpid(), 9)", "the model ended the process that tried it: SIGKILL"),
        ("os._exit(0)", "the model ended the process that tried it: code 0"),
        ("os._exit(3)", "the model ended the process that tried it: code 3"),
        ("os.write(1, b'{}')", "the model ended the process that tried it"),
        ("os.write(1, b'7')", "the model ended the process that tried it"),
        ("os.write(1, b'{\"refused\": 1}')", "the model ended the process that tried it"),
        ("[os.write(1, b'x' * 10000) for _ in iter(int, 1)]", "the model ended the process that tried it"),
        ("import ctypes; ctypes.string_at(0)", "the model ended the process that tried it: SIGSEGV"),
    ],
)
def test_a_death_is_told(life, words, tried, monkeypatch):
    """By a signal, by leaving, by words that are no verdict, by words without an end: exit code 7 each time."""
    monkeypatch.setattr(quarantine, "START", READY + life)
    with pytest.raises(BundleError, match=words) as raised:
        tried()
    assert raised.value.exit_code == 7
    assert "--require-signature" in raised.value.hint


def test_a_process_that_does_not_start_is_the_machines(tried, monkeypatch):
    """What goes wrong before the bundle is read is not its fault: exit code 6."""
    monkeypatch.setattr(quarantine, "START", "raise SystemExit(1)")
    with pytest.raises(MachineError, match="did not start: it ended with code 1"):
        tried()
    monkeypatch.setattr(sys, "executable", "/no/such/python")
    with pytest.raises(MachineError, match="could not be started: No such file"):
        tried()
    for nothing in ("", None):
        monkeypatch.setattr(sys, "executable", nothing)
        with pytest.raises(MachineError, match="no Python interpreter"):
            tried()


BY_THE_KERNEL = pytest.mark.skipif(portable(), reason="without the kernel only the time by the wall is capped")
LARGE = Caps(data=2**40, seconds=60, wall=60.0)


@pytest.mark.parametrize(
    ("caps", "words"),
    [
        (replace(LARGE, data=2**29), "allocate memory|bad.alloc|ended the process"),
        pytest.param(replace(LARGE, seconds=1), "took more than 1 s of a processor", marks=BY_THE_KERNEL),
        (replace(LARGE, wall=0.8), "did not answer its golden rows within 0.8 s"),
    ],
    ids=["memory", "processor", "wall"],
)
def test_caps_hold(caps, words, hungry):
    """A graph that the audit lets pass and that takes gigabytes meets each cap; so much is here only in the child."""
    taken = take(hungry)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(BundleError, match=words):
        try_out(taken.files.manifest.model_dump(mode="json"), taken.content, protocol=2, where=hungry, caps=caps)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 100_000


def test_caps_grow_with_the_bundle():
    """A model of a gigabyte is not refused for its size; a small one gets no more than it may need."""
    small, large = Caps.of(16_000), Caps.of(2**30)
    assert (small.data < 2.1 * 2**30, small.seconds) == (True, 30)
    assert large.data > 30 * 2**30
    assert large.seconds > 1_000
    assert large.wall > large.seconds


def test_nothing_beside_the_caller_runs(tried, tmp_path, monkeypatch):
    """Modules of the current folder and of PYTHONPATH are not what the process imports, nor a start file."""
    for name in ("json", "numpy", "onnxruntime", "automl", "resource", "sitecustomize", "usercustomize", "re"):
        (tmp_path / f"{name}.py").write_text("open('ran', 'w').close()\nraise SystemExit(9)\n", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    for path in (str(tmp_path), "", ":"):
        monkeypatch.setenv("PYTHONPATH", path)
        monkeypatch.setenv("PYTHONSTARTUP", str(tmp_path / "json.py"))
        assert tried() > 1
    assert not (tmp_path / "ran").exists()


def test_the_runtime_speaks_to_nobody(tried, tmp_path, monkeypatch):
    """The home folder stays empty where the caller's own environment does not turn the telemetry off."""
    monkeypatch.delenv("ORT_DISABLE_TELEMETRY", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    assert tried() > 1
    assert list(tmp_path.iterdir()) == []
