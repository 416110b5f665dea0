"""Checks of the audit whose findings are told once more at the end of a fit, beside the scores."""

from __future__ import annotations

from typing import Final

UNJUDGED: Final = "unjudged"  # rows of test that no score stands on
MAIN_ALONE: Final = "main table alone"  # other tables were given, and are left out
NO_TIME: Final = "no time"  # what was not tried, or not computed, for lack of it
LEARNED_ROWS: Final = "learned rows"  # what the members learned from, where memory holds a sample
LAST_WORDS: Final = frozenset({UNJUDGED, MAIN_ALONE, NO_TIME, LEARNED_ROWS})
