"""Text that a spreadsheet would run is made harmless."""

from __future__ import annotations

from typing import Any

import pytest

from automl.bundle.harmless import harmless


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        ("=1+1", "'=1+1"),
        ("+a", "'+a"),
        ("-a", "'-a"),
        ("@a", "'@a"),
        ("\ta", "'\ta"),
        ("\ra", "'\ra"),
        ("a=1", "a=1"),
        (" =1", "' =1"),
        ("\u00a0\u3000 @a", "'\u00a0\u3000 @a"),
        ("\n=1", "'\n=1"),
        ("\na", "'\na"),
        ("\ufeff=1", "'\ufeff=1"),
        (" \u200b \u2060-a", "' \u200b \u2060-a"),
        ("\uff1d1", "'\uff1d1"),
        ("\uff0ba", "'\uff0ba"),
        (" \uff0da", "' \uff0da"),
        ("\uff20a", "'\uff20a"),
        ("\ufe62a", "'\ufe62a"),
        (" a", " a"),
        ("\ufeff", "\ufeff"),
        ("", ""),
        (None, ""),
        (-1, "-1"),
        (-0.5, "-0.5"),
        (True, "True"),
    ],
)
def test_a_formula_gets_a_quote(cell: Any, text: str) -> None:
    """V12: text that a spreadsheet would run; numbers stay numbers, negative ones too."""
    assert harmless(cell) == text
