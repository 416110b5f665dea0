"""Whether the lower bounds of pyproject.toml hold: the quick tests of some rooms with the lowest versions.

    python benchmarks/lowest_versions.py                       # the rooms of ROOMS, in some minutes
    python benchmarks/lowest_versions.py tests/spec tests/ops  # others

What the package asks for itself has its lowest version, what that brings along its newest. What tests need is as
pyproject.toml names it, where the lowest versions allow. The exit code is pytest's.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[1]
ROOMS = (
    "spec",
    "ops",
    "metrics",
    "data/read",
    "data/infer",
    "graph",
    "learners",
    "bundle",
    "deploy",
    "explain",
    "watch",
)
TOOLS = ("ruff", "mypy", "import-linter", "uv")  # no test imports them


def main() -> int:
    """Make the venv, run the tests."""
    rooms = sys.argv[1:] or [f"tests/{room}" for room in ROOMS]
    with tempfile.TemporaryDirectory() as folder:
        python = install(Path(folder))
        command = [str(python), "-m", "pytest", "-q", "-p", "no:cacheprovider", *rooms]
        return subprocess.run(command, cwd=ROOT, check=False).returncode


def install(folder: Path) -> Path:
    """The Python of a venv with the lowest versions and what tests need."""
    venv, lowest = folder / "venv", folder / "lowest.txt"
    dev = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["dependency-groups"]["dev"]
    tests = [need for need in dev if not need.startswith(TOOLS)]
    _uv("venv", "--python", sys.executable, str(venv))
    bounds = ["--resolution", "lowest-direct", "--python", str(venv), "--output-file", str(lowest)]
    _uv("pip", "compile", *bounds, str(ROOT / "pyproject.toml"))
    _uv("pip", "install", "--python", str(venv), "--requirements", str(lowest))
    _uv("pip", "install", "--python", str(venv), "--constraints", str(lowest), *tests)
    _uv("pip", "install", "--python", str(venv), "--no-deps", "--editable", str(ROOT))
    return venv / ("Scripts" if sys.platform == "win32" else "bin") / "python"


def _uv(*words: str) -> None:
    subprocess.run([sys.executable, "-m", "uv", "--quiet", *words], check=True)


if __name__ == "__main__":
    sys.exit(main())
