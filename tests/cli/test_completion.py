"""The tab key: commands, options, bundles, recipes and keys, asked as a shell asks."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from click.shell_completion import ShellComplete

from automl import cli
from automl.cli.completion import SHELLS, VARIABLE


def offered(*words: str) -> list[str]:
    """What is offered for the last word behind the others."""
    asked = ShellComplete(cli.cli, {}, "automl", VARIABLE)
    return [item.value for item in asked.get_completions(list(words[:-1]), words[-1])]


@pytest.fixture
def folder(bundle: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Here: a bundle, a registry in a folder, and what is neither."""
    monkeypatch.chdir(tmp_path)
    shutil.copytree(bundle, tmp_path / "credit.bundle")
    (tmp_path / "models" / "credit").mkdir(parents=True)
    (tmp_path / "models" / "credit" / "current").touch()
    (tmp_path / "cradle.csv").touch()
    return tmp_path


def test_commands_and_options() -> None:
    """Also those of a command within a command."""
    assert offered("fi") == ["fit"]
    assert offered("fit", "--wri") == ["--write-anyway"]
    assert offered("watch", "lo") == ["look"]
    assert offered("predict", "--missing", "") == ["refuse", "empty"]
    assert offered("completion", "") == list(SHELLS)


def test_recipes() -> None:
    """Wherever one is asked for."""
    assert offered("fit", "spec.toml", "--recipe", "ba") == ["balanced"]
    assert "quick" in offered("recipes", "show", "")


def test_keys_of_the_spec() -> None:
    """Whole, with what comes behind them."""
    assert offered("fit", "spec.toml", "--set", "budget.tim") == ["budget.time="]
    assert {"objective.costs.false_positive=", "limits.latency_p99="} <= set(offered("check", "s", "--set", ""))


def test_documents() -> None:
    """The commands of which there is a schema."""
    assert offered("schema", "veri") == ["verify"]


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize("command", ["verify", "serve", "retrain", "report", "explain"])
def test_bundles(command: str) -> None:
    """Folders that are one, and no other file beside them."""
    assert offered(command, "cr") == ["credit.bundle"]
    assert offered(command, "./cr") == ["./credit.bundle"]
    assert offered(command, "models/") == ["models/credit"]


@pytest.mark.usefixtures("folder")
def test_where_there_is_no_bundle_the_shell_offers_files() -> None:
    """So one can walk on, whatever was begun."""
    assert offered("verify", "mod") == ["mod"]
    assert offered("verify", "no/such/folder") == ["no/such/folder"]


@pytest.mark.parametrize("shell", SHELLS)
def test_the_script_asks_this_program(shell: str, capsys: pytest.CaptureFixture[str]) -> None:
    """By the variable that is read at the start."""
    assert cli.run(["completion", shell]) == 0
    assert f"{VARIABLE}={shell}_complete" in capsys.readouterr().out


def test_the_shell_is_answered() -> None:
    """In a process of its own as in a shell, exit code 0, and nothing on stderr."""
    asked = {VARIABLE: "bash_complete", "COMP_WORDS": "automl fit --recipe lo", "COMP_CWORD": "3"}
    done = subprocess.run(
        [sys.executable, "-m", "automl"], env={**os.environ, **asked}, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "plain,low-latency\n", "")


def test_bash_learns_it(service: Callable[..., str]) -> None:
    """The script is bash: it is read, and it completes `automl`."""
    bash = service("bash")
    command = f'eval "$({sys.executable} -m automl completion bash)" && complete -p automl'
    done = subprocess.run([bash, "-c", command], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.endswith("automl\n")
