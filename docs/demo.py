"""Runs the example of README and the tutorials once, and keeps in `docs/demo/` what they said, for the pages."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

from walk import walk

KEPT = Path(__file__).with_name("demo")
SCORED = 2  # rows of the scored file that are kept
WALKED = ("fraud", "churn", "demand")  # the tutorials that make their own data


def main() -> None:
    """Fit German credit within its minute, check the bundle, score its test part; then the other tutorials."""
    with tempfile.TemporaryDirectory() as folder:
        _automl(folder, "example", "german-credit", "credit")
        fitted = _automl(folder, "fit", "credit/spec.toml", "--quiet")
        verified = _automl(folder, "verify", "credit/spec.bundle")
        _automl(folder, "predict", "credit/spec.bundle", "credit/test.csv", "-o", "scored.csv")
        scored = (Path(folder) / "scored.csv").read_text(encoding="utf-8").splitlines(keepends=True)
    _keep({"fit.txt": fitted, "verify.txt": verified, "scored.csv": "".join(scored[: SCORED + 1])})
    for name in WALKED:
        walked(name)


def walked(name: str) -> None:
    """Walk through a tutorial, and keep what its fit said."""
    with tempfile.TemporaryDirectory() as folder:
        said = walk(KEPT.parent / "tutorials" / f"{name}.md", Path(folder))
    fit = next(text for command, text in said.items() if command.startswith("fit") and "--dry-run" not in command)
    _keep({f"{name}.txt": fit})


def _keep(texts: dict[str, str]) -> None:
    KEPT.mkdir(exist_ok=True)
    for name, text in texts.items():
        (KEPT / name).write_text(text, encoding="utf-8")


def _automl(folder: str, *arguments: str) -> str:
    """What the command says on stdout; an error of it is one here."""
    command = [sys.executable, "-m", "automl", *arguments]
    return subprocess.run(command, cwd=folder, check=True, stdout=subprocess.PIPE, text=True).stdout


if __name__ == "__main__":
    main()
