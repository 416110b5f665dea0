"""`automl export`: a bundle in the form that another place needs."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import click

from automl.cli.options import BUNDLE, FILE, key_option
from automl.plugin_modules import module_names

PLACE: Final = str(Path(__file__).parents[2] / "deploy" / "export")
FORMS: Final = ", ".join(module_names([PLACE]))  # by their files: to import them takes seconds


@click.command("export")
@click.argument("bundle", type=BUNDLE)
@click.option("--to", "form", required=True, metavar="FORM", help=f"{FORMS}.")
@click.option("-o", "--out", type=FILE, required=True, metavar="OUT", help="The folder or file to write.")
@click.option("--vendor", type=FILE, metavar="DIR", help="web: the folder of an installed onnxruntime-web to copy.")
@click.option("--base", metavar="IMAGE", help="docker: the image to build on, as NAME@sha256:DIGEST.")
@key_option
def command(*, bundle: Path, form: str, out: Path, vendor: Path | None, base: str | None, key: Path | None) -> None:
    """Write BUNDLE, once it passes `automl verify`, in the FORM that another place needs."""
    from automl.deploy.export.base import export

    exporter = export(bundle, form, out, vendor=vendor, base=base, require_signature=key)
    click.echo(f"{out}: {exporter.purpose}", err=True)
