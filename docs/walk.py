"""Walks through a tutorial as a reader does: its blocks one after the other, in one folder."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

STEP = re.compile(r"(?:s `(?P<file>[\w.]+)`:\n\n)?^```(?P<kind>\w+)\n(?P<code>.*?)^```", re.DOTALL | re.MULTILINE)
ENDLESS = "serve"  # goes on until somebody ends it


def walk(page: Path, folder: Path) -> dict[str, str]:
    """What each `automl` command of the page says on stdout, by its words, once all above it is done in `folder`.

    Python runs, a block below "As `NAME`:" is written into that file. What fails is a `CalledProcessError` here.
    """
    said = {}
    for step in STEP.finditer(page.read_text(encoding="utf-8")):
        if step["file"]:
            (folder / step["file"]).write_text(step["code"], encoding="utf-8")
        elif step["kind"] == "python":
            _run(folder, "-c", step["code"])
        elif step["kind"] == "console":
            said |= {
                command: _run(folder, "-m", "automl", *shlex.split(command)) for command in _commands(step["code"])
            }
    return said


def _commands(block: str) -> Iterator[str]:
    for command in re.findall(r"^\$ automl (.*)$", block, re.MULTILINE):
        if not command.startswith(ENDLESS):
            yield command


def _run(folder: Path, *arguments: str) -> str:
    return subprocess.run(
        [sys.executable, *arguments], cwd=folder, check=True, stdout=subprocess.PIPE, text=True
    ).stdout
