"""What the cost slider of a page stands on, or why a page has none."""

from __future__ import annotations

import json
from typing import Any

from automl.bundle.verdict import VerdictRecord
from automl.figures.svg import Markup
from automl.report._words import Facts
from automl.report.money import policy_name

CELLS = 4  # that can be moved: the amounts of two truths and two actions


def slider(found: Facts | None, verdict: VerdictRecord | None) -> dict[str, Any] | None:
    """What `slider.js` reads, as JSON that no text can end; with the amounts, or their multiples, that can be moved."""
    if found is None or verdict is None:
        return None
    amounts, by_row = verdict.amounts[:CELLS], "expected" in found
    moved = [1.0 if by_row else one.cost for one in amounts]
    told = {
        **found,
        "saving": verdict.saving,
        "low": verdict.low,
        "high": verdict.high,
        "currency": verdict.currency,
        "policies": [policy_name(one) for one in verdict.policies],
        "by_row": by_row,
        "names": [one.cell for one in amounts],
        "asked": [one.formula or one.cost for one in amounts],
        "matrix": moved,
    }
    text = json.dumps(told, allow_nan=False, separators=(",", ":")).replace("<", "\\u003c")
    return {
        "json": Markup(text),
        "amounts": [
            {
                "name": one.cell.replace("_", " "),
                "value": f"{value:.12g}",
                "formula": (one.formula or f"{one.cost:.12g}") if by_row else "",
                "fixed": one.cost == 0 and not one.formula,
            }
            for one, value in zip(amounts, moved, strict=True)
        ],
        "whole": found["whole"],
        "by_row": by_row,
    }


def no_slider(manifest: Facts, verdict: VerdictRecord | None, found: Facts | None) -> str:
    """Why there is nothing to move, where there are costs."""
    if verdict is None or found is not None:
        return ""
    command = "`automl decide` tries other costs."
    if manifest["target"]["kind"] != "binary":
        return f"The costs of more than two labels, and of numbers, cannot be moved on this page: {command}"
    if any(one.formula for one in verdict.amounts) and manifest["spec"].get("bundle", {}).get("evidence") == "none":
        return (
            'Costs that differ by row are moved row by row, and this bundle keeps no row ([bundle] evidence = "none"): '
            "fit again with other costs."
        )
    return f"With reviews, capacities or floors, costs cannot be moved on this page: {command}"
