"""Every error as words on stderr and an exit code, never as a traceback."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Sequence
from typing import Final

import click

from automl.cli.options import put
from automl.errors import NO_ROOM, AutomlError, MachineError, SpecError, Stopped

PIPE_CLOSED: Final = 141  # what a shell shows for a process that SIGPIPE ended


def tell(error: BaseException, arguments: Sequence[str]) -> int:
    """Say what went wrong on stderr (and as a document, if one was asked for), and give its exit code."""
    if isinstance(error, BrokenPipeError | SystemExit):  # click makes an exit of a closed pipe, and of nothing else
        _forget_stdout()
        return PIPE_CLOSED
    told = _in_family(error, debug="--debug" in arguments)
    try:
        _say(error, told, document="--json" in arguments)
    except OSError:  # nobody can be told: the exit code is what is left
        _forget_stdout()
    return told.exit_code


def _say(error: BaseException, told: AutomlError, *, document: bool) -> None:
    if isinstance(error, click.ClickException):
        error.show()
    else:
        click.echo(f"automl: {told}", err=True)
    if document:
        facts = {"what": told.what, "where": told.where, "hint": told.hint, "exit_code": told.exit_code}
        put({"ok": False, "error": facts})
        sys.stdout.flush()


def _in_family(error: BaseException, *, debug: bool) -> AutomlError:
    if isinstance(error, AutomlError):
        return error
    if isinstance(error, click.ClickException):
        return SpecError(error.format_message())
    if (lack := _lack(error)) is not None:
        return lack
    if isinstance(error, KeyboardInterrupt | click.Abort):
        return Stopped(signal.SIGINT)
    return _bug(error, debug=debug)


def _lack(error: BaseException) -> MachineError | None:
    """What the machine has not: room, a library, memory."""
    if isinstance(error, OSError) and error.errno in NO_ROOM:
        _forget_stdout()  # what it could not take would be tried once more at the end
        return MachineError(f"nothing more can be written: {error.strerror}", hint="Make room, then run again.")
    if isinstance(error, ModuleNotFoundError) and error.name and not error.name.startswith("automl"):
        library = error.name.partition(".")[0]
        return MachineError(f"the library '{library}' is not installed", hint=f"pip install {library}")
    if isinstance(error, MemoryError):
        return MachineError("the memory is full", hint="Give fewer rows or columns, or a machine with more of it.")
    return None


def _bug(error: BaseException, *, debug: bool) -> AutomlError:
    """An error nobody foresaw: its traceback goes to a file, or with --debug to stderr."""
    import traceback

    from automl import disk

    lines = traceback.format_exception(error)
    if debug:
        click.echo("".join(lines), err=True)
        return AutomlError(_short(error))
    try:
        file = disk.make_scratch() / "traceback.txt"
        disk.write(file, "".join(lines).encode(errors="backslashreplace"))
    except MachineError:
        return AutomlError(_short(error), hint="this is a bug of automl; run again with --debug for the traceback")
    return AutomlError(_short(error), hint=f"this is a bug of automl; the traceback is in {file}")


def _short(error: BaseException) -> str:
    text = " ".join(str(error).split())
    return f"{type(error).__name__}: {text[:200]}"


def _forget_stdout() -> None:
    """Python flushes stdout once more at exit, which would complain of the closed pipe."""
    devnull = os.open(os.devnull, os.O_WRONLY)
    os.dup2(devnull, sys.stdout.fileno())
