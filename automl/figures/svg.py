"""A figure as inline SVG and as an element of a page: every text of it is escaped, whatever the data holds."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from functools import cache
from html import escape
from importlib.resources import files
from typing import Final

from automl.figures.marks import NARROW, Box, Dot, Figure, Line, Mark, Path, Table, Word

LONGEST: Final = 300  # characters of a text from data: a cell of megabytes is no label
NUMBER: Final = re.compile(r"[-+]?[\d,.]*\d(?:e[-+]?\d+|[kMGT%])?(?: to [-+\d.,ekMGT%]+)?(?: \S+)?$|[–-]$")  # noqa: RUF001  # a dash is how people write none
HIDDEN: Final = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}  # of Unicode: what XML does not take, or what turns a line


class Markup(str):
    """Text that is HTML already; templates with autoescape leave it as it is."""

    __slots__ = ()

    def __html__(self) -> str:
        """As templates ask for it."""
        return str(self)


@cache
def style() -> str:
    """The style sheet of figures: light, dark, print, and still where people ask for stillness."""
    return files(__package__).joinpath("style.css").read_text(encoding="utf-8")


def text(value: object, most: int = LONGEST) -> str:
    r"""`value` as text of HTML: no tag, no attribute, no control character can come of it.

    >>> text('<b onclick="x">\x00')
    '&lt;b onclick=&quot;x&quot;&gt;\\x00'
    """
    whole = str(value)
    shown = whole if len(whole) <= most else f"{whole[: most - 1]}…"
    plain = "".join(c if unicodedata.category(c) not in HIDDEN else c.encode("unicode_escape").decode() for c in shown)
    return escape(plain)


def element(figure: Figure, level: int = 3) -> Markup:
    """The figure with its title as a heading of a `level`, its note, and its numbers in a table that opens.

    One that is wider than a phone keeps its size there, so that it can be read, and is moved within its frame.
    """
    drawn = svg(figure)
    if figure.width > NARROW:
        name = text(f"Picture: {figure.title}")
        drawn = Markup(f'<div class="scroll" tabindex="0" role="region" aria-label="{name}">{drawn}</div>')
    return Markup(
        f'<figure class="drawn">\n<h{level}>{text(figure.title)}</h{level}>\n{drawn}\n'
        f"<figcaption>{text(figure.note, len(figure.note))}</figcaption>\n{_numbers(figure)}</figure>"
    )


def svg(figure: Figure) -> Markup:
    """The marks alone; title and description are what a screen reader tells."""
    width, height = _n(figure.width), _n(figure.height)
    marks = "\n".join(map(_mark, figure.marks))
    return Markup(
        f'<svg viewBox="0 0 {width} {height}" width="{width}" height="{height}" role="img">'
        f"<title>{text(figure.title)}</title><desc>{text(figure.note, len(figure.note))}</desc>\n{marks}\n</svg>"
    )


def table(numbers: Table) -> Markup:
    """Numbers as a table whose rows can be sorted; a column of words lies to the left."""
    kinds = [_kind([row[place] for row in numbers.rows if place < len(row)]) for place in range(len(numbers.header))]
    head = "".join(_head(name, kind) for name, kind in zip(numbers.header, kinds, strict=True))
    rows = "\n".join(f"<tr>{''.join(_cells(row, kinds))}</tr>" for row in numbers.rows)
    return Markup(f'<table class="sort">\n<thead><tr>{head}</tr></thead>\n<tbody>\n{rows}\n</tbody>\n</table>')


def _numbers(figure: Figure) -> str:
    name = text(f"Numbers: {figure.title}")
    return (
        f"<details><summary>Numbers</summary>\n"
        f'<div class="wide" tabindex="0" role="region" aria-label="{name}">{table(figure.table)}</div>\n</details>\n'
    )


def _head(name: str, kind: str) -> str:
    """The head of a column; a corner without a name is none, for nobody could say what it heads."""
    return f'<th scope="col"{_class(kind)}>{text(name)}</th>' if name else "<td></td>"


def _kind(column: Sequence[str]) -> str:
    """Of a column's cells: words, or numbers with what may follow them in at least half of those that are not empty."""
    told = [cell for cell in column if cell]
    numbers = sum(NUMBER.match(cell) is not None for cell in told)
    return "" if numbers and 2 * numbers >= len(told) else "words"


def _cells(row: tuple[str, ...], kinds: Sequence[str]) -> Iterator[str]:
    for place, (cell, kind) in enumerate(zip(row, kinds, strict=True)):
        yield f'<th scope="row">{text(cell)}</th>' if place == 0 else f"<td{_class(kind)}>{text(cell)}</td>"


def _mark(mark: Mark) -> str:
    if isinstance(mark, Line):
        return f'<line x1="{_n(mark.x1)}" y1="{_n(mark.y1)}" x2="{_n(mark.x2)}" y2="{_n(mark.y2)}"{_class(mark.kind)}/>'
    if isinstance(mark, Dot):
        place = f'cx="{_n(mark.x)}" cy="{_n(mark.y)}" r="{_n(mark.radius)}"'
        return f"<circle {place}{_class(mark.kind)}>{_tip(mark.tip)}</circle>"
    if isinstance(mark, Box):
        place = f'x="{_n(mark.x)}" y="{_n(mark.y)}" width="{_n(mark.width)}" height="{_n(mark.height)}"'
        return f"<rect {place}{_class(mark.kind)}{_opacity(mark.strength)}>{_tip(mark.tip)}</rect>"
    if isinstance(mark, Path):
        points = " ".join(f"{_n(x)},{_n(y)}" for x, y in mark.points)
        return f'<{"polygon" if mark.filled else "polyline"} points="{points}"{_class(mark.kind)}/>'
    return _word(mark)


def _word(word: Word) -> str:
    turn = f' transform="rotate(-90 {_n(word.x)} {_n(word.y)})"' if word.turned else ""
    anchor = "" if word.anchor == "start" else f' text-anchor="{word.anchor}"'
    return f'<text x="{_n(word.x)}" y="{_n(word.y)}"{anchor}{_class(word.kind)}{turn}>{text(word.text)}</text>'


def _tip(tip: str) -> str:
    return f"<title>{text(tip)}</title>" if tip else ""


def _class(kind: str) -> str:
    return f' class="{text(kind)}"' if kind else ""


def _opacity(strength: float) -> str:
    return "" if strength >= 1.0 else f' fill-opacity="{max(0.0, strength):.2f}"'


def _n(value: float) -> str:
    """A length with a tenth, as short as it can be."""
    return f"{value:.1f}".removesuffix(".0")
