"""The contract of commands: one module each, named as it is called, that tells its help and imports little."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator

import click
import pytest

from automl import cli

HEAVY = "catboost featuretools flaml lightgbm numpy onnx onnxruntime pandas polars pydantic rich scipy sklearn xgboost"
TOP = click.Context(cli.cli, info_name="automl")
NAMES = cli.cli.list_commands(TOP)


def command_of(name: str) -> click.Command:
    """The command, found as the command line finds it."""
    found = cli.cli.get_command(TOP, name)
    assert found is not None
    return found


def _below(command: click.Command) -> Iterator[click.Command]:
    yield command
    if isinstance(command, click.Group):
        for inner in command.commands.values():
            yield from _below(inner)


@pytest.mark.parametrize("name", NAMES)
def test_it_is_called_as_it_is_found(name: str) -> None:
    """The name of the command is that of its module or entry point."""
    assert command_of(name).name == name


@pytest.mark.parametrize("name", NAMES)
def test_it_tells_its_help(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    """What it does is a sentence, each option has its words, and `--help` shows them."""
    for command in _below(command_of(name)):
        assert (command.help or "").partition("\n")[0].endswith(".")
        options = [option for option in command.params if isinstance(option, click.Option)]
        assert [option.name for option in options if not option.help] == []
    assert cli.run([name, "--help"]) == 0
    assert f"automl {name}" in capsys.readouterr().out


@pytest.mark.parametrize("name", NAMES)
def test_a_wrong_option_is_answered(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Exit code 2, words on stderr, nothing on stdout."""
    assert cli.run([name, "--no-such-option"]) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err


def test_help_imports_nothing_heavy() -> None:
    """`automl --help` imports every command, and no library but click."""
    code = f"""
import sys
from automl import cli
assert cli.run(["--help"]) == 0
print(sorted(set(sys.modules) & set({HEAVY.split()!r})), file=sys.stderr)
"""
    done = subprocess.run([sys.executable, "-P", "-c", code], capture_output=True, check=True, text=True)
    assert done.stderr.strip() == "[]"
