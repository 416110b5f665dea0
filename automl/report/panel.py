"""The live display of a run: where its budget goes, and what the search has gained over time."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from automl.errors import one_line
from automl.progress import Event, Stage

if TYPE_CHECKING:
    from rich.console import Console, ConsoleOptions, RenderResult
    from rich.text import Text

DOING: Final[Mapping[Stage, str]] = {
    "read": "reading",
    "audit": "looking for faults",
    "split": "setting test aside",
    "features": "making features",
    "search": "searching",
    "refit": "fitting on all rows",
    "decide": "deciding by money",
    "bundle": "writing the bundle",
    "report": "looking at the model",
    "repair": "keeping the limits",
    "gates": "measuring limits",
    "done": "done",
}
MONEY: Final = "saves {:,.6g} {} per 1,000 rows, before calibration"
LABEL: Final = 8  # columns that a row's name takes, with the gap behind it
WIDEST: Final = 60  # cells of the bar
MOMENTS: Final = 16  # cells of a line over time
COLOURS: Final = ("blue", "green", "magenta", "yellow", "cyan", "red")
STEPS: Final = "▁▂▃▄▅▆▇█"
Moment = tuple[float, float]  # seconds since the start, and what was true from then on


@dataclass(frozen=True, slots=True, kw_only=True)
class Glyphs:
    """What a bar is made of: a glyph for each stage in turn, so that it reads without colour, and one for the rest."""

    parts: str
    rest: str
    steps: str


DRAWN: Final = Glyphs(parts="█▓▒", rest="░", steps=STEPS)
TYPED: Final = Glyphs(parts="#=+", rest=".", steps="")  # for a terminal that knows ASCII only


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """A stage from `start` to `end`, in seconds since the start of the run."""

    stage: Stage
    start: float
    end: float


@dataclass(kw_only=True)
class Panel:
    """The state of the live display; rich draws it a few times a second."""

    seconds: float
    spent: Callable[[], float]
    stage: Stage = "read"
    text: str = ""
    facts: dict[str, object] = field(default_factory=dict)
    began: list[tuple[float, Stage]] = field(default_factory=lambda: [(0.0, "read")])
    history: dict[str, list[Moment]] = field(default_factory=dict)

    def __call__(self, event: Event) -> None:
        """Take in what happened; the next drawing shows it."""
        now = self.spent()
        if event.stage != self.stage:
            self.began.append((now, event.stage))
        self.stage, self.text = event.stage, one_line(event.text)
        self.facts.update(event.facts)
        for name in ("best", "money"):
            value = event.facts.get(name)
            if isinstance(value, int | float):
                self.history.setdefault(name, []).append((now, value))

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """As wide as the terminal is, in the glyphs that it has."""
        from rich.table import Table
        from rich.text import Text

        glyphs = TYPED if options.ascii_only else DRAWN
        table = Table.grid(padding=(0, 2))
        table.add_column(style="dim", no_wrap=True, width=LABEL - 2)
        table.add_column(overflow="fold")
        for line in self.budget(min(WIDEST, max(1, options.max_width - LABEL - 2)), glyphs):
            table.add_row(*line)
        for name, value in self.rows(glyphs):
            table.add_row(name, Text(value))
        yield table

    def budget(self, width: int, glyphs: Glyphs) -> Iterator[tuple[str, Text]]:
        """A bar of the budget by stage, `width` cells long, and what each stage of a second or more took."""
        from rich.text import Text

        spans, whole = self.spans(), max(self.seconds, self.spent())
        order = list(dict.fromkeys(span.stage for span in spans))
        style = {stage: COLOURS[place % len(COLOURS)] for place, stage in enumerate(order)}
        glyph = {stage: glyphs.parts[place % len(glyphs.parts)] for place, stage in enumerate(order)}
        cells = bar(spans, whole, width)
        yield (
            "budget",
            Text.assemble(*((glyph[one], style[one]) if one else (glyphs.rest, "dim") for one in cells)),
        )
        took = {stage: sum(span.end - span.start for span in spans if span.stage == stage) for stage in order}
        told = [one for one in order if took[one] >= 1]
        words = [Text.assemble((glyph[one], style[one]), f" {DOING[one]} {clock(took[one])}") for one in told]
        yield "spent", Text(", ").join(words)

    def spans(self) -> list[Span]:
        """The stages so far, the last of them up to now."""
        began = tuple(self.began)  # an event may come in while another thread draws
        ends = [*(start for start, _ in began[1:]), self.spent()]
        return [Span(stage=stage, start=start, end=end) for (start, stage), end in zip(began, ends, strict=True)]

    def rows(self, glyphs: Glyphs = DRAWN) -> Iterator[tuple[str, str]]:
        """The lines below the bar: time left, trials, the best score and its money over time; only what is known."""
        left = max(0.0, self.seconds - self.spent())
        yield "left", f"{clock(left)} of {clock(self.seconds)}"
        for name, form in (("trials", "{}"), ("best", "{:.5g}"), ("money", MONEY)):
            value = self.facts.get(name)
            if isinstance(value, int | float):
                told = form.format(value, self.facts.get("currency", ""))
                yield name, "  ".join(filter(None, (self._line(name, glyphs), told)))
        # the text of any other stage stands as a line above
        yield "now", f"{DOING[self.stage]}: {self.text}" if self.stage == "search" else DOING[self.stage]

    def _line(self, name: str, glyphs: Glyphs) -> str:
        return sparkline(tuple(self.history.get(name, ())), self.spent(), glyphs.steps)


def bar(spans: Sequence[Span], whole: float, width: int) -> list[Stage | None]:
    """The stage of each of `width` equal parts of `whole` seconds, by their middle; None for what is to come.

    >>> bar([Span(stage="read", start=0, end=1), Span(stage="search", start=1, end=2)], 4, 4)
    ['read', 'search', None, None]
    """
    middles = [(cell + 0.5) * whole / width for cell in range(width)]
    return [next((span.stage for span in spans if span.start <= at < span.end), None) for at in middles]


def sparkline(moments: Sequence[Moment], now: float, steps: str = STEPS, *, width: int = MOMENTS) -> str:
    """What held over time, from the first moment to `now`; empty while it has not changed.

    The first is a baseline: once there are two others, it may lie beyond the ends, so that theirs can be told apart.

    >>> sparkline([(0, 0.5), (2, 0.7), (3, 0.8)], 4, width=4)
    '▁▁▁█'
    """
    values = list(dict.fromkeys(value for _, value in moments))
    if not steps or len(values) == 1 or not values:
        return ""
    scale = values if len(values[1:]) == 1 else values[1:]
    low, high, first, last = min(scale), max(scale), moments[0][0], len(steps) - 1
    ends = [first + (cell + 1) * (now - first) / width for cell in range(width)]
    held = [[value for start, value in moments if start < end] or values[:1] for end in ends]
    places = [round((one[-1] - low) / (high - low) * last) for one in held]
    return "".join(steps[min(last, max(0, place))] for place in places)


def clock(seconds: float) -> str:
    """Minutes and seconds.

    >>> clock(75)
    '1:15'
    """
    return f"{int(seconds) // 60}:{int(seconds) % 60:02d}"
