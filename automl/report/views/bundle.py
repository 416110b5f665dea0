"""A bundle: what it predicts, what it proved to be worth, and what it is made of."""

from __future__ import annotations

from automl.bundle.read import Bundle
from automl.report._words import count, left_out
from automl.report.bundle_report import members
from automl.report.views._proof import proof
from automl.report.views.base import View, drawn


def _html(found: Bundle) -> str:
    told = found.manifest.model_dump(mode="json")
    target, columns = told["target"], count(len(told["reader"]["columns"]), "column")
    words = [
        f"It predicts {target['name']} ({target['kind']}) from {columns}. {told['split']}",
        *left_out(told["findings"]),
        f"Written {told['created']} by automl {told['engine']}, content hash {told['content_hash']}.",
    ]
    return drawn(proof("bundle", told, words=words, folded={"What it is made of": members(told["members"])}))


bundle = View(name="Bundle", html=_html)
