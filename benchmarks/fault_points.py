"""Every fault of a disk in turn, as SQLite tests: the calls that fail, and what a power cut loses; what was lost.

    python benchmarks/fault_points.py                 # what is missing, then the table
    python benchmarks/fault_points.py --minutes 2     # stop after so long; run again to go on
    python benchmarks/fault_points.py --table

The stories are those of automl.testing.fault_stories. Each call fails with ENOSPC and EIO once, and with ENOSPC from
then on; after each call the power is cut, and what was not synced is lost singly and all together (equal states of the
disk are tried once). Records go to benchmarks/results/fault_points.jsonl (one a point; resumable), the table to
fault_points.md.
"""

from __future__ import annotations

import argparse
import hashlib
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

from automl.bench.records import Record, append, markdown, origin, read
from automl.bench.run import versions
from automl.testing.fault_stories import STORIES, Story, cuts, faults, inside, told, try_cut, try_fault

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
    """Try the points of a story that were not tried yet."""
    done = {(record["kind"], record["point"]) for record in read(RECORDS) if record["story"] == story.name}
    with tempfile.TemporaryDirectory() as folder, inside(Path(folder)):
        for kind, point, lost in points(story, Path(folder)):
            if time.monotonic() > end:
                return
            if (kind, point) not in done:
                what = lost()
                append(RECORDS, {"story": story.name, "kind": kind, "point": point, "lost": what, **_facts()})
                print(story.name, point, what or "ok", flush=True)


def points(story: Story, root: Path) -> Iterator[tuple[str, str, Callable[[], str]]]:
    """The kind and the name of each point, and what tries it."""
    once = told(story, root)
    for fault in faults(once):
        yield "fault", f"{fault} ({once.calls[fault.at]})", lambda fault=fault: try_fault(once, root, fault)
    for image, what in cuts(once, root).items():
        yield (
            "cut",
            f"{what} [{hashlib.sha256(repr(image).encode()).hexdigest()[:8]}]",
            lambda image=image: try_cut(once, root, dict(image)),
        )


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
    yield "each call; what was not synced is lost singly and all together, and equal states of the disk are tried once."
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
