"""What a fit and its bundle have in common: money, scores and limits of a model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from automl.bundle.verdict import VerdictRecord
from automl.figures.marks import Table
from automl.report._words import Facts, without_value
from automl.report.bundle_figures import limits, money_figures
from automl.report.bundle_report import facts, money_words, scores, summary
from automl.report.views.base import Content, tag_of


def proof(kind: str, told: Facts, *, words: Sequence[str], folded: Mapping[str, Table]) -> Content:
    """The content for `scores`, `gates` and `verdict` as a manifest has them; `words` stand below, `folded` last."""
    verdict = VerdictRecord.model_validate(told["verdict"]) if told["verdict"] else None
    return Content(
        kind=kind,
        tag=tag_of(worth=verdict.worth if verdict else None),
        lead=summary(told, verdict),
        facts=facts(told, verdict),
        words=[*(money_words(verdict) if verdict else ()), *without_value(told["scores"]), *words],
        figures=money_figures(verdict) if verdict else (),
        opened={"Scores": scores(told["scores"])},
        folded={"Limits": limits(told["gates"]), **folded},
    )
