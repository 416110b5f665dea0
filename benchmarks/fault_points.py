"""Every fault of a disk in turn, as SQLite tests: the calls that fail, and what a power cut loses; what was lost.

    python benchmarks/fault_points.py                 # what is missing, then the table
    python benchmarks/fault_points.py --minutes 2     # stop after so long; run again to go on
    python benchmarks/fault_points.py --table

The stories are those of automl.testing._fault_stories. Each call fails with ENOSPC and EIO once, and with ENOSPC from
then on; after each call the power is cut, and what was not synced is lost singly and all together (equal states of the
disk are tried once). Records go to benchmarks/results/fault_points.jsonl (one a point; resumable), the table to
fault_points.md.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import numpy as np

from automl.bench.records import Record, append, markdown, origin, read
from automl.bench.run import versions
from automl.testing._fault_stories import STORIES, Story, cuts, faults, inside, told, try_cut, try_fault

RESULTS = Path(__file__).parent / "results"
RECORDS = RESULTS / "fault_points.jsonl"
HEADER = ("story", "calls that failed", "lost", "power cuts", "lost")


def main() -> None:
    """Run what is missing and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=float("inf"), help="start nothing after so long")
    parser.add_argument("--story", choices=[story.name for story in STORIES], help="this one only")
    parser.add_argument("--table", action="store_true", help="run nothing")
    asked = parser.parse_args()
    end = time.monotonic() + 60 * asked.minutes
    for story in STORIES if not asked.table else ():
        if asked.story in {None, story.name}:
            run(story, end)
    table = "\n".join(render(read(RECORDS)))
    (RESULTS / "fault_points.md").write_text(table + "\n", encoding="utf-8")
    print(table)


def run(story: Story, end: float) -> None:
    """Try the points of a story that were not tried yet, in a drawn order: a part of them is a fair sample."""
    done = {(record["kind"], record["point"]) for record in read(RECORDS) if record["story"] == story.name}
    with tempfile.TemporaryDirectory() as folder, inside(Path(folder)):
        missing = [point for point in points(story, Path(folder)) if (point.kind, point.number) not in done]
        for index in np.random.default_rng(18).permutation(len(missing)):
            if time.monotonic() > end:
                return
            point, lost = missing[index], missing[index].lost()
            what = {"story": story.name, "kind": point.kind, "point": point.number, "what": point.what, "lost": lost}
            append(RECORDS, what | _facts())
            print(story.name, point.what, lost or "ok", sep=": ", flush=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """A fault or a cut by its number in the story; names may tell of the process, numbers are the same in each run."""

    kind: str
    number: int
    what: str
    lost: Callable[[], str]


def points(story: Story, root: Path) -> Iterator[Point]:
    """Every fault of a story, then every cut."""
    once = told(story, root)
    for number, fault in enumerate(faults(once)):
        what = f"{fault} ({once.calls[fault.at]})"
        yield Point(kind="fault", number=number, what=what, lost=partial(try_fault, once, root, fault))
    for number, (image, what) in enumerate(cuts(once, root).items()):
        yield Point(kind="cut", number=number, what=f"lost: {what}", lost=partial(try_cut, once, root, dict(image)))


def _facts() -> dict[str, object]:
    return {"versions": versions(), "date": datetime.now(UTC).isoformat(timespec="seconds")}


def render(found: Sequence[Record]) -> Iterator[str]:
    """The table in Markdown."""
    lost = [record for record in found if record["lost"]]
    yield f"# Faults of a disk: {len(found):,} points tried, lost: {len(lost)}"
    yield ""
    yield origin(found, "python benchmarks/fault_points.py")
    yield ""
    yield "Calls that failed: each in turn, with ENOSPC and EIO once, and with ENOSPC from then on. Power cuts: after"
    yield "each call; what was not synced is lost singly, by half and all together; equal states are tried once. Points"
    yield "are drawn at random until the time ends: the stories of a fit have 1,500 to 2,000 each, so these are a part."
    yield ""
    rows = []
    for story in STORIES:
        counts = []
        for kind in ("fault", "cut"):
            mine = [record for record in found if record["story"] == story.name and record["kind"] == kind]
            counts += [str(len(mine)), str(sum(bool(record["lost"]) for record in mine))]
        rows.append((story.name, *counts))
    yield from markdown(HEADER, rows)
    yield from (f"- {record['story']}, {record['point']}: {record['lost']}" for record in lost)


if __name__ == "__main__":
    main()
