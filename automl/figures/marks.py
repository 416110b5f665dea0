"""What a figure is made of: marks on a plane, and the table of the numbers that they show."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final, Literal

WIDE: Final = 580.0  # two of them fit a desk; on a phone one is moved to be seen whole
NARROW: Final = 360.0  # fits a phone, and three of them a desk
LETTER: Final = 7.4  # about what a letter is wide,
BOLD: Final = 8.4  # and one of the names that the sheet makes bold:
BOLD_KINDS: Final = frozenset({"ours", "good"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """From one point to another; `kind` is its class in the style sheet."""

    x1: float
    y1: float
    x2: float
    y2: float
    kind: str = "thin"


@dataclass(frozen=True, slots=True, kw_only=True)
class Dot:
    """A circle; `tip` shows when one points at it."""

    x: float
    y: float
    kind: str = ""
    tip: str = ""
    radius: float = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Box:
    """A filled rectangle; `strength` (0 to 1) is how much of its colour it has."""

    x: float
    y: float
    width: float
    height: float
    kind: str = ""
    tip: str = ""
    strength: float = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Path:
    """A line through points, or the area within them where it is `filled`."""

    points: tuple[tuple[float, float], ...]
    kind: str = ""
    filled: bool = False


Anchor = Literal["start", "middle", "end"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Word:
    """Text at a point; `turned` runs upwards."""

    x: float
    y: float
    text: str
    anchor: Anchor = "start"
    kind: str = "word"
    turned: bool = False


Mark = Line | Dot | Box | Path | Word


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """Numbers as text: a row for each, under a `header` that may have units."""

    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """Marks within `width` and `height`, drawn in their order.

    `title` names it, `note` says what a reader should know, and `table` has the numbers that it shows.
    """

    title: str
    note: str
    width: float
    height: float
    marks: tuple[Mark, ...]
    table: Table

    @property
    def lines(self) -> tuple[Line, ...]:
        """The marks that are lines."""
        return tuple(mark for mark in self.marks if isinstance(mark, Line))

    @property
    def dots(self) -> tuple[Dot, ...]:
        """The marks that are circles."""
        return tuple(mark for mark in self.marks if isinstance(mark, Dot))

    @property
    def words(self) -> tuple[Word, ...]:
        """The marks that are text."""
        return tuple(mark for mark in self.marks if isinstance(mark, Word))


def table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> Table:
    """The table under a header."""
    return Table(header=tuple(header), rows=tuple(map(tuple, rows)))


def spread(last: int, room: int) -> dict[int, Anchor]:
    """The places from 0 to `last` that are named where there is room for so many names, and where a name hangs there.

    >>> spread(4, 2)
    {0: 'start', 2: 'middle', 4: 'end'}
    """
    parts = max(1, min(room, last))
    ends: dict[int, Anchor] = {0: "start", parts: "end"}
    return {round(part * last / parts): ends.get(part, "middle") for part in range(parts + 1)}


def shortened(text: str, most: int) -> str:
    """The text, its end left out where it is longer than `most` letters.

    >>> shortened("a long name", 6), shortened("short", 6)
    ('a lon…', 'short')
    """
    return text if len(text) <= most else f"{text[: most - 1]}…"
