"""A watched command is measured from outside, as the shell sees it."""

import sys

from automl.bench.watch import watch


def test_exit_code_output_and_memory_are_recorded(tmp_path):
    """The peak counts what the command held, its words and its exit code are kept."""
    code = "import sys, time; held = bytearray(b'x') * 80_000_000; print('hi'); time.sleep(0.5); sys.exit(3)"
    watched = watch([sys.executable, "-c", code], logs=tmp_path, timeout=30)
    assert watched.exit_code == 3
    assert watched.stdout == "hi\n"
    assert watched.peak_bytes > 80_000_000


def test_children_count(tmp_path):
    """Memory of a child process is part of the peak."""
    child = "import time; held = bytearray(b'x') * 80_000_000; time.sleep(0.6)"
    parent = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {child!r}])"
    assert watch([sys.executable, "-c", parent], logs=tmp_path, timeout=30).peak_bytes > 80_000_000


def test_a_command_that_hangs_is_ended(tmp_path):
    """After `timeout` the whole tree is killed and the record says so by its exit code."""
    watched = watch([sys.executable, "-c", "import time; time.sleep(600)"], logs=tmp_path, timeout=0.3)
    assert watched.exit_code == -9
