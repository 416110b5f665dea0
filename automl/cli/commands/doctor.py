"""`automl doctor`: whether this installation works."""

from __future__ import annotations

import click

from automl.cli.options import json_option, put


@click.command("doctor")
@click.option("--fit/--no-fit", "short_fit", default=True, help="Fit something for five seconds, too.")
@json_option
def command(short_fit: bool, as_json: bool) -> int:
    """Look at libraries, machine and clock, and fit something for five seconds; exit code 6 if something is bad."""
    from automl.doctor.doctor import examine
    from automl.errors import MachineError
    from automl.report import text

    found = examine(fit=short_fit)
    put(found.document() if as_json else text.render_examination(found.document()))
    return 0 if found.well else MachineError.exit_code
