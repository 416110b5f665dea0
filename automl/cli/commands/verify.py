"""`automl verify`: is a bundle whole."""

from __future__ import annotations

from pathlib import Path

import click

from automl.cli.options import BUNDLE, json_option, key_option, put


@click.command("verify")
@click.argument("bundle", type=BUNDLE)
@key_option
@json_option
def command(bundle: Path, key: Path | None, as_json: bool) -> None:
    """Check the hashes of BUNDLE, a folder or a zip, and replay its golden rows."""
    from dataclasses import asdict

    from automl.bundle.verify import verify as check_bundle
    from automl.report import text

    report = check_bundle(bundle, require_signature=key)
    put({"ok": True, **asdict(report)} if as_json else text.render_verified(report))
