"""`automl promote`: which version of a model answers."""

from __future__ import annotations

from pathlib import Path

import click

from automl.cli.completion import bundles
from automl.cli.options import FILE, json_option, put, why_option
from automl.errors import SpecError


@click.command("promote")
@click.argument("model", type=FILE, shell_complete=bundles)
@click.argument("version", default="newest")
@click.option("--canary", metavar="SHARE", help="Let the version answer this share of requests only, 10% say.")
@click.option("--loss-budget", type=float, metavar="MONEY", help="Withdraw the canary once it may have lost so much.")
@click.option("--withdraw", is_flag=True, help="End the canary: the champion answers alone.")
@why_option
@json_option
def command(
    *,
    model: Path,
    version: str,
    canary: str | None,
    loss_budget: float | None,
    withdraw: bool,
    why: str,
    as_json: bool,
) -> None:
    """Let VERSION of MODEL answer: the begin of its hash, canary, parent, or newest, which is the default.

    It has to pass `automl verify`. A server of MODEL follows.
    """
    from automl.model_registry import promote as moves
    from automl.model_registry.change import Note
    from automl.report.registered import as_json as documented
    from automl.report.registered import state_text

    note = Note(why=why)
    if withdraw and (canary is not None or version != "newest"):
        raise click.UsageError("--withdraw ends the canary, whichever it is.")
    if loss_budget is not None and canary is None:
        raise click.UsageError("--loss-budget is that of a --canary.")
    if withdraw:
        state = moves.withdraw(model, note=note)
    elif canary is not None:
        state = moves.start_canary(model, version, share=_share(canary), loss_budget=loss_budget, note=note)
    else:
        state = moves.promote(model, version, note=note)
    put(documented(state) if as_json else state_text(state))


def _share(text: str) -> float:
    from automl.spec.units import read_share

    try:
        return read_share(text)
    except ValueError as error:
        raise SpecError(str(error), where="--canary") from None
