"""The cost model of docs/scale.md: what each stage took for how many rows, how it grew, and what 10^10 would take."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from automl.bench.records import markdown, read

FAR = 10_000_000_000
HOUR = 3_600.0
HEADER = ("stage", "rows measured", "seconds", "rows/s", "exponent", "10^10 rows, hours", "from")


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """What one machine took for `rows` rows. `exponent` is that of its growth from `less` rows; None for one size."""

    name: str
    rows: int
    seconds: float
    exponent: float | None
    source: str

    @property
    def far(self) -> float:
        """Hours for `FAR` rows on one machine like this one: never less than in proportion, as `exponent` grew."""
        return float(self.seconds * (FAR / self.rows) ** max(1.0, self.exponent or 1.0) / HOUR)


def grown(name: str, sizes: Iterable[tuple[int, float]], source: str) -> Iterator[Stage]:
    """The stage at its largest size, with the exponent from its second largest; the last run of a size counts.

    >>> [stage.exponent for stage in grown("fit", [(10, 1.0), (1000, 100.0)], "here")]
    [1.0]
    """
    *_, before, last = [None, None, *sorted(dict(sizes).items())]
    if last is not None:
        rows, seconds = last
        exponent = None if before is None else math.log(seconds / before[1]) / math.log(rows / before[0])
        yield Stage(name=name, rows=rows, seconds=seconds, exponent=exponent, source=source)


def stages(results: Path) -> list[Stage]:
    """What the committed records in the folder `results` say."""
    relational = [(r["rows"], r["seconds"]) for r in read(results / "relational.jsonl") if r["kind"] == "growth"]
    learned = read(results / "rows_beyond_memory.jsonl")
    final = [(r["rows"], r["seconds"]) for r in learned if r["kind"] == "final fit"]
    looks = [(r["rows"], r["s"]) for r in read(results / "watch_load.jsonl") if r["phase"] == "look"]
    shared: dict[str, list[tuple[int, float]]] = {}
    for record in read(results / "scoring_at_scale.jsonl"):
        for cell in record["cells"]:
            shared.setdefault(cell["name"], []).append((record["rows"], cell["seconds"]))
    return [
        *grown("relational features: 30 for a million cutoffs, by child rows", relational, "relational.py"),
        *grown("50 rounds of LightGBM from bins on the disk, one core", final, "rows_beyond_memory.py --exponent"),
        *(s for name, sizes in shared.items() for s in grown(f"scoring: {name}", sizes, "scoring_at_scale.py")),
        *grown("a look of the watch", looks, "watch_load.py look"),
    ]


def cost_model(found: Sequence[Stage]) -> Iterator[str]:
    """The table in Markdown."""
    return markdown(HEADER, map(_row, found))


def _row(stage: Stage) -> tuple[str, ...]:
    return (
        stage.name,
        f"{stage.rows:,}",
        f"{stage.seconds:,.0f}",
        f"{stage.rows / stage.seconds:,.0f}",
        "" if stage.exponent is None else f"{stage.exponent:.2f}",
        f"{stage.far:,.1f}",
        f"`benchmarks/{stage.source}`",
    )
