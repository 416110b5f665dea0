"""Runs the example of README and tutorial once, and keeps what it printed in `docs/demo/`: the pages quote it."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

KEPT = Path(__file__).with_name("demo")
SCORED = 2  # rows of the scored file that are kept


def main() -> None:
    """Fit German credit within its minute, check the bundle, score its test part."""
    with tempfile.TemporaryDirectory() as folder:
        _automl(folder, "example", "german-credit", "credit")
        fitted = _automl(folder, "fit", "credit/spec.toml", "--quiet")
        verified = _automl(folder, "verify", "credit/spec.bundle")
        _automl(folder, "predict", "credit/spec.bundle", "credit/test.csv", "-o", "scored.csv")
        scored = (Path(folder) / "scored.csv").read_text(encoding="utf-8").splitlines(keepends=True)
    KEPT.mkdir(exist_ok=True)
    for name, text in (("fit.txt", fitted), ("verify.txt", verified), ("scored.csv", "".join(scored[: SCORED + 1]))):
        (KEPT / name).write_text(text, encoding="utf-8")


def _automl(folder: str, *arguments: str) -> str:
    """What the command says on stdout; an error of it is one here."""
    command = [sys.executable, "-m", "automl", *arguments]
    return subprocess.run(command, cwd=folder, check=True, stdout=subprocess.PIPE, text=True).stdout


if __name__ == "__main__":
    main()
