"""Our own tree as values that the report of its shape looks at: modules with their syntax, and figures."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

Function = ast.FunctionDef | ast.AsyncFunctionDef
FunctionOrClass = Function | ast.ClassDef
Block = FunctionOrClass | ast.If | ast.For | ast.AsyncFor | ast.While | ast.With | ast.AsyncWith | ast.Try | ast.Match
Node = TypeVar("Node", bound=ast.AST)


@dataclass(frozen=True, slots=True, kw_only=True)
class Module:
    """A file of the package or of its tests."""

    name: str  # dotted; of an __init__ the package's
    path: Path  # below the root
    lines: int
    tree: ast.Module

    @property
    def functions(self) -> Iterator[Function]:
        """Every function and method, nested ones too."""
        return (node for node in ast.walk(self.tree) if isinstance(node, Function))

    @property
    def is_command(self) -> bool:
        """Whether it holds a command of the command line."""
        return any(is_click(function) for function in self.functions)

    def nodes(self, kind: type[Node]) -> Iterator[Node]:
        """Every node of that kind."""
        return (node for node in ast.walk(self.tree) if isinstance(node, kind))

    @property
    def imports(self) -> set[str]:
        """Every dotted name that is imported anywhere in the file: of `from a import b` both a and a.b."""
        whole = {name.name for node in self.nodes(ast.Import) for name in node.names}
        parts = [node for node in self.nodes(ast.ImportFrom) if node.module]
        return whole.union(*({node.module, *(f"{node.module}.{name.name}" for name in node.names)} for node in parts))


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One figure: what was found, and what a rule tells apart from it."""

    title: str
    found: Sequence[str]
    apart: Mapping[str, Sequence[str]] = field(default_factory=dict)
    count: str = ""  # where it is not the number of what was found

    @property
    def row(self) -> str:
        """Its line in the table."""
        apart = "".join(f", {len(lines)} {name}" for name, lines in self.apart.items())
        return f"{self.title:<42} {self.count or len(self.found)}{apart}"


def read(root: Path, folder: str) -> list[Module]:
    """The Python files below a folder of the root."""
    paths = sorted((root / folder).rglob("*.py"))
    return [_module(path.relative_to(root), path.read_text(encoding="utf-8")) for path in paths]


def _module(path: Path, text: str) -> Module:
    parts = path.parent.parts if path.stem == "__init__" else path.with_suffix("").parts
    return Module(name=".".join(parts), path=path, lines=len(text.splitlines()), tree=ast.parse(text))


def is_click(function: Function) -> bool:
    """Whether a decorator of click makes it a command."""
    return any(ast.unparse(decorator).startswith("click.") for decorator in function.decorator_list)
