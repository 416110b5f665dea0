"""`automl fit`: from a spec to a bundle, or a refusal."""

from __future__ import annotations

import sys
import time
from pathlib import Path

import click

from automl.cli.options import FILE, json_option, load_spec, put, recipe_option, set_option


@click.command("fit")
@click.argument("spec", type=FILE)
@click.option("--out", type=FILE, metavar="DIR", help="Where the bundle goes; else beside the spec.")
@recipe_option
@set_option
@click.option("--resume", is_flag=True, help="Go on with a run that was stopped.")
@click.option(
    "--write-anyway",
    is_flag=True,
    help="Write the bundle even if it is not shown to save money, or is a constant for want of time.",
)
@click.option("--dry-run", is_flag=True, help="Say what would be done, and stop.")
@json_option
@click.option("--quiet", is_flag=True, help="Show no progress.")
def command(
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
    from automl.host.processes import process_start

    started = process_start()
    loaded = load_spec(spec, recipe, overrides)
    from automl.pipeline import fit, plan
    from automl.report import console, text

    place = out or spec.with_suffix(".bundle")
    if dry_run:
        told = plan.plan(loaded, place)
        put(told if as_json else text.render_plan(told))
        return 0
    with console.watching(
        sys.stderr, seconds=loaded.budget.time, spent=lambda: time.monotonic() - started, quiet=quiet
    ) as listener:
        done = fit.fit(loaded, out=place, resume=resume, write_anyway=write_anyway, listener=listener, started=started)
    put(done.summary() if as_json else text.render_fit(done))
    return done.exit_code
