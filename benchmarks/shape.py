"""The shape of our own tree, as a report: sizes, arguments, `Any`, cycles inside rooms, tests that mirror modules.

    python benchmarks/shape.py             # reads the files, in seconds
    python benchmarks/shape.py --coverage  # runs each mirrored test file by itself as well, in minutes

It is a report, not a gate: what it lists is to be looked at twice. Lines are all lines of a file. What counts apart is
told by rules, not by lists of names; they are stated in `RULES` and printed at the end.
"""

from __future__ import annotations

import argparse
import ast
import tomllib
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from statistics import median

import grimp
from shape_tests import MIRRORED_FROM, empty_tests, mirrors, thinly_covered, unmirrored
from shape_tree import Block, Figure, Function, Module, is_click, read

PACKAGE = "automl"
LONG_MODULE = 300
LONG_FUNCTION = 40
MANY_ARGUMENTS = 8
SHORT_WORD = 15  # lines of a function in a flat vocabulary
FEW_STATEMENTS = 25  # of a flat story; each may be long
DOCUMENTS = frozenset({"json", "tomllib"})  # they read what has no types yet
RULES = {
    "flat vocabulary": f"a module whose lines stand mostly in classes, whose functions and methods are no longer than "
    f"{SHORT_WORD} lines, and none of whose functions calls another: words side by side",
    "flat story": f"a function of at most {FEW_STATEMENTS} statements, the docstring and the inner ones counted, of "
    "which at most one is a block (if, for, while, with, try, match, def, class)",
    "public": "what the package exports at its top, such as automl.fit",
    "border": "a module that imports json, tomllib or a library without types (mypy's overrides in pyproject.toml)",
    "Any": "each use of the name past its import",
    "mirrored": f"a module of more than {MIRRORED_FROM} lines (no base, no __init__, no _private, no click command) is "
    "imported by test_<its name>.py, which stands in the same folder of tests/ or at their top",
    "cycle": "siblings in a package, at any depth, that import each other, each with all below it; or modules",
}

Import = tuple[str, str]  # who imports, what


def main() -> None:
    """Print the report for the tree this file lies in."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--coverage", action="store_true", help="run each mirrored test file by itself")
    said = parser.parse_args()
    for line in report(Path(__file__).parents[1], coverage=said.coverage):
        print(line)


def report(root: Path, *, coverage: bool) -> Iterator[str]:
    """A table of the figures, what stands behind each, and the rules."""
    modules, tests = read(root, PACKAGE), read(root, "tests")
    figures = [
        long_modules(modules),
        long_functions(modules),
        many_arguments(modules),
        uses_of_any(modules, untyped_libraries(root)),
        cycles(imports_between(PACKAGE)),
        unmirrored(modules, tests),
        *([thinly_covered(root, mirrors(modules, tests))] if coverage else []),
        empty_tests(tests),
    ]
    yield from summary(modules, tests)
    yield from (figure.row for figure in figures)
    for figure in figures:
        yield from ("", figure.row) if figure.found or any(figure.apart.values()) else ()
        yield from (f"  {line}" for line in sorted(figure.found, reverse=True))
        for name, lines in figure.apart.items():
            yield from (f"  {line}  ({name})" for line in sorted(lines, reverse=True))
    yield ""
    yield from (f"{name}: {rule}" for name, rule in RULES.items())


# --- sizes --------------------------------------------------------------------------------------------


def summary(modules: Sequence[Module], tests: Sequence[Module]) -> Iterator[str]:
    """How many modules and functions there are, and how much of tests."""
    sizes = [module.lines for module in modules]
    lengths = [_length(function) for module in modules for function in module.functions]
    ratio = sum(test.lines for test in tests) / sum(sizes)
    yield f"{'modules':<42} {len(sizes)}, median {median(sizes):.0f} lines, longest {max(sizes)}"
    yield f"{'functions':<42} {len(lengths)}, median {median(lengths):.0f} lines, longest {max(lengths)}"
    yield f"{'lines of tests for each line of source':<42} {ratio:.2f}"


def long_modules(modules: Iterable[Module]) -> Figure:
    """Modules of more lines than `LONG_MODULE`; flat vocabularies apart."""
    kinds = defaultdict(list)
    for module in modules:
        if module.lines > LONG_MODULE:
            kinds[is_flat_vocabulary(module)].append(f"{module.lines:5}  {module.path}")
    return Figure(title=f"modules over {LONG_MODULE} lines", found=kinds[False], apart={"flat vocabulary": kinds[True]})


def is_flat_vocabulary(module: Module) -> bool:
    """The rule of `RULES`."""
    functions = {node.name for node in module.tree.body if isinstance(node, Function)}
    calls = {node.func.id for node in module.nodes(ast.Call) if isinstance(node.func, ast.Name)}
    in_classes = sum(_length(node) for node in module.tree.body if isinstance(node, ast.ClassDef))
    short = all(_length(function) <= SHORT_WORD for function in module.functions)
    return in_classes > module.lines / 2 and short and not functions & calls


def long_functions(modules: Iterable[Module]) -> Figure:
    """Functions of more lines than `LONG_FUNCTION`; flat stories apart."""
    kinds = defaultdict(list)
    for module in modules:
        for function in module.functions:
            if _length(function) > LONG_FUNCTION:
                kinds[is_flat_story(function)].append(_place(_length(function), module, function))
    return Figure(title=f"functions over {LONG_FUNCTION} lines", found=kinds[False], apart={"flat story": kinds[True]})


def is_flat_story(function: Function) -> bool:
    """The rule of `RULES`."""
    statements = [node for node in ast.walk(function) if isinstance(node, ast.stmt) and node is not function]
    return len(statements) <= FEW_STATEMENTS and sum(isinstance(node, Block) for node in statements) <= 1


def many_arguments(modules: Sequence[Module]) -> Figure:
    """Functions of more arguments than `MANY_ARGUMENTS`; click commands and what is public apart."""
    public = exports(modules)
    kinds = defaultdict(list)
    for module in modules:
        for function in module.functions:
            if _arguments(function) > MANY_ARGUMENTS:
                exported = any(_is_from(module, home) for home, name in public if name == function.name)
                kind = "click command" if is_click(function) else "public" if exported else ""
                kinds[kind].append(_place(_arguments(function), module, function))
    return Figure(
        title=f"functions of more than {MANY_ARGUMENTS} arguments",
        found=kinds[""],
        apart={kind: kinds[kind] for kind in ("click command", "public")},
    )


def exports(modules: Iterable[Module]) -> set[tuple[str, str]]:
    """Where the package's own `__init__` imports its names from: module and name."""
    top = next(module for module in modules if module.name == PACKAGE)
    return {(node.module or "", name.name) for node in top.nodes(ast.ImportFrom) for name in node.names}


def _is_from(module: Module, home: str) -> bool:
    return f"{module.name}.".startswith(f"{home}.")


def _length(node: ast.stmt) -> int:
    return (node.end_lineno or node.lineno) - node.lineno + 1


def _arguments(function: Function) -> int:
    return len(function.args.args) + len(function.args.kwonlyargs) + len(function.args.posonlyargs)


def _place(size: int, module: Module, function: Function) -> str:
    return f"{size:5}  {module.path}:{function.lineno} {function.name}"


# --- types and imports --------------------------------------------------------------------------------


def uses_of_any(modules: Iterable[Module], untyped: Collection[str]) -> Figure:
    """Where `Any` is used in modules that are no border to `untyped` libraries; the borders' sum apart."""
    uses = {module: sum(node.id == "Any" for node in module.nodes(ast.Name)) for module in modules}
    inside = {module: count for module, count in uses.items() if count and not is_border(module, untyped)}
    return Figure(
        title="uses of Any outside borders",
        found=[f"{count:5}  {module.path}" for module, count in inside.items()],
        count=f"{sum(inside.values())} of {sum(uses.values())}",
    )


def is_border(module: Module, untyped: Collection[str]) -> bool:
    """The rule of `RULES`."""
    return any(name.split(".")[0] in DOCUMENTS.union(untyped) for name in module.imports)


def untyped_libraries(root: Path) -> set[str]:
    """The libraries that mypy is told to look past."""
    settings = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))
    overrides = [part for part in settings["tool"]["mypy"]["overrides"] if part.get("ignore_missing_imports")]
    return {name.removesuffix(".*") for part in overrides for name in part["module"]}


def cycles(imports: Iterable[Import]) -> Figure:
    """Rooms with a cycle between siblings, and the modules as a whole; the first loop of each."""
    rooms: dict[str, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    for importer, imported in imports:
        rooms["modules"][importer].add(imported)
        room, one, other = part(importer, imported)
        if one and other:
            rooms[room][one].add(other)
    found = {room: cycle(siblings) for room, siblings in rooms.items()}
    loops = [f"{room}: {' -> '.join(loop)}" for room, loop in found.items() if loop]
    return Figure(title="rooms with a cycle", found=loops)


def part(importer: str, imported: str) -> tuple[str, str, str]:
    """The deepest room that holds both, and the names of the siblings in it; "" where one is the room itself."""
    one, other = importer.split("."), imported.split(".")
    shared = next((i for i, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))
    return ".".join(one[:shared]), "".join(one[shared : shared + 1]), "".join(other[shared : shared + 1])


def cycle(siblings: Mapping[str, Collection[str]]) -> Sequence[str]:
    """A loop among siblings, if there is one."""
    try:
        TopologicalSorter(siblings).prepare()
    except CycleError as error:
        return error.args[1]
    return ()


def imports_between(package: str) -> list[Import]:
    """Every import of a module of the package by another, as grimp sees them."""
    graph = grimp.build_graph(package, cache_dir=None)
    return [(one, other) for one in sorted(graph.modules) for other in graph.find_modules_directly_imported_by(one)]


if __name__ == "__main__":
    main()
