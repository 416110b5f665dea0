"""How values become words: names that cannot break a line or a table, numbers as people read them."""

from __future__ import annotations

import html
import re
import textwrap
from collections.abc import Mapping, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any

from automl.data.last_words import LAST_WORDS
from automl.errors import printable

if TYPE_CHECKING:
    from jinja2 import Environment

_SPECIAL = re.compile(r"([\\`*_{}\[\]#|~$])")
WIDTH = 76
PLACES = {"test": "on the test part", "oof": "out of fold"}
Facts = Mapping[str, Any]
LONGEST = 1e15  # from here on the digits would be noise, and a line of the table too long
EXPONENTS = 1_000  # from here on four digits would be written with an exponent, sooner or later
_BREAKS = {ord(character): repr(character)[1:-1] for character in "\n\t\u2028\u2029"}


class Ready(str):
    """Text of our own that needs no escaping in Markdown."""

    __slots__ = ()


def line(value: object) -> str:
    r"""`value` as one line without control characters (S08).

    >>> line("a\nb")
    'a\\nb'
    """
    return printable(str(value)).translate(_BREAKS)


def markdown(value: object) -> str:
    r"""`value` as text in Markdown: neither a table, a link, nor a tag can come of it (S07).

    >>> markdown("<b>|x_y|")
    '&lt;b&gt;\\|x\\_y\\|'
    """
    if isinstance(value, Ready):
        return str(value)
    return _SPECIAL.sub(r"\\\1", html.escape(line(value), quote=False))


def columns(rows: Sequence[Sequence[object]], *, indent: int = 2) -> list[str]:
    """Rows as aligned lines: the first column to the left, the others to the right."""
    cells = [[line(cell) for cell in row] for row in rows]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    return [
        " " * indent
        + "  ".join(
            cell.ljust(width) if place == 0 else cell.rjust(width)
            for place, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in cells
    ]


def interval(found: Facts) -> str:
    """The interval of a score, empty if it has none."""
    if found.get("low") is None or found.get("high") is None:
        return ""
    return f"{digits(found['low'])} to {digits(found['high'])}"


def without_value(scores: Sequence[Facts]) -> list[str]:
    """Sentences on the metrics that have no value on some rows, and why (R17)."""
    return [
        f"{score['metric']} has no value {PLACES[score['rows']]}: {score['reason']}"
        for score in scores
        if score["value"] is None
    ]


def left_out(findings: Sequence[Facts]) -> list[str]:
    """Sentences on what is not in the scores: test rows, other tables, what there was no time for."""
    return [finding["text"] for finding in findings if finding["check"] in LAST_WORDS]


def figure(value: float | None, unit: str = "") -> str:
    """A measured figure with its unit, or a dash.

    >>> figure(50.0, "ms"), figure(123456.7)
    ('50 ms', '123,457')
    """
    if value is None:
        return "–"  # noqa: RUF001  # an en dash is how people write none
    return f"{_plain(value, '.4g')} {unit}".rstrip()


def digits(value: float) -> str:
    """Four digits that count, so that scores below each other line up.

    >>> digits(0.163), digits(12345.6), digits(2.5e40)
    ('0.1630', '12,346', '2.500e+40')
    """
    return _plain(value, "#.4g").rstrip(".")


def _plain(value: float, form: str) -> str:
    return f"{value:,.0f}" if EXPONENTS <= abs(value) < LONGEST else format(value, form)


def wrapped(text: str) -> list[str]:
    """A sentence as lines that fit a terminal of 80 columns with an indent of two."""
    return textwrap.wrap(text, WIDTH, subsequent_indent="  ", break_long_words=False, break_on_hyphens=False)


def render(template: str, facts: Mapping[str, object]) -> str:
    """The Markdown template of that name filled with `facts`; every value is escaped unless it is `Ready`."""
    return str(_environment().get_template(template).render(facts))


@cache
def _environment() -> Environment:
    from jinja2 import Environment, PackageLoader, StrictUndefined

    from automl.decide.verdict.reason import money

    environment = Environment(
        loader=PackageLoader("automl.report"),
        autoescape=False,  # noqa: S701  # `finalize` escapes for Markdown, HTML's rules alone would not
        finalize=markdown,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters |= {"money": money, "figure": figure, "digits": digits, "interval": interval, "ready": Ready}
    return environment


def prose(sentences: Sequence[str]) -> list[str]:
    """Sentences as lines of a terminal."""
    return [text for sentence in sentences for text in wrapped(line(sentence))]


def count(number: int, noun: str) -> str:
    """A number of things, in words."""
    return f"{number:,} {noun}" + ("" if number == 1 else "s")
