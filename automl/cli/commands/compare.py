"""`automl compare`: two bundles on the same rows."""

from __future__ import annotations

from pathlib import Path

import click

from automl.cli.options import BUNDLE, FILE, json_option, key_option, put


@click.command("compare")
@click.argument("one", type=BUNDLE)
@click.argument("other", type=BUNDLE)
@click.option("--data", type=FILE, required=True, metavar="FILE", help="The rows to compare on.")
@click.option("--labels", type=FILE, metavar="FILE", help="Their labels, if DATA has none: key columns and target.")
@click.option("--costs", type=FILE, metavar="FILE", help="The cost file of these rows, if the spec names one.")
@click.option("--table", "tables", multiple=True, metavar="NAME=FILE", help="Another table that the models read.")
@key_option
@json_option
def command(
    *,
    one: Path,
    other: Path,
    data: Path,
    labels: Path | None,
    costs: Path | None,
    tables: tuple[str, ...],
    key: Path | None,
    as_json: bool,
) -> None:
    """Compare two bundles, models/credit and models/credit@newest say: money, scores, latency, size, and who changes.

    Money is counted by the costs of ONE.
    """
    from automl.bundle.table_files import named
    from automl.pipeline.compare_files import compare_files
    from automl.report import compared

    found = compare_files(one, other, data, labels=labels, costs=costs, tables=named(tables), require_signature=key)
    put(compared.as_json(found) if as_json else compared.compared_text(found))
