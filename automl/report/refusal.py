"""A refusal, for programs and for people: why, and what is nearest to what was asked for."""

from __future__ import annotations

from collections.abc import Sequence

from automl.bundle.verdict import VerdictRecord
from automl.report._words import Facts, figure, render
from automl.report.money import verdict_story
from automl.report.run import by_loss


def tell_refusal(
    *,
    gates: Sequence[Facts],
    verdict: Facts | None,
    board: Sequence[Facts],
    unpromised: str | None = None,
    points: Sequence[str] = (),
) -> tuple[dict[str, object], str]:
    """What `refusal.json` and `refusal.md` hold, from `GateVerdict`s, `Verdict` and `Trial`s as JSON values.

    A limit that fails, or an `unpromised` requirement, is exit code 4 and goes before a verdict that is not worth it,
    exit code 5. `points` say what looser limits would give.
    """
    failed = [gate for gate in gates if not gate["ok"]]
    worthless = verdict is not None and not verdict["worth"]
    document: dict[str, object] = {
        "refused": True,
        "exit_code": 4 if failed or unpromised else 5,
        "reasons": [
            *([unpromised] if unpromised else []),
            *(found["reason"] for found in [*failed, verdict if worthless else None] if found),
        ],
        "nearest": [*(_nearest(gate) for gate in failed), *({"text": f"{point}."} for point in points)],
        "limits": list(gates),
        "verdict": verdict,
        "board": sorted(board, key=by_loss),
    }
    story = verdict_story(VerdictRecord.model_validate(verdict)) if verdict is not None else []
    return document, render("refusal.md.j2", {**document, "story": story})


def _nearest(gate: Facts) -> dict[str, object]:
    shown, asked = figure(gate["measured"], gate["unit"]), figure(gate["limit"], gate["unit"])
    return {
        "limit": f"limits.{gate['gate']}",
        "measured": gate["measured"],
        "unit": gate["unit"],
        "text": f"limits.{gate['gate']}: {asked} was asked for, this model keeps {shown}.",
    }
