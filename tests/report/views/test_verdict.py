"""A verdict in a notebook: the sentence to read, the policies beside it, and how it stands."""

from __future__ import annotations

from dataclasses import replace

from tests.report.conftest import BAD, GOOD
from tests.report.views.conftest import EVIL


def test_the_sentence_and_the_policies_are_shown(read):
    """The saving with its interval first; what 1,000 rows cost by each policy stands in the picture and its table."""
    told = read(GOOD._repr_html_())
    assert "worth deploying Deploy it: it saves 18,400 EUR per 1,000 rows" in told
    assert "always 'grant' 177,000" in told
    assert "not shown to pay Do not deploy it" in read(BAD._repr_html_())


def test_a_name_is_text(read):
    """V13: actions and currencies come from data."""
    policies = tuple(replace(one, action=EVIL) for one in GOOD.policies)
    assert EVIL[:20] in read(replace(GOOD, policies=policies, currency=EVIL)._repr_html_())
