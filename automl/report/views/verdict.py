"""A verdict: whether the model pays, and what 1,000 rows cost by each policy."""

from __future__ import annotations

from automl.bundle.manifest import plain
from automl.bundle.verdict import VerdictRecord
from automl.decide.verdict.verdict import Verdict
from automl.report.bundle_figures import money_figures
from automl.report.bundle_report import money_words, summary
from automl.report.views.base import Content, View, drawn, tag_of


def _html(found: Verdict) -> str:
    verdict = VerdictRecord.model_validate(plain(found))
    return drawn(
        Content(
            kind="verdict",
            tag=tag_of(worth=verdict.worth),
            lead=summary({}, verdict),
            words=money_words(verdict),
            figures=money_figures(verdict),
        )
    )


verdict = View(name="Verdict", html=_html)
