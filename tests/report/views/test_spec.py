"""A spec in a notebook: every key, and nothing that a name could do."""

from __future__ import annotations

from automl.spec import parse
from tests.report.views.conftest import EVIL


def test_every_key_is_shown_with_its_value(read):
    """What only the user knows at once, the rest in tables that open; keys as they are written in TOML."""
    spec = parse({"objective": {"target": EVIL, "costs": {"false_positive": 1, "false_negative": 5}}})
    html = spec._repr_html_()
    assert html.index("[objective]") < html.index("<details>") < html.index("[budget]")
    told = read(html)
    assert f"Predict {EVIL} within" in told
    assert "costs.false_negative 5" in told
