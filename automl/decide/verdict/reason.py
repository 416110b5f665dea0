"""The verdict in words: what is saved, how sure that is, and so whether deploying is worth it."""

from __future__ import annotations

import numpy as np

from automl.decide.verdict.bootstrap import ComparedCosts


def reason(
    whole: ComparedCosts, alone: ComparedCosts, *, against: str, rows: tuple[int, int], currency: str, repeats: int = 1
) -> str:
    """The verdict in words: `whole` on all evidence, `alone` on the test part; `rows` are test and out-of-fold rows.

    `repeats`: how often the out-of-fold rows were calibrated and decided in other folds.
    """
    unit = f" {currency}" if currency else ""
    how = f" ({repeats} times calibrated and decided without their fold)" if repeats > 1 else ""
    on = f"{rows[0]:,} test rows" + (f" and {rows[1]:,} out-of-fold rows{how}" if rows[1] else "")
    what = "saves" if whole.saving >= 0 else "loses"
    saving = (
        f"On {on} the model {what} {money(abs(whole.saving))}{unit} per 1,000 rows against {against} "
        f"(95 % interval {money(whole.low)} to {money(whole.high)})"
    )
    if whole.low <= 0:
        return f"{saving}. The interval does not lie above 0, so deploying is not shown to be worth it."
    if alone.saving <= 0:
        return f"{saving}. The test part alone saves nothing, so deploying is not shown to be worth it."
    return f"{saving}. The interval lies above 0, so deploying is worth it."


def left_out(rows: int) -> str:
    """The sentence on rows that could not be counted, with a blank before it.

    >>> left_out(0), left_out(1)
    ('', ' 1 row is left out: it lacks a cost.')
    """
    if not rows:
        return ""
    told = "1 row is left out: it lacks" if rows == 1 else f"{rows:,} rows are left out: they lack"
    return f" {told} a cost."


def money(amount: float) -> str:
    """An amount as people read it: three digits that count, thousands apart.

    >>> money(1234567.8), money(12.3456), money(-0.01234), money(0)
    ('1,234,568', '12.3', '-0.0123', '0')
    """
    if amount == 0:
        return "0"
    digits = max(0, 2 - int(np.floor(np.log10(abs(amount)))))
    text = f"{amount:,.{digits}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
