"""What the audit says of other tables: what was left out, what there was no time for, and what it all gained."""

from __future__ import annotations

from dataclasses import dataclass

from automl.data.audit.leaks import MEASURE
from automl.data.last_words import MAIN_ALONE, NO_TIME
from automl.data.rows import Finding, finding
from automl.search.relational_search.choose import Chosen
from automl.search.relational_search.screen import Screen
from automl.search.relational_search.share import Share


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """How many features were `proposed` and are `kept`, what was `chosen` on the sample, and the proof of it.

    `gain` is the share of the main table's loss that is saved, `errors` how many standard errors that is.
    """

    proposed: int
    kept: int
    untried: int
    gain: float
    errors: float
    screen: Screen
    chosen: Chosen
    share: Share


def told(account: Account) -> list[Finding]:
    """The lines of the audit."""
    counts = {
        "proposed": account.proposed,
        "constant": account.screen.constant,
        "copies": account.screen.copies,
        "noise": account.chosen.weak,
        "untried": account.untried,
        "kept": account.kept,
    }
    left = (
        f"{account.proposed} features of other tables are proposed; left out: {counts['constant']} constant, "
        f"{counts['copies']} that say the same as another, {counts['noise']} that tell too little"
    )
    end = f"{account.kept} are kept" + (f": {_gained(account)}" if account.kept else "")
    evidence = counts | {"gain": account.gain, "errors": account.errors} | _time(account.share)
    said = [finding("computed", None, f"{left}; {end}", "noted", evidence)]
    if not account.kept:
        text = f"other tables are left out: with what is computed from them there is {_gained(account)}"
        said.append(finding(MAIN_ALONE, None, text, "noted"))
    if account.untried:
        text = f"there was no time for {account.untried} of {account.proposed} features of other tables"
        hint = "budget.time and recipe.relational_search give more"
        said.append(finding(NO_TIME, None, f"{text}: {hint}", "noted"))
    return said + [_leak(name, score, account.screen) for name, score in account.screen.leaks.items()]


def _gained(account: Account) -> str:
    size = f"{abs(account.gain):.2%} {'less' if account.gain >= 0.0 else 'more'} loss out of fold"
    return f"{size} than with the main table alone, {account.errors:.1f} standard errors"


def _time(share: Share) -> dict[str, float]:
    """Seconds, and the share of the budget; not where the clock does not count, as equal runs give equal bundles."""
    spent = share.spent()
    return {} if share.counted else {"seconds": round(spent, 2), "share": round(spent / share.deadline.seconds, 4)}


def _leak(name: str, score: float, screen: Screen) -> Finding:
    text = (
        f"{name!r}, computed from other tables, alone predicts the target with {MEASURE[screen.task.kind]} {score:.4f}"
    )
    return finding("leak", name, f"{text}: it is left out; data.audit.keep keeps it", "noted", {"score": score})
