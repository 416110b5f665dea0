"""`automl decide`: other costs without a new search."""

from __future__ import annotations

from pathlib import Path

import click

from automl.cli.options import BUNDLE, FILE, json_option, key_option, put, set_option


@click.command("decide")
@click.argument("bundle", type=BUNDLE)
@set_option
@click.option("-o", "--out", type=FILE, required=True, metavar="NEW", help="Where the new bundle goes.")
@click.option("--write-anyway", is_flag=True, help="Write the bundle even if it is not shown to save money.")
@key_option
@json_option
def command(
    *, bundle: Path, overrides: tuple[str, ...], out: Path, write_anyway: bool, key: Path | None, as_json: bool
) -> int:
    """Decide anew with other costs, without a new search."""
    from automl.pipeline import redecide
    from automl.report import text

    done = redecide.decide(bundle, overrides, out, write_anyway=write_anyway, require_signature=key)
    put(done.summary() if as_json else text.render_decided(done))
    return done.exit_code
