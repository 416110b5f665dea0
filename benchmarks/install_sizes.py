"""What an install takes on the disk, ours beside others': each into a venv of its own, from the package index.

    python benchmarks/install_sizes.py                # all of them; the largest takes gigabytes, and goes last
    python benchmarks/install_sizes.py automl flaml   # some

A venv is removed when it was measured. Prints a table for `benchmarks/results/install_sizes.md`: MB are of 2**20 bytes,
the sizes of the files of all packages without what Python compiles of them.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Iterator
from importlib.metadata import distributions
from pathlib import Path

ROOT = Path(__file__).parents[1]
SLIM = ("--requirements", str(ROOT / "packaging/slim.in"), "--overrides", str(ROOT / "packaging/slim-overrides.txt"))
SCORE = str(ROOT / "packaging" / "score")
INSTALLS = {  # by name: the words after `uv pip install`
    "automl": (str(ROOT),),
    "automl, slim": (str(ROOT), *SLIM),
    "automl-score": (SCORE,),
    "automl-score, small": (SCORE, "--constraints", f"{SCORE}/small.txt"),
    "flaml": ("flaml[automl]",),
    "h2o": ("h2o",),
    "autogluon": ("autogluon.tabular[all]",),
}
LARGEST = 6  # packages that are named
MB = 2**20


def main() -> None:
    """Print a row for each install that is named, or for all."""
    print("| install | MB | packages | the largest |\n|---|---|---|---|")
    for name in sys.argv[1:] or INSTALLS:
        with tempfile.TemporaryDirectory() as folder:
            print(row(name, Path(folder) / "venv"), flush=True)


def row(name: str, venv: Path) -> str:
    """One line of the table. Raises `CalledProcessError` where something cannot be installed."""
    uv = [sys.executable, "-m", "uv", "--quiet"]
    subprocess.run([*uv, "venv", "--python", sys.executable, str(venv)], check=True)
    subprocess.run([*uv, "pip", "install", "--link-mode", "copy", "--python", str(venv), *INSTALLS[name]], check=True)
    sizes = sorted(packages(venv), reverse=True)
    largest = ", ".join(f"{package} {size / MB:,.0f}" for size, package in sizes[:LARGEST])
    return f"| {name} | {sum(size for size, _ in sizes) / MB:,.0f} | {len(sizes)} | {largest} |"


def packages(venv: Path) -> Iterator[tuple[int, str]]:
    """The bytes of each package of a venv, with its name."""
    for found in distributions(path=list(map(str, venv.glob("lib*/python*/site-packages")))):
        files = {Path(str(file.locate())).resolve() for file in found.files or () if file.suffix != ".pyc"}
        yield sum(file.stat().st_size for file in files if file.is_file()), found.name


if __name__ == "__main__":
    main()
