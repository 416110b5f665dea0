"""Explanations in a notebook: the reasons as a picture, the other way in words, and many rows cut short."""

from __future__ import annotations

from automl.explain.explanation import Explanations, Reason, Words
from automl.report.views.explanations import MOST
from tests.explain.test_explanation import PLAIN, one
from tests.report.views.conftest import EVIL


def test_reasons_are_drawn_for_score_and_money(read):
    """What was decided, what it costs, what each column gives with two standard errors, and what would change it."""
    told = read(Explanations(each=(one(),), words=PLAIN)._repr_html_())
    assert "row 3: decline (probability of bad 0.5, of the background 0.2)" in told
    assert "decline is expected to cost 38 EUR, grant 12,071 EUR" in told
    assert "status = A11 0.25 0.23 to 0.27" in told
    assert "What the decision saves, EUR" in told
    assert "It would be grant with status = A14" in told


def test_many_rows_are_cut_short(read):
    """The first are drawn, and how many more there are is said."""
    told = read(Explanations(each=(one(),) * (MOST + 2), words=PLAIN)._repr_html_())
    assert told.count("What moves the probability of bad") >= MOST
    assert "2 more rows are explained" in told


def test_a_cell_is_text(read):
    """V13: columns, cells, keys and decisions come from data."""
    reason = Reason(names=(EVIL,), cells=(EVIL,), score=0.1, score_error=0.01, money=1.0, money_error=0.1)
    found = one(keys={EVIL: EVIL}, decision=EVIL, reasons=(reason,))
    assert EVIL[:20] in read(Explanations(each=(found,), words=Words(columns={}, levels={}, most=2))._repr_html_())
