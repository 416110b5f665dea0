"""What other pages quote of a committed benchmark: README's table, and the line in each recipe's opening comment."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from automl.bench.records import markdown as table
from automl.bench.report import REPORT

LINE: Final = re.compile(r"^# In the last benchmark: .*$", re.MULTILINE)
HEADLINES: Final = ("shared", "quick")  # the first of these suites whose results are committed is quoted
Document = Mapping[str, Any]


def last_benchmark(results: Path) -> Document | None:
    """The report that is quoted, of those in the folder `results`; None where there is none."""
    for name in HEADLINES:
        path = results / name / f"{REPORT}.json"
        if path.is_file():
            found: Document = json.loads(path.read_text(encoding="utf-8"))
            return found
    return None


def readme_table(report: Document) -> str:
    """README's table: each entrant with its rank and what it costs, and where the figures come from."""
    return "\n".join(_readme(report))


def recipe_pages(recipes: Path, report: Document) -> dict[Path, str]:
    """Each recipe's file with its row of the report in its opening comment."""
    return {
        path: quoted(path.read_text(encoding="utf-8"), path.stem, report) for path in sorted(recipes.glob("*.toml"))
    }


def quoted(text: str, name: str, report: Document) -> str:
    """The text of the recipe called `name` with its row. Raises `ValueError` where the comment has no place for it."""
    if len(LINE.findall(text)) != 1:
        raise ValueError(f"the recipe {name} has not one line that begins with '# In the last benchmark:'")
    return LINE.sub(lambda _: f"# In the last benchmark: {recipe_row(name, report)}", text)


def recipe_row(name: str, report: Document) -> str:
    """A recipe's row in words."""
    where = f"suite {report['about']['name']}, {report['facts']['last'][:10]}"
    standing = next((one for one in report["standings"] if one["ours"] and one["name"] == name), None)
    if standing is None:
        return f"not in it ({where})."
    figures = standing["figures"]
    parts = [
        f"mean rank {standing['rank']:.2f} of {len(report['standings'])}",
        *([f"{figures['p50_ms']:.2g} ms a row"] if figures["p50_ms"] is not None else []),
        *([f"{figures['artifact_mb']:.2g} MB"] if figures["artifact_mb"] is not None else []),
        f"{standing['failed']} of {standing['cells']} failed",
    ]
    return f"{', '.join(parts)} ({where})."


def _readme(report: Document) -> Iterator[str]:
    facts = report["facts"]
    budgets = " and ".join(f"{budget:g} s" for budget in facts["budgets"])
    yield (
        f"`{report['about']['command']}`: {len(report['lines'])} tasks, {budgets} each, "
        f"{facts['workers'][0]} cores, {facts['first'][:10]} to {facts['last'][:10]}.\n"
    )
    yield from table(
        ("entrant", "mean rank", "normalised score", "one row, p50 ms", "artifact MB", "failures"), _rows(report)
    )


def _rows(report: Document) -> Iterator[tuple[str, ...]]:
    for standing in report["standings"]:
        figures = standing["figures"]
        name = standing["name"].replace("_", "\\_")
        yield (
            f"**{name}**" if standing["ours"] else name,
            f"{standing['rank']:.2f}",
            f"{standing['normalised']:.3f}",
            "" if figures["p50_ms"] is None else f"{figures['p50_ms']:.2g}",
            "" if figures["artifact_mb"] is None else f"{figures['artifact_mb']:.2g}",
            f"{standing['failed']} of {standing['cells']}",
        )
