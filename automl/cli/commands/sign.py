"""`automl sign`: say with a key that a bundle is yours."""

from __future__ import annotations

from pathlib import Path

import click

from automl.cli.options import FILE


@click.command("sign")
@click.argument("bundle", type=FILE, required=False)
@click.option("--key", type=FILE, metavar="FILE", help="The private Ed25519 key to sign with, a PEM file.")
@click.option("--new-key", type=FILE, metavar="FILE", help="Make a pair of keys: FILE signs, FILE.pub checks.")
def command(bundle: Path | None, key: Path | None, new_key: Path | None) -> None:
    """Sign the manifest of BUNDLE, a folder that passes `automl verify`."""
    from automl.bundle import signature, verify

    if (bundle is None) == (new_key is None) or (bundle is None) != (key is None):
        raise click.UsageError("Give BUNDLE and --key FILE, or --new-key FILE alone.")
    if new_key is not None:
        public = signature.make_keys(new_key)
        click.echo(f"{new_key} signs: keep it to yourself. {public} checks: give it to those who use your bundles.")
    if bundle is not None and key is not None:
        manifest = verify.verified(bundle).files.text
        click.echo(f"signed: {signature.sign(bundle, key, manifest=manifest)}", err=True)
