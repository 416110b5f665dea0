"""`automl explore`: what the data says before any model."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from automl.cli.options import FILE, json_option, load_spec, put, set_option
from automl.errors import SpecError

if TYPE_CHECKING:
    from automl.explore.profile import Profile


@click.command("explore")
@click.argument("data", type=FILE, metavar="SPEC_OR_DATA")
@click.option("-o", "--out", type=FILE, metavar="HTML", help="Write the page with its pictures here.")
@click.option("--target", metavar="COLUMN", help="The column to predict, where rows are given and no spec.")
@set_option
@json_option
def command(*, data: Path, out: Path | None, target: str | None, overrides: tuple[str, ...], as_json: bool) -> None:
    """Show how each column is read, what it tells, and what money says before any model."""
    from automl.bundle.manifest import plain
    from automl.report import explored, page, profile_text

    if out is not None:
        page.check_page(out, inputs=[data])
    profile = _profile(data, target, overrides)
    if out is not None:
        page.write_page(explored.profile_page(profile), out)
    if as_json:
        put(plain(profile))
    else:
        profile_text.print_profile(profile, sys.stdout)
        if out is not None:
            put(f"wrote {out}")


def _profile(data: Path, target: str | None, overrides: tuple[str, ...]) -> Profile:
    from automl.explore import explore

    if data.suffix.lower() == ".toml":
        if target is not None:
            raise SpecError("a spec names its target", where="--target", hint="use --set objective.target=NAME")
        return explore.explore(load_spec(data, None, overrides))
    if target is None:
        if overrides:
            raise SpecError("there is no spec to overrule", where="--set", hint="give --target COLUMN, or a spec")
        return explore.explore_file(data)
    from automl.spec import parse

    named = {"objective": {"target": target}, "data": {"train": str(data)}}
    return explore.explore(parse(named, overrides=overrides))
