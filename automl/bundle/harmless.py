"""What a spreadsheet would take for a formula made harmless."""

from __future__ import annotations

import unicodedata

from automl.bundle.score_file import written

FORMULA = frozenset("=+-@")
BREAKS = ("\t", "\r", "\n")
UNSEEN = "\ufeff\u200b\u200c\u200d\u2060\u00ad"  # marks without a width, which programs drop
_WITHOUT_UNSEEN = dict.fromkeys(map(ord, UNSEEN))


def harmless(cell: object) -> str:
    """A cell that no spreadsheet takes for a formula: text that begins like one gets a quote in front (V12).

    Numbers stay as they are, negative ones too: they are no formula. Blanks and marks without a width in front do not
    count, and signs of full width count as those that they stand for, as programs have it.

    >>> harmless("=1+1"), harmless(-2.5), harmless("a-b")
    ("'=1+1", '-2.5', 'a-b')
    """
    text = written(cell)
    return f"'{text}" if isinstance(cell, str) and _like_a_formula(text) else text


def _like_a_formula(text: str) -> bool:
    first = text.translate(_WITHOUT_UNSEEN).lstrip()[:1]
    return text.startswith(BREAKS) or unicodedata.normalize("NFKC", first)[:1] in FORMULA
