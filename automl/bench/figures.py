"""The figures of a report as marks on a plane: the template draws them, so that every name is escaped."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final, Literal

from automl.bench.judge import BenchmarkJudgement, Standing

WIDTH: Final = 760.0
STEP: Final = 22.0  # between lines of text
NAMES: Final = 190.0  # the margin that holds names
DECADE_TICKS: Final = (1.0, 2.0, 5.0)
Cost = Callable[[Standing], float | None]


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
    kind: str = "rival"
    tip: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Word:
    """Text at a point."""

    x: float
    y: float
    text: str
    anchor: Literal["start", "middle", "end"] = "start"
    kind: str = "word"


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """Marks within `width` and `height`, with a `title` and what a reader should know."""

    title: str
    note: str
    width: float
    height: float
    lines: tuple[Line, ...]
    dots: tuple[Dot, ...]
    words: tuple[Word, ...]


def figures(judgement: BenchmarkJudgement) -> list[Figure]:
    """The figures that these results can carry."""
    found = [_strengths(judgement)]
    if judgement.difference is not None:
        found.insert(0, _critical_difference(judgement, judgement.difference))
    for title, unit, cost in COSTS:
        if sum(1 for standing in judgement.standings if cost(standing)) > 1:
            found.append(_pareto(judgement, title, unit, cost))
    return found


COSTS: Final[tuple[tuple[str, str, Cost], ...]] = (
    ("Mean rank against the latency of one row", "p50 of one row, ms", lambda s: s.figures.p50_ms),
    ("Mean rank against the size of the artifact", "artifact, MB", lambda s: s.figures.artifact_mb),
)


def _figure(title: str, note: str, height: float, marks: Sequence[Line | Dot | Word]) -> Figure:
    return Figure(
        title=title,
        note=note,
        width=WIDTH,
        height=height,
        lines=tuple(mark for mark in marks if isinstance(mark, Line)),
        dots=tuple(mark for mark in marks if isinstance(mark, Dot)),
        words=tuple(mark for mark in marks if isinstance(mark, Word)),
    )


def _kind(standing: Standing) -> str:
    return "ours" if standing.ours else "rival"


# --- critical difference ---------------------------------------------------------------------------------


def _critical_difference(judgement: BenchmarkJudgement, difference: float) -> Figure:
    """Demsar's diagram: mean ranks on an axis, bars over those that are not told apart."""
    found = judgement.standings
    left, right = NAMES, WIDTH - NAMES

    def x(rank: float) -> float:
        return left + (right - left) * (rank - 1.0) / max(1.0, len(found) - 1.0)

    axis = 62.0
    bars = axis + 14.0
    top = bars + 10.0 * len(judgement.cliques) + 14.0
    rows = (len(found) + 1) // 2
    marks: list[Line | Dot | Word] = [Line(x1=left, y1=axis, x2=right, y2=axis, kind="axis")]
    for rank in range(1, len(found) + 1):
        marks.append(Line(x1=x(rank), y1=axis - 6, x2=x(rank), y2=axis, kind="axis"))
        marks.append(Word(x=x(rank), y=axis - 10, text=str(rank), anchor="middle", kind="tick"))
    for number, clique in enumerate(judgement.cliques):
        y = bars + 10.0 * number
        first, last = found[clique[0]].rank, found[clique[-1]].rank
        marks.append(Line(x1=x(first) - 4, y1=y, x2=x(last) + 4, y2=y, kind="bar"))
    for place, standing in enumerate(found):
        on_left = place < rows
        y = top + STEP * (place if on_left else len(found) - 1 - place)
        edge, side = (left - 8, "end") if on_left else (right + 8, "start")
        text = f"{standing.name} {standing.rank:.2f}" if on_left else f"{standing.rank:.2f} {standing.name}"
        marks.append(Line(x1=x(standing.rank), y1=axis, x2=x(standing.rank), y2=y))
        marks.append(Line(x1=x(standing.rank), y1=y, x2=edge, y2=y))
        marks.append(Word(x=edge, y=y + 4, text=text, anchor="end" if side == "end" else "start", kind=_kind(standing)))
    reach = min(difference, max(1.0, len(found) - 1.0))
    told = f"critical difference {difference:.2f}" + (" (more than the axis is long)" if reach < difference else "")
    marks.append(Line(x1=left, y1=22, x2=x(1.0 + reach), y2=22, kind="bar"))
    marks.append(Word(x=left, y=14, text=told, kind="tick"))
    note = (
        "Mean ranks over tasks, 1 is the best. A bar joins entrants that Nemenyi's test does not tell apart at 95 % "
        "(Demsar 2006)."
    )
    return _figure("Critical difference", note, top + STEP * rows, marks)


# --- strengths -------------------------------------------------------------------------------------------


def _strengths(judgement: BenchmarkJudgement) -> Figure:
    """A dot with its interval for each entrant, strongest first."""
    found = sorted(judgement.standings, key=lambda standing: -standing.strength.elo)
    low = min(standing.strength.low for standing in found) - 20
    high = max(standing.strength.high for standing in found) + 20
    bottom = 16.0 + STEP * len(found)

    def x(elo: float) -> float:
        return NAMES + (WIDTH - 90 - NAMES) * (elo - low) / (high - low)

    marks: list[Line | Dot | Word] = [Line(x1=NAMES, y1=bottom, x2=WIDTH - 90, y2=bottom, kind="axis")]
    for tick in _round_ticks(low, high):
        marks.append(Line(x1=x(tick), y1=8, x2=x(tick), y2=bottom, kind="grid"))
        marks.append(Word(x=x(tick), y=bottom + 16, text=f"{tick:g}", anchor="middle", kind="tick"))
    for place, standing in enumerate(found):
        y, strength = 20.0 + STEP * place, standing.strength
        tip = f"{standing.name}: {strength.elo:.0f} ({strength.low:.0f} to {strength.high:.0f})"
        marks.append(Word(x=NAMES - 12, y=y + 4, text=standing.name, anchor="end", kind=_kind(standing)))
        marks.append(Line(x1=x(strength.low), y1=y, x2=x(strength.high), y2=y, kind=f"whisker {_kind(standing)}"))
        marks.append(Dot(x=x(strength.elo), y=y, kind=_kind(standing), tip=tip))
        marks.append(Word(x=WIDTH - 80, y=y + 4, text=f"{strength.elo:.0f}", kind="tick"))
    note = (
        "Bradley-Terry strengths on the scale of Elo: 400 points are odds of ten to one on a task. Lines are 95 % "
        "intervals by a bootstrap over tasks and seeds."
    )
    return _figure("Strength", note, bottom + 26, marks)


def _round_ticks(low: float, high: float) -> Iterator[float]:
    step = next(step for step in (20.0, 50.0, 100.0, 200.0, 500.0, 1000.0, 1e9) if (high - low) / step <= 8)  # noqa: PLR2004  # ticks that a reader takes in
    tick = math.ceil(low / step) * step
    while tick <= high:
        yield tick
        tick += step


# --- Pareto ----------------------------------------------------------------------------------------------


def _pareto(judgement: BenchmarkJudgement, title: str, unit: str, cost: Cost) -> Figure:
    """Rank (best at the top) against a cost on a logarithmic axis; the front is a line of steps."""
    shown = [(standing, value) for standing in judgement.standings if (value := cost(standing))]
    low = 10.0 ** math.floor(math.log10(min(value for _, value in shown)) - 0.05)
    high = 10.0 ** math.ceil(math.log10(max(value for _, value in shown)) + 0.05)
    worst = max(standing.rank for standing in judgement.standings)
    left, right, top, bottom = 60.0, WIDTH - 130.0, 36.0, 336.0

    def x(value: float) -> float:
        return left + (right - left) * math.log10(value / low) / math.log10(high / low)

    def y(rank: float) -> float:
        return top + (bottom - top) * (rank - 1.0) / max(1e-9, worst - 1.0)

    marks: list[Line | Dot | Word] = [
        Line(x1=left, y1=bottom + 10, x2=right, y2=bottom + 10, kind="axis"),
        Word(x=(left + right) / 2, y=bottom + 44, text=unit, anchor="middle", kind="tick"),
        Word(x=left - 20, y=14, text="mean rank", kind="tick"),
    ]
    for tick in _log_ticks(low, high):
        marks.append(Line(x1=x(tick), y1=top, x2=x(tick), y2=bottom + 10, kind="grid"))
        if math.log10(tick).is_integer() or high / low <= 100:  # noqa: PLR2004  # two decades have room for more
            marks.append(Word(x=x(tick), y=bottom + 26, text=f"{tick:g}", anchor="middle", kind="tick"))
    for rank in range(1, math.ceil(worst) + 1):
        if rank <= worst:
            marks.append(Line(x1=left, y1=y(rank), x2=right, y2=y(rank), kind="grid"))
            marks.append(Word(x=left - 10, y=y(rank) + 4, text=str(rank), anchor="end", kind="tick"))
    steps = sorted(_front(shown), key=lambda one: one[1])
    for (before, at), (after, then) in pairwise(steps):
        marks.append(Line(x1=x(at), y1=y(before.rank), x2=x(then), y2=y(before.rank), kind="front"))
        marks.append(Line(x1=x(then), y1=y(before.rank), x2=x(then), y2=y(after.rank), kind="front"))
    for standing, value in shown:
        tip = f"{standing.name}: rank {standing.rank:.2f}, {value:.3g}"
        marks.append(Dot(x=x(value), y=y(standing.rank), kind=_kind(standing), tip=tip))
    marks += _labels([(x(value), y(standing.rank), standing) for standing, value in shown])
    note = "Better is up and to the left. Nobody is better than an entrant on the line in both. Medians over tasks."
    return _figure(title, note, bottom + 54, marks)


def _front(shown: Sequence[tuple[Standing, float]]) -> Iterator[tuple[Standing, float]]:
    for standing, value in shown:
        if not any(
            other.rank <= standing.rank and at <= value and (other.rank, at) != (standing.rank, value)
            for other, at in shown
        ):
            yield standing, value


def _labels(points: Sequence[tuple[float, float, Standing]]) -> Iterator[Word]:
    """Names beside their dots, moved down where two would lie over each other."""
    taken: list[tuple[float, float]] = []
    for x, y, standing in sorted(points, key=lambda point: (point[1], point[0])):
        at = y + 4
        while any(abs(at - other) < 13 and abs(x - there) < 110 for there, other in taken):  # noqa: PLR2004  # a name's height and width
            at += 4
        taken.append((x, at))
        yield Word(x=x + 9, y=at, text=standing.name, kind=_kind(standing))


def _log_ticks(low: float, high: float) -> Iterator[float]:
    for decade in range(round(math.log10(low)), round(math.log10(high)) + 1):
        for part in DECADE_TICKS:
            tick = float(f"{part * 10.0**decade:.6g}")
            if low <= tick <= high:
                yield tick
