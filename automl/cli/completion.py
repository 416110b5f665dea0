"""What a shell offers where somebody presses tab: bundles, recipes and keys, beside what click knows itself."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Final

import click
from click.shell_completion import BashComplete, CompletionItem, FishComplete, ZshComplete, shell_complete

VARIABLE: Final = "_AUTOML_COMPLETE"  # by which a shell asks, as click has it
SHELLS: Final = {"bash": BashComplete, "zsh": ZshComplete, "fish": FishComplete}
MARKS: Final = ("manifest.json", "current")  # of a bundle's folder, of a registry's
Completer = Callable[[click.Context, click.Parameter, str], list[CompletionItem]]


def script(cli: click.Command, shell: str) -> str:
    """The lines that teach a shell; it then asks `automl` itself."""
    return SHELLS[shell](cli, {}, "automl", VARIABLE).source()


def answer(cli: click.Command, instruction: str) -> int:
    """Answer a shell on stdout; 0, or 1 for an instruction that is none."""
    return shell_complete(cli, {}, "automl", VARIABLE, instruction)


def among(names: Callable[[], Iterable[str]]) -> Completer:
    """Offers those of the names that begin as what stands there; they are looked for when they are asked for."""

    def complete(_: click.Context, __: click.Parameter, begun: str) -> list[CompletionItem]:
        return [CompletionItem(name) for name in names() if name.startswith(begun)]

    return complete


def bundles(_: click.Context, __: click.Parameter, begun: str) -> list[CompletionItem]:
    """Bundles and registries in the folder that was begun; where there are none, the files that a shell offers."""
    found = [CompletionItem(path) for path in _bundles(begun)]
    return found or [CompletionItem(begun, type="file")]


def recipe_names() -> list[str]:
    """Those that a spec can build on."""
    from automl.spec import recipes

    return list(recipes.names())


def key_names() -> list[str]:
    """The keys of a spec, each with what comes behind it: ``budget.time=``."""
    from automl.spec.schema import keys

    return [f"{key}=" for key in keys()]


def document_names() -> list[str]:
    """The first words of the commands that have a document."""
    from automl.cli.documents import names

    return sorted({name.partition("-")[0] for name in names()})


def _bundles(begun: str) -> Iterator[str]:
    folder, _, start = begun.rpartition("/")
    above = f"{folder}/" if "/" in begun else ""
    try:
        there = sorted(Path(above or ".").iterdir())
    except OSError:
        return
    for path in there:
        if path.name.startswith(start) and any((path / mark).is_file() for mark in MARKS):
            yield f"{above}{path.name}"
