"""Explanations of rows: what speaks for the decision and what against, column by column."""

from __future__ import annotations

from collections.abc import Iterator

from automl.explain.explanation import Explanation, Explanations, Reason, Words, closing, costs_told, headline
from automl.figures.intervals import Estimate, intervals
from automl.figures.marks import Figure
from automl.report.views.base import Content, View, drawn

MOST = 5  # rows that are drawn
ERRORS = 2.0  # standard errors on each side


def _html(found: Explanations) -> str:
    left = len(found.each) - MOST
    more = [Content(kind="explanation", lead=f"{left:,} more rows are explained in `each`.")] if left > 0 else []
    return drawn(*(_one(each, found.words) for each in found.each[:MOST]), *more)


def _one(found: Explanation, words: Words) -> Content:
    costs = [f"{costs_told(found.money, found.decision or '')}."] if found.money else []
    return Content(
        kind="explanation",
        lead=headline(found),
        facts=[(name, str(value)) for name, value in found.keys.items()],
        words=[*costs, *closing(found, words)],
        figures=tuple(_figures(found, words)),
    )


def _figures(found: Explanation, words: Words) -> Iterator[Figure]:
    of = f"the probability of {found.score.of}" if found.score.of else "the prediction"
    scores = [(reason, reason.score, reason.score_error) for reason in found.reasons]
    yield _reasons(f"What moves {of}", scores, words, base=found.score.base)
    if found.money is not None:
        moneys = [(reason, reason.money or 0.0, reason.money_error or 0.0) for reason in found.reasons]
        unit = f", {found.money.currency}" if found.money.currency else ""
        yield _reasons(f"What the decision saves{unit}", moneys, words, base=found.money.base)


def _reasons(title: str, found: list[tuple[Reason, float, float]], words: Words, *, base: float) -> Figure:
    """The first reasons, and the others together: with the background they add to what is explained."""
    shown, others = found[: words.most], found[words.most :]
    rows = [
        Estimate(
            name=words.told(reason.names, reason.cells),
            value=value,
            low=value - ERRORS * error,
            high=value + ERRORS * error,
            kind="good" if value > 0 else "bad",
        )
        for reason, value, error in shown
    ]
    if others:
        rows.append(Estimate(name=f"{len(others)} more", value=sum(value for _, value, _ in others)))
    note = f"Beside what rows like those of training have on average: {base:.4g}. The bars are two standard errors."
    return intervals(title, note, rows, header=("column", "gives", "between"), at=0.0)


explanations = View(name="Explanations", html=_html)
