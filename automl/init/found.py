"""From the arguments to files: which are tables, which of them are test parts, and which hold costs."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from automl.addresses import address_of
from automl.data.infer.name_hints import words
from automl.data.read.file_kinds import FORMATS, kind
from automl.data.read.files import files
from automl.names import free_name

TRAIN = frozenset({"train", "training"})
TEST = frozenset({"test", "testing", "holdout", "eval", "evaluation", "validation", "valid"})
COSTS = frozenset({"cost", "costs"})
BEST = ("parquet", "arrow", "ndjson", "csv", "tsv", "excel")  # of two files that differ in their format alone
GLOB = "*?["


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """The tables by name, the test parts and the costs of some of them; `notes` say what was passed over."""

    tables: Mapping[str, Path]
    tests: Mapping[str, Path]
    costs: Mapping[str, tuple[Path, Path | None]]
    notes: tuple[str, ...] = ()


def find(data: Sequence[Path]) -> Found:
    """What the files, folders and globs of the arguments are. Raises DataError where there is no file.

    A folder is one table where its files are numbered parts, else each of its files is one. Beside a single file its
    test part and its costs are looked for.
    """
    entries, notes = [], list[str]()
    for path in data:
        inside, said = _entries(path)
        entries += inside
        notes += said
    entries = list(dict.fromkeys(entries))
    alone = len(entries) == 1 and entries[0].is_file()
    beside = _beside(entries[0]) if alone else []
    return _sorted([*entries, *beside], given=entries, notes=notes)


def _entries(path: Path) -> tuple[list[Path], list[str]]:
    """The tables behind an argument: itself, or those in a folder of the disk; in a store a folder is one table."""
    if address_of(path):
        files(path)
        return [path], []
    if not path.is_dir():
        if not any(sign in path.name for sign in GLOB):
            files(path)
            kind(path)
        return [path], []
    within = sorted(one for one in path.iterdir() if not one.name.startswith((".", "_")))
    folders = [one for one in within if one.is_dir() and "=" not in one.name and _has_files(one)]
    named, notes = _one_format([one for one in within if one.is_file() and one.suffix.lower() in FORMATS])
    if any(one.is_dir() and "=" in one.name for one in within) or (not folders and _numbered(named)):
        return [path], []
    files(path) if not folders else None
    return [*folders, *named], notes


def _one_format(paths: Iterable[Path]) -> tuple[list[Path], list[str]]:
    """Of files that differ in their format alone the one that says most, and a note on the others."""
    best: dict[str, Path] = {}
    notes = []
    for path in sorted(paths, key=lambda path: (BEST.index(kind(path)), path.name)):
        if path.stem in best:
            notes.append(f"{path.name} is passed over: {best[path.stem].name} has the same name")
        best.setdefault(path.stem, path)
    return sorted(best.values()), notes


def _numbered(paths: Sequence[Path]) -> bool:
    """Whether the files are the parts of one table: their names differ in digits alone."""
    return len(paths) > 1 and len({re.sub("[0-9]+", "#", path.name) for path in paths}) == 1


def _has_files(folder: Path) -> bool:
    return any(one.suffix.lower() in FORMATS for one in folder.rglob("*") if one.is_file())


def _beside(file: Path) -> list[Path]:
    """The test part of a file, and the costs of both, in its folder and its format."""
    rest = _rest(file)
    if _says(file) & TEST:
        return []
    alike = [one for one in file.parent.glob(f"*{file.suffix}") if one.is_file() and one != file]
    tests = [one for one in alike if _says(one) & TEST and _rest(one) == rest]
    costs = [one for one in alike if _rest(one) & COSTS and _rest(one) - COSTS == rest]
    return [*sorted(tests)[:1], *sorted(costs)]


def _sorted(entries: Sequence[Path], given: Sequence[Path], notes: Sequence[str]) -> Found:
    tests = {_rest(path): path for path in entries if _says(path) & TEST}
    alone = [path for path in entries if path not in tests.values() or len(entries) == 1]
    alone = alone or list(given)
    costs = {_rest(path) - COSTS: path for path in alone if _rest(path) & COSTS and _rest(path) - COSTS != _rest(path)}
    mains = [path for path in alone if path not in costs.values()] or alone
    tables: dict[str, Path] = {}
    for path in mains:
        tables[free_name(_name(path), tables)] = path
    return Found(
        tables=tables,
        tests={name: tests[_rest(path)] for name, path in tables.items() if tests.get(_rest(path), path) != path},
        costs={
            name: (costs[_rest(path)], tests.get(_rest(path) | _rest(costs[_rest(path)])))
            for name, path in tables.items()
            if _rest(path) in costs
        },
        notes=tuple(notes),
    )


def _says(path: Path) -> frozenset[str]:
    return frozenset(words(path.stem))


def _rest(path: Path) -> frozenset[str]:
    """The words of a name but those that say which part it is."""
    return _says(path) - TRAIN - TEST


def _name(path: Path) -> str:
    """What a table is called: the name of its file, as a key of TOML may be bare."""
    name = re.sub(r"[^A-Za-z0-9_-]+", "_", path.stem).strip("_")
    return name or "table"
