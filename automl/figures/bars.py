"""Bars from the left, a line for each name."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from automl.figures.marks import LETTER, NARROW, Box, Figure, Mark, Word, shortened, table
from automl.figures.scales import Linear

ROW: Final = 20.0
SHARE: Final = 0.4  # of the width, for names


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """A name with its value, 0 or more, told as `text`."""

    name: str
    value: float
    text: str
    kind: str = ""


def bars(title: str, note: str, found: Sequence[Bar], *, header: tuple[str, str], width: float = NARROW) -> Figure:
    """A bar for each value, in their order; `header` names the columns of the table."""
    names = min(SHARE * width, 22.0 + LETTER * max((len(bar.name) for bar in found), default=0))
    end = width - 12.0 - LETTER * max((len(bar.text) for bar in found), default=0)
    x = Linear(low=0.0, high=max((bar.value for bar in found), default=0.0) or 1.0, start=names, end=end)
    letters = int((names - 8.0) // LETTER)
    marks: list[Mark] = []
    for place, bar in enumerate(found):
        y = 4.0 + ROW * place
        marks += [
            Word(x=names - 8.0, y=y + 12.0, text=shortened(bar.name, letters), anchor="end"),
            Box(
                x=names,
                y=y,
                width=max(1.0, x(bar.value) - names),
                height=ROW - 5.0,
                kind=bar.kind,
                tip=f"{bar.name}: {bar.text}",
            ),
            Word(x=x(bar.value) + 6.0, y=y + 12.0, text=bar.text, kind="tick"),
        ]
    rows = [(bar.name, bar.text) for bar in found]
    return Figure(
        title=title,
        note=note,
        width=width,
        height=8.0 + ROW * len(found),
        marks=tuple(marks),
        table=table(header, rows),
    )
