"""`automl report`: the page of a bundle, or of a run that was refused, made anew."""

from __future__ import annotations

from pathlib import Path

import click

from automl.cli.completion import bundles
from automl.cli.options import FILE, bundle_path, json_option, key_option, put


@click.command("report")
@click.argument("path", type=FILE, shell_complete=bundles, metavar="BUNDLE_OR_RUN")
@click.option("-o", "--out", type=FILE, metavar="HTML", help="Write the page here.  [default: NAME.report.html]")
@key_option
@json_option
def command(path: Path, out: Path | None, key: Path | None, as_json: bool) -> None:
    """Make the page with the verdict, its pictures and every number behind it."""
    from automl.report.page import check_page, write_page
    from automl.report.reported import html, reported

    place = out or path.with_name(f"{path.name.removesuffix('/')}.report.html")
    if out is not None or not as_json:
        check_page(place, inputs=[path])
    bundle = bundle_path(path)
    found = reported(bundle, require_signature=key)
    if out is not None or not as_json:
        write_page(html(found, bundle), place)
    put(found.report if as_json else f"wrote {place}")
