"""The shape of our own tree, as a report: sizes of modules and functions, import cycles, tests for each line."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path
from statistics import median

import grimp

LONG_MODULE = 300
LONG_FUNCTION = 50
MANY_ARGUMENTS = 8

Function = ast.FunctionDef | ast.AsyncFunctionDef


def main() -> None:
    """Print the report for the tree this file lies in."""
    root = Path(__file__).parents[1]
    modules = {path.relative_to(root): path.read_text(encoding="utf-8") for path in root.glob("automl/**/*.py")}
    tests = sum(_lines(path.read_text(encoding="utf-8")) for path in root.glob("tests/**/*.py"))
    sizes = {path: _lines(text) for path, text in modules.items()}
    functions = [(path, function) for path, text in modules.items() for function in _functions(text)]

    print(f"modules           {len(sizes)}, median {median(sizes.values()):.0f} lines, longest {max(sizes.values())}")
    lengths = [_length(function) for _, function in functions]
    print(f"functions         {len(lengths)}, median {median(lengths):.0f} lines, longest {max(lengths)}")
    print(f"tests             {tests / sum(sizes.values()):.2f} lines for each line of source")
    print(f"cycles of modules {len(_cycles())}")
    _list(
        f"modules over {LONG_MODULE} lines", (f"{size:5}  {path}" for path, size in sizes.items() if size > LONG_MODULE)
    )
    _list(
        f"functions over {LONG_FUNCTION} lines",
        (f"{_length(f):5}  {path}:{f.lineno} {f.name}" for path, f in functions if _length(f) > LONG_FUNCTION),
    )
    _list(
        f"functions with more than {MANY_ARGUMENTS} arguments",
        (f"{_arguments(f):5}  {path}:{f.lineno} {f.name}" for path, f in functions if _arguments(f) > MANY_ARGUMENTS),
    )
    for cycle in _cycles():
        print(f"  cycle: {' -> '.join(cycle)}")


def _list(title: str, lines: Iterator[str]) -> None:
    found = sorted(lines, reverse=True)
    print(f"{title}: {len(found)}")
    for line in found:
        print(f"  {line}")


def _lines(text: str) -> int:
    return sum(1 for line in text.splitlines() if line.strip())


def _functions(text: str) -> Iterator[Function]:
    return (node for node in ast.walk(ast.parse(text)) if isinstance(node, Function))


def _length(function: Function) -> int:
    return (function.end_lineno or function.lineno) - function.lineno + 1


def _arguments(function: Function) -> int:
    return len(function.args.args) + len(function.args.kwonlyargs) + len(function.args.posonlyargs)


def _cycles() -> list[tuple[str, ...]]:
    """Pairs of modules that import each other, at any distance."""
    graph = grimp.build_graph("automl")
    found = set()
    for module in graph.modules:
        for other in graph.find_modules_directly_imported_by(module):
            if other != module and graph.find_shortest_chain(importer=other, imported=module):
                found.add(tuple(sorted((module, other))))
    return sorted(found)


if __name__ == "__main__":
    main()
