"""The command line: a command parses, calls and renders; `main` alone exits."""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Sequence
from typing import Final, NoReturn

import click

from automl.cli import commands
from automl.cli.completion import VARIABLE, answer
from automl.cli.telling import tell
from automl.plugin_modules import entries, load, module_names
from automl.std_streams import open_closed_streams

PURPOSE: Final = """Build a table model that is worth its money and keeps its limits.

\b
Start with your data:
  automl init DATA
  automl fit spec.toml

\b
Or with an example:
  automl example german-credit DIR
  automl fit DIR/spec.toml
"""
ONE_THREAD: Final = {"OMP_NUM_THREADS": "1", "OMP_WAIT_POLICY": "PASSIVE"}  # read when a library is first imported


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run the command line and exit with its code."""
    sys.exit(run(sys.argv[1:] if arguments is None else arguments))


def run(arguments: Sequence[str]) -> int:
    """The exit code of a command; every error ends as words on stderr, never as a traceback."""
    open_closed_streams()
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")  # a terminal that knows few letters still gets them all
    for name, value in ONE_THREAD.items():
        os.environ.setdefault(name, value)
    try:
        if asked := os.environ.get(VARIABLE):
            return answer(cli, asked)
        code = cli.main(list(arguments), prog_name="automl", standalone_mode=False)
        sys.stdout.flush()
    except BaseException as error:  # noqa: BLE001  # a panic of a native library is no Exception
        return tell(error, arguments)
    return code if isinstance(code, int) else 0


class Commands(click.Group):
    """Our commands, and those of third parties, whose modules are imported where they are named or listed."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted({*super().list_commands(ctx), *(entry.name for entry in entries(commands.__name__))})

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        own = super().get_command(ctx, cmd_name)
        if own is not None:
            return own
        named = [entry for entry in entries(commands.__name__) if entry.name == cmd_name]
        found: click.Command | None = load(named[0]).command if named else None
        return found


def _commands() -> dict[str, click.Command]:
    """The commands by name: the modules of `automl.cli.commands`, which import little until they are called."""
    names = module_names(list(commands.__path__))
    return {name: importlib.import_module(f"{commands.__name__}.{name}").command for name in names}


def _version(context: click.Context, _: click.Parameter, asked: bool) -> None:
    """Say the version, of whichever distribution is installed, and end."""
    if asked:
        from automl.distributions import version_of

        click.echo(f"automl, version {version_of('automl')}")
        context.exit()


@click.group(cls=Commands, commands=_commands(), help=PURPOSE, context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--version", is_flag=True, is_eager=True, expose_value=False, callback=_version, help="Show the version and exit."
)
@click.option("--debug", is_flag=True, help="Show the traceback of an error of ours.")
def cli(debug: bool) -> None:  # `tell` looks for it: an error may come before it is parsed
    """The group of all commands."""
