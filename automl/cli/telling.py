"""Every error as words on stderr and an exit code, never as a traceback."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Sequence
from typing import Final

import click

from automl.cli.options import put
from automl.errors import AutomlError, SpecError, Stopped

PIPE_CLOSED: Final = 141  # what a shell shows for a process that SIGPIPE ended


def tell(error: BaseException, arguments: Sequence[str]) -> int:
    """Say what went wrong on stderr (and as a document, if one was asked for), and give its exit code."""
    if isinstance(error, BrokenPipeError | SystemExit):  # click makes an exit of a closed pipe, and of nothing else
        _forget_stdout()
        return PIPE_CLOSED
    if isinstance(error, click.ClickException):
        error.show()
        told: AutomlError = SpecError(error.format_message())
    else:
        told = _in_family(error, debug="--debug" in arguments)
        click.echo(f"automl: {told}", err=True)
    if "--json" in arguments:
        facts = {"what": told.what, "where": told.where, "hint": told.hint, "exit_code": told.exit_code}
        put({"ok": False, "error": facts})
    return told.exit_code


def _in_family(error: BaseException, *, debug: bool) -> AutomlError:
    if isinstance(error, AutomlError):
        return error
    if isinstance(error, KeyboardInterrupt | click.Abort):
        return Stopped(signal.SIGINT)
    return _bug(error, debug=debug)


def _bug(error: BaseException, *, debug: bool) -> AutomlError:
    """An error nobody foresaw: its traceback goes to a file, or with --debug to stderr."""
    import tempfile
    import traceback

    lines = traceback.format_exception(error)
    if debug:
        click.echo("".join(lines), err=True)
        return AutomlError(_short(error))
    with tempfile.NamedTemporaryFile(
        "w", prefix="automl-", suffix=".txt", delete=False, encoding="utf-8", errors="backslashreplace"
    ) as file:
        file.writelines(lines)
    return AutomlError(_short(error), hint=f"this is a bug of automl; the traceback is in {file.name}")


def _short(error: BaseException) -> str:
    text = " ".join(str(error).split())
    return f"{type(error).__name__}: {text[:200]}"


def _forget_stdout() -> None:
    """Python flushes stdout once more at exit, which would complain of the closed pipe."""
    devnull = os.open(os.devnull, os.O_WRONLY)
    os.dup2(devnull, sys.stdout.fileno())
