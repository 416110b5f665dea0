"""`automl init` on a terminal and without one."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
import threading
import tomllib
from pathlib import Path

import pytest

from automl import cli

ROWS = "age,plan,churn\n" + "".join(
    f"{20 + i % 40},{'ab'[i % 2]},{'yes' if i % 3 == 0 else 'no'}\n" for i in range(120)
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with rows, where commands run."""
    (tmp_path / "rows.csv").write_text(ROWS)
    return tmp_path


def on_terminal(answers: str, folder: Path, *options: str) -> tuple[int, str]:
    """The exit code and all that a terminal shows, with `answers` typed ahead."""
    terminal, inside = pty.openpty()
    command = [sys.executable, "-P", "-m", "automl", "init", "rows.csv", *options]
    process = subprocess.Popen(command, cwd=folder, stdin=inside, stdout=inside, stderr=inside)
    os.close(inside)
    os.write(terminal, answers.encode())
    seen: list[bytes] = []
    reading = threading.Thread(target=_read, args=(terminal, seen))
    reading.start()
    code = process.wait(60)
    reading.join()
    os.close(terminal)
    return code, b"".join(seen).decode()


def _read(terminal: int, seen: list[bytes]) -> None:
    try:
        while piece := os.read(terminal, 65_536):
            seen.append(piece)
    except OSError:  # the other side is closed
        return


def test_questions_on_a_terminal(folder: Path) -> None:
    """A wrong answer is told and asked again, a number is a choice, an empty one takes the default."""
    target, kind, prices = "chrun\n1\n", "2\ncall\nleave alone\n", "5\nlots\n100\n"
    code, seen = on_terminal(f"{target}{kind}{prices}none\n\n20s\n5ms\n\n", folder)
    assert code == 0, seen
    assert "did you mean 'churn'" in seen
    assert "--budget [2min]" in seen
    spec = tomllib.loads((folder / "spec.toml").read_text())
    assert spec["objective"]["target"] == "churn"
    assert spec["objective"]["names"] == {"act": "call", "pass": "leave alone"}
    assert spec["objective"]["costs"] == {"false_positive": 5, "false_negative": 100}
    assert (spec["budget"], spec["limits"]) == ({"time": "20s"}, {"latency_p99": "5ms"})


def test_yes_asks_nothing(folder: Path) -> None:
    """Also on a terminal."""
    code, seen = on_terminal("", folder, "--yes")
    assert code == 0
    assert "--target" not in seen
    assert "guessed, so look at it first: objective.target" in seen


def test_without_a_terminal(folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """Nothing is asked, the spec is right, and a second time nothing is replaced (exit code 2)."""
    monkeypatch.chdir(folder)
    assert cli.run(["init", "rows.csv", "--positive", "no", "--pass", "wait", "--act", "call"]) == 0
    assert cli.run(["check", "spec.toml"]) == 0
    assert "wrote spec.toml" in capsys.readouterr().out
    before = (folder / "spec.toml").read_bytes()
    assert cli.run(["init", "rows.csv"]) == 2
    assert "not replaced" in capsys.readouterr().err
    assert (folder / "spec.toml").read_bytes() == before
    assert sorted(path.name for path in folder.iterdir()) == ["rows.csv", "spec.toml"]


def test_what_is_refused_leaves_nothing(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """V13: a name of escapes in an error moves no cursor; no file is left behind."""
    odd = folder / "odd.csv"
    odd.write_text("\x1b[31mred,\x1b[2J\n1,2\n")
    assert cli.run(["init", str(odd), "-o", str(folder / "new.toml"), "--yes"]) == 2
    said = capsys.readouterr().err
    assert "\x1b" not in said
    assert "Traceback" not in said
    assert not list(folder.glob("new.toml*"))
