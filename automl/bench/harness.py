"""Runs a suite cell by cell, each in fresh processes, each a record in the journal: a stopped run goes on."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, Final

from automl.bench.cell import Cell
from automl.bench.entrants import Stage, run_entrant
from automl.bench.judge import judge
from automl.bench.quoted import recipe_pages
from automl.bench.records import append, read
from automl.bench.report import document, write_reports
from automl.bench.rivals import find_rival
from automl.bench.sets import Unavailable
from automl.bench.suite import Suite, chosen
from automl.bench.tasks import read_task
from automl.errors import SpecError
from automl.spec import recipes as known_recipes

JOURNAL: Final = "journal.jsonl"
ABOUT: Final = "about.json"
Run = Callable[[Cell, Stage, Path], dict[str, Any]]


def run_suite(
    suite: Suite,
    stage: Stage,
    out: Path,
    *,
    resume: bool = False,
    only: Sequence[str] = (),
    command: str = "",
    tell: Callable[[str], None],
    run: Run = run_entrant,
) -> Path:
    """Run every cell that has no record yet, and give the journal in the folder `out`.

    A cell that was skipped is tried again. `command` is what the report says it was made by. Raises `SpecError` where
    something named does not exist, or where the folder holds records and `resume` is not said.
    """
    journal = out / JOURNAL
    cells = chosen(list(suite.cells()), only)
    _check(cells, stage)
    done = {record["key"] for record in read(journal) if "skipped" not in record}
    if done and not resume:
        hint = "go on with --resume, or name another folder with --out"
        raise SpecError(f"the folder holds {len(done)} records of a run", where=str(out), hint=hint)
    out.mkdir(parents=True, exist_ok=True)
    (out / ABOUT).write_text(json.dumps({"name": suite.name, "command": command}) + "\n", encoding="utf-8")
    waiting = [cell for cell in cells if cell.key not in done]
    for number, cell in enumerate(waiting, start=len(cells) - len(waiting) + 1):
        tell(f"{number} of {len(cells)}: {cell.short_task}, {cell.entrant}, seed {cell.seed}")
        with tempfile.TemporaryDirectory(prefix="automl-bench-") as scratch:
            record = run(cell, stage, Path(scratch))
        append(journal, record)
        tell(told(record))
    return journal


def write(out: Path, *, recipes: Path | None = None) -> str:
    """Write the report of the journal in `out`, and into `recipes` their rows; says what was written.

    Raises `SpecError` where there is nothing to judge yet.
    """
    records = read(out / JOURNAL)
    if not records:
        raise SpecError(
            "there is no journal of a benchmark here", where=str(out), hint="`automl bench SUITE` makes one"
        )
    try:
        judgement = judge(records)
    except ValueError as error:
        raise SpecError(str(error), where=str(out / JOURNAL), hint="go on with --resume") from error
    about = json.loads((out / ABOUT).read_text(encoding="utf-8"))
    paths = write_reports(judgement, about, out)
    if recipes:
        pages = recipe_pages(recipes, document(judgement, about))
        for path, text in pages.items():
            path.write_text(text, encoding="utf-8")
        paths += list(pages)
    return "\n".join(f"wrote {path}" for path in paths)


def told(record: dict[str, Any]) -> str:
    """A record in a line."""
    if "skipped" in record:
        return f"  skipped: {record['skipped']}"
    if record["failure"]:
        return f"  failed, counts as the constant predictor: {record['failure']}"
    score = record["scores"][record["metric"]]
    p50 = record["serving"].get("p50_ms")
    row = f", {p50:.3g} ms a row" if p50 else ""
    return f"  {record['metric']} {score:.5g} in {record['wall_seconds']:.0f} s of {record['budget']:g} s{row}"


def _check(cells: Sequence[Cell], stage: Stage) -> None:
    """What is named exists and can be read, before hours are spent."""
    for entrant in dict.fromkeys(cell.entrant for cell in cells):
        kind, _, name = entrant.partition(":")
        if kind == "rival":
            find_rival(name, stage.rivals)
        else:
            known_recipes.chain(name, where="recipes")
    for cell in {(cell.task, cell.costs, cell.main_table): cell for cell in cells}.values():
        for folder in _folders(cell, stage):
            read_task(folder, costs=cell.costs, main_table=cell.main_table)


def _folders(cell: Cell, stage: Stage) -> Iterator[Path]:
    try:
        yield stage.sets.folder(cell.task)
    except Unavailable:
        return  # its cells are skipped, each with the reason
