"""`automl gates`: a bundle's limits, measured again on this machine."""

from __future__ import annotations

from pathlib import Path

import click

from automl.cli.options import BUNDLE, json_option, key_option, put


@click.command("gates")
@click.argument("bundle", type=BUNDLE)
@click.option("--set", "overrides", multiple=True, metavar="KEY=VALUE", help="Another limit, instead of the spec's.")
@key_option
@json_option
def command(bundle: Path, overrides: tuple[str, ...], key: Path | None, as_json: bool) -> int:
    """Measure the limits of BUNDLE on this machine."""
    from dataclasses import asdict

    from automl.gates.again import again
    from automl.report import text

    found = again(bundle, overrides, require_signature=key)
    put({"ok": found.ok, **asdict(found)} if as_json else text.render_gates(found))
    return found.exit_code
