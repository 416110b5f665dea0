"""A suite: tasks x (recipes and rivals) x budgets x seeds, read from TOML into the list of its cells."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated, Final

from pydantic import BeforeValidator, Field, ValidationError

from automl.bench.cell import Cell
from automl.errors import SpecError, nearest
from automl.spec.base import Names, Section, read_list
from automl.spec.layers import read_layer
from automl.spec.problems import spec_error
from automl.spec.units import Duration, Size

SHIPPED: Final = Path(__file__).parents[1] / "benchmarks" / "suites"  # in a wheel
SOURCE: Final = Path(__file__).parents[2] / "benchmarks" / "suites"


class SuiteTask(Section):
    """A task, and how it is taken."""

    task: str
    """`sklearn:NAME`, `openml:TASK_ID`, a path, or the name of a folder under `--data`."""
    costs: bool = True
    """Whether its costs are used."""
    main_table: bool = True
    """Whether its other tables are left aside, as the rivals leave them."""
    set: Names = ()
    """Keys of the spec that are overruled, for recipes, such as `budget.trials=20`."""


def _read_tasks(value: object) -> object:
    entries = value if isinstance(value, list | tuple) else [value]
    return tuple({"task": entry} if isinstance(entry, str) else entry for entry in entries)


class Suite(Section):
    """What is compared on what."""

    name: str
    tasks: Annotated[tuple[SuiteTask, ...], BeforeValidator(_read_tasks)]
    """The tasks: names, or tables with `task` and what to do with it."""
    recipes: Names = ()
    """Our entrants."""
    rivals: Names = ()
    """Theirs: files of the folder of rivals, or NAME/VARIANT."""
    budgets: Annotated[tuple[Duration, ...], BeforeValidator(read_list)] = (60.0,)
    """Wall-clock time that each entrant is given for a task."""
    seeds: Annotated[tuple[int, ...], BeforeValidator(read_list)] = (0,)
    """Seeds of the search; the split stays."""
    workers: int = Field(default=2, ge=1)
    """Cores that each entrant may use."""
    memory: Size = 8_000_000_000
    """Memory of an entrant's process tree; more ends the cell as a failure."""

    def cells(self) -> Iterator[Cell]:
        """Every cell, task by task, so that a run that is stopped has whole tasks behind it."""
        entrants = [f"recipe:{name}" for name in self.recipes] + [f"rival:{name}" for name in self.rivals]
        for seed in self.seeds:
            for budget in self.budgets:
                for task in self.tasks:
                    for entrant in entrants:
                        yield Cell(
                            task=task.task,
                            entrant=entrant,
                            budget=budget,
                            seed=seed,
                            costs=task.costs,
                            main_table=task.main_table,
                            settings=task.set if entrant.startswith("recipe:") else (),
                            workers=self.workers,
                            memory=self.memory,
                        )


def folder() -> Path:
    """Where the suites lie: in the installed package, or in the source tree."""
    return SHIPPED if SHIPPED.is_dir() else SOURCE


def suites() -> tuple[str, ...]:
    """The suites there are."""
    return tuple(sorted(path.stem for path in folder().glob("*.toml")))


def read_suite(name: str) -> Suite:
    """The suite in the file `name`, or the shipped one of that name. Raises `SpecError` with file, line and key."""
    path = Path(name) if name.endswith(".toml") else folder() / f"{name}.toml"
    if not name.endswith(".toml") and name not in suites():
        close = nearest(name, suites())
        hint = (
            f"did you mean '{close}'?" if close else f"known: {', '.join(suites())}; or give a file that ends in .toml"
        )
        raise SpecError(f"no suite '{name}'", hint=hint)
    layer = read_layer(path)
    values: dict[str, object] = {"name": path.stem, **layer.values}
    try:
        suite = Suite.model_validate(values)
    except ValidationError as error:
        raise spec_error(error, Suite, [layer]) from None
    if not (suite.recipes or suite.rivals):
        raise SpecError("a suite needs recipes or rivals", where=layer.name, hint='add recipes = ["quick"]')
    return suite


def chosen(cells: Sequence[Cell], only: Sequence[str]) -> list[Cell]:
    """The cells that `only` names: by task, by entrant (with or without its ``recipe:``), or by both.

    Raises `SpecError` for a word that names neither.
    """
    tasks = {word for word in only if any(word in (cell.task, cell.short_task) for cell in cells)}
    entrants = {word for word in only if any(word in (cell.entrant, cell.short_entrant) for cell in cells)}
    for word in only:
        if word not in tasks | entrants:
            known = dict.fromkeys(name for cell in cells for name in (cell.short_task, cell.short_entrant))
            close = nearest(word, known)
            hint = f"did you mean '{close}'?" if close else f"known: {', '.join(known)}"
            raise SpecError(f"the suite has no task and no entrant '{word}'", where="--only", hint=hint)
    return [
        cell
        for cell in cells
        if (not tasks or tasks & {cell.task, cell.short_task})
        and (not entrants or entrants & {cell.entrant, cell.short_entrant})
    ]
