"""Mean ranks on an axis, and which of them are not told apart (Demsar 2006, JMLR 7)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from automl.figures.marks import WIDE, Figure, Line, Mark, Word, table

ROW: Final = 22.0
NAMES: Final = 150.0  # the margin on both sides that holds names
AXIS: Final = 62.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Ranked:
    """A name with its mean rank, 1 is the best."""

    name: str
    rank: float
    kind: str = ""


def critical_difference(
    title: str, note: str, found: Sequence[Ranked], cliques: Sequence[Sequence[int]], difference: float
) -> Figure:
    """Demsar's diagram of `found`, best first: bars lie over the `cliques` (places in `found`) of one level."""
    left, right = NAMES, WIDE - NAMES
    most = max(1.0, len(found) - 1.0)

    def x(rank: float) -> float:
        return left + (right - left) * (rank - 1.0) / most

    bars = AXIS + 14.0
    top = bars + 10.0 * len(cliques) + 14.0
    marks: list[Mark] = [Line(x1=left, y1=AXIS, x2=right, y2=AXIS, kind="axis")]
    for rank in range(1, len(found) + 1):
        marks.append(Line(x1=x(rank), y1=AXIS - 6, x2=x(rank), y2=AXIS, kind="axis"))
        marks.append(Word(x=x(rank), y=AXIS - 10, text=str(rank), anchor="middle", kind="tick"))
    for number, clique in enumerate(cliques):
        y, first, last = bars + 10.0 * number, found[clique[0]].rank, found[clique[-1]].rank
        marks.append(Line(x1=x(first) - 4, y1=y, x2=x(last) + 4, y2=y, kind="bar"))
    for place, one in enumerate(found):
        on_left = place < (len(found) + 1) // 2
        y = top + ROW * (place if on_left else len(found) - 1 - place)
        edge = left - 8 if on_left else right + 8
        text = f"{one.name} {one.rank:.2f}" if on_left else f"{one.rank:.2f} {one.name}"
        marks.append(Line(x1=x(one.rank), y1=AXIS, x2=x(one.rank), y2=y))
        marks.append(Line(x1=x(one.rank), y1=y, x2=edge, y2=y))
        marks.append(Word(x=edge, y=y + 4, text=text, anchor="end" if on_left else "start", kind=one.kind))
    reach = min(difference, most)
    told = f"critical difference {difference:.2f}" + (" (more than the axis is long)" if reach < difference else "")
    marks.append(Line(x1=left, y1=22, x2=x(1.0 + reach), y2=22, kind="bar"))
    marks.append(Word(x=left, y=14, text=told, kind="tick"))
    return Figure(
        title=title,
        note=note,
        width=WIDE,
        height=top + ROW * ((len(found) + 1) // 2),
        marks=tuple(marks),
        table=table(("name", "mean rank"), [(one.name, f"{one.rank:.2f}") for one in found]),
    )
