"""The command line: a command parses, calls and renders; `main` alone exits."""

from __future__ import annotations

import math
import os
import signal
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Any, Final, NoReturn

import click

from automl.errors import AutomlError, SpecError, Stopped

if TYPE_CHECKING:
    from automl.spec import Spec

PIPE_CLOSED: Final = 141  # what a shell shows for a process that SIGPIPE ended
PURPOSE: Final = """Build a table model that is worth its money and keeps its limits.

\b
Start with:
  automl example german-credit DIR
  automl fit DIR/spec.toml
"""
ONE_THREAD: Final = {"OMP_NUM_THREADS": "1", "OMP_WAIT_POLICY": "PASSIVE"}  # read when a library is first imported


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run the command line and exit with its code."""
    sys.exit(run(sys.argv[1:] if arguments is None else arguments))


def run(arguments: Sequence[str]) -> int:
    """The exit code of a command; every error ends as words on stderr, never as a traceback."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")  # a terminal that knows few letters still gets them all
    for name, value in ONE_THREAD.items():
        os.environ.setdefault(name, value)
    try:
        code = cli.main(list(arguments), prog_name="automl", standalone_mode=False)
        if sys.stdout is not None:  # a daemon may have none
            sys.stdout.flush()
    except BaseException as error:  # noqa: BLE001  # a panic of a native library is no Exception
        return _told(error, arguments)
    return code if isinstance(code, int) else 0


@click.group(help=PURPOSE, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="automl")
@click.option("--debug", is_flag=True, help="Show the traceback of an error of ours.")
def cli(debug: bool) -> None:  # `_told` looks for it: an error may come before it is parsed
    """The group of all commands."""


FILE: Final = click.Path(path_type=Path)
recipe_option = click.option("--recipe", metavar="NAME", help="The recipe to build on, instead of the spec's.")
set_option = click.option("--set", "overrides", multiple=True, metavar="KEY=VALUE", help="Overrule a key of the spec.")
json_option = click.option("--json", "as_json", is_flag=True, help="Put one JSON document on stdout.")


@cli.command()
@click.argument("spec", type=FILE)
@click.option("--out", type=FILE, metavar="DIR", help="Where the bundle goes; else beside the spec.")
@recipe_option
@set_option
@click.option("--resume", is_flag=True, help="Go on with a run that was stopped.")
@click.option("--write-anyway", is_flag=True, help="Write the bundle even if it is not shown to save money.")
@click.option("--dry-run", is_flag=True, help="Say what would be done, and stop.")
@json_option
@click.option("--quiet", is_flag=True, help="Show no progress.")
def fit(
    *,
    spec: Path,
    out: Path | None,
    recipe: str | None,
    overrides: tuple[str, ...],
    resume: bool,
    write_anyway: bool,
    dry_run: bool,
    as_json: bool,
    quiet: bool,
) -> int:
    """Write a bundle that keeps its limits and pays, or say why not."""
    from automl.budget import process_start

    started = process_start()
    loaded = _load(spec, recipe, overrides)
    from automl import pipeline
    from automl.report import console, text

    if dry_run:
        plan = pipeline.plan(loaded)
        _put(plan if as_json else text.render_plan(plan))
        return 0
    with (
        stopping(),
        console.watching(
            sys.stderr, seconds=loaded.budget.time, spent=lambda: time.monotonic() - started, quiet=quiet
        ) as listener,
    ):
        done = pipeline.fit(
            loaded,
            out=out or spec.with_suffix(".bundle"),
            resume=resume,
            write_anyway=write_anyway,
            listener=listener,
            started=started,
        )
    _put(done.summary() if as_json else text.render_fit(done))
    return done.exit_code


@cli.command()
@click.argument("spec", type=FILE)
@click.option("--resolved", is_flag=True, help="Show the whole spec with the recipe and the defaults filled in.")
@json_option
@set_option
@recipe_option
def check(spec: Path, resolved: bool, as_json: bool, overrides: tuple[str, ...], recipe: str | None) -> None:
    """Read a spec and say what is wrong with it."""
    loaded = _load(spec, recipe, overrides)
    if as_json:
        _put({"ok": True, "spec": loaded.resolved()})
    elif resolved:
        from automl.spec.writing import to_toml

        _put(to_toml(loaded.resolved()))
    else:
        _put(f"{spec}: the spec is right")


@cli.command()
def schema() -> None:
    """Print the JSON Schema of the spec, for editors."""
    from automl.spec.schema import json_schema

    _put(json_schema())


@cli.command()
@click.argument("name")
@click.argument("folder", type=FILE, metavar="DIR")
def example(name: str, folder: Path) -> None:
    """Write an example (german-credit) with its data into DIR."""
    from automl import examples

    spec = examples.write(name, folder)
    _put(f"wrote {spec}\nnext: automl fit {spec}")


@cli.command()
@click.argument("bundle", type=FILE)
@click.argument("data", type=FILE)
@click.option("-o", "--out", type=FILE, required=True, metavar="OUT", help="The .csv or .parquet file to write.")
@click.option("--costs", type=FILE, metavar="FILE", help="The cost file of these rows, if the spec names one.")
def predict(bundle: Path, data: Path, out: Path, costs: Path | None) -> None:
    """Score the rows of DATA with BUNDLE."""
    from automl.deploy import batch

    rows = batch.predict(bundle, data, out, costs=costs)
    click.echo(f"scored {rows:,} rows into {out}", err=True)


@cli.command()
@click.argument("bundle", type=FILE)
@set_option
@click.option("-o", "--out", type=FILE, required=True, metavar="NEW", help="Where the new bundle goes.")
@click.option("--write-anyway", is_flag=True, help="Write the bundle even if it is not shown to save money.")
@json_option
def decide(*, bundle: Path, overrides: tuple[str, ...], out: Path, write_anyway: bool, as_json: bool) -> int:
    """Decide anew with other costs, without a new search."""
    from automl import redecide
    from automl.report import text

    done = redecide.decide(bundle, overrides, out, write_anyway=write_anyway)
    _put(done.summary() if as_json else text.render_decided(done))
    return done.exit_code


@cli.command()
@click.argument("bundle", type=FILE)
@json_option
def verify(bundle: Path, as_json: bool) -> None:
    """Check the hashes of BUNDLE and replay its golden rows."""
    from dataclasses import asdict

    from automl.bundle.verify import verify as check_bundle
    from automl.report import text

    report = check_bundle(bundle)
    _put({"ok": True, **asdict(report)} if as_json else text.render_verified(report))


@cli.command()
@click.argument("path", type=FILE, metavar="BUNDLE_OR_RUN")
@click.option("--board", is_flag=True, help="Show every trial.")
@json_option
def show(path: Path, board: bool, as_json: bool) -> None:
    """Tell what a bundle is, or how a run went."""
    from automl.report import text

    facts = text.describe(path, board=board)
    _put(facts if as_json else text.render_description(facts))


@cli.command()
@click.argument("run", type=FILE, metavar="RUN")
def clean(run: Path) -> None:
    """Remove a run folder."""
    from automl.search import rundir

    freed = rundir.clean(run)
    click.echo(f"removed {run}, {freed / 1e6:,.1f} MB", err=True)


@contextmanager
def stopping() -> Iterator[None]:
    """Ctrl-C and SIGTERM become `Stopped` where the program stands, so that a run ends tidily (S10)."""

    def stop(number: int, frame: FrameType | None) -> None:  # noqa: ARG001  # the signature is Python's
        raise Stopped(number, hint="`automl fit` with --resume goes on from here")

    before = {number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _load(spec: Path, recipe: str | None, overrides: Sequence[str]) -> Spec:
    from automl.spec import load

    loaded = load(spec, recipe=recipe, overrides=overrides)
    if loaded.data.train is None:
        raise SpecError("is missing", where=f"{spec.name} data.train", hint="add train = ... under [data]")
    return loaded


def _put(document: Any) -> None:
    """Text as it is, anything else as JSON, on stdout."""
    if not isinstance(document, str):
        import json

        document = json.dumps(_finite(document), indent=2, allow_nan=False, default=str)
    click.echo(document.rstrip("\n"))


def _finite(value: Any) -> Any:
    """JSON knows no NaN and no infinity: they become null."""
    if isinstance(value, dict):
        return {str(key): _finite(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(item) for item in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _told(error: BaseException, arguments: Sequence[str]) -> int:
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
        _put({"ok": False, "error": facts})
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
