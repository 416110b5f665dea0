"""A stream that a caller closed is nobody's ear, and no file's place."""

from __future__ import annotations

import subprocess
import sys
from itertools import product
from pathlib import Path

import pytest

OPENS = """
import os, sys
from automl.std_streams import open_closed_streams
open_closed_streams()
print("out", flush=True), print("err", file=sys.stderr, flush=True)
with open(sys.argv[1], "w") as file:
    assert file.fileno() > 2
    file.write("mine")
    file.flush()
    os.write(1, b"word")  # as a library does
    os.write(2, b"word")
assert sys.stdin.read() == ""
"""


@pytest.mark.parametrize(
    "closed", [closed for closed in product(("", "<&-"), ("", ">&-"), ("", "2>&-")) if any(closed)]
)
def test_no_file_takes_the_place_of_a_closed_stream(closed: tuple[str, ...], tmp_path: Path) -> None:
    """S09: what is written to closed streams goes nowhere; those that are open stay what they are."""
    out = tmp_path / "out"
    shell = f"exec {sys.executable} -c '{OPENS}' {out} {' '.join(closed)}"
    done = subprocess.run(["/bin/sh", "-c", shell], capture_output=True, stdin=subprocess.DEVNULL, check=False)
    assert done.returncode == 0, done.stderr
    assert out.read_text() == "mine"
    assert done.stdout == (b"" if closed[1] else b"out\nword")
    assert done.stderr == (b"" if closed[2] else b"err\nword")
