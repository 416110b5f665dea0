"""Every value that shows itself in a notebook has a view, and every view a value."""

from __future__ import annotations

import automl
from automl.bundle.read import Bundle
from automl.decide.verdict.verdict import Verdict
from automl.explain.explanation import Explanations
from automl.report.views.base import views
from automl.search.leaderboard import Leaderboard
from automl.shown import Shown

SHOWN = (automl.Spec, automl.Fit, Bundle, Verdict, Leaderboard, Explanations)


def test_each_has_a_view_of_its_name():
    """What a fit takes and gives, and what a bundle gives; no view is left over."""
    assert {kind.__name__ for kind in SHOWN} == set(views.all)
    assert all(issubclass(kind, Shown) for kind in SHOWN)
