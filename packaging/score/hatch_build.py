"""Picks what scores out of the package: the commands, the rooms that ship, and whatever these import."""

from __future__ import annotations

import ast
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

HERE = Path(__file__).parent
COMMANDS = ("explain", "predict", "serve", "show", "verify")
ROOMS = ("bundle", "deploy", "explain")
STAYS = (
    "automl/deploy/export",
    "automl/monitor",
    "automl/pipeline",
)  # rooms that ask what ships, and are not asked by it
TOP = ("automl", "automl.__main__", "automl.cli", "automl.cli.commands")


class Shipped(BuildHookInterface[Any]):
    """Names each file of the wheel to hatchling."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:  # noqa: ARG002  # hatchling's signature
        """Add the files, by where they come from; hatchling takes each source once, so what is absent has copies."""
        self.copies = Path(tempfile.mkdtemp())
        for target, source in files(HERE.parents[1]).items():
            if source.parent == HERE:
                source = shutil.copy(source, self.copies / target.replace("/", "."))  # noqa: PLW2901
            build_data["force_include"][str(source)] = target

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:  # noqa: ARG002  # as above
        """Remove the copies."""
        shutil.rmtree(self.copies)


def files(root: Path) -> dict[str, Path]:
    """The files of the wheel: where each goes, and what of the tree at `root` it is made from."""
    starts = [path for room in ROOMS for path in (root / "automl" / room).rglob("*.py")]
    names = [*TOP, *(f"automl.cli.commands.{name}" for name in COMMANDS), *(_module(root, path) for path in starts)]
    modules = closure(root, names)
    folders = {path.parent for path in modules}
    data = [path for folder in sorted(folders) for path in folder.iterdir() if path.is_file() and path.suffix != ".py"]
    found = {path.relative_to(root).as_posix(): path for path in (*sorted(modules), *data)}
    commands = sorted((root / "automl/cli/commands").glob("[a-z]*.py"))
    rooms = sorted(path.parent for path in (root / "automl").glob("*/__init__.py"))
    absent = {path.relative_to(root).as_posix(): HERE / "absent_command.py" for path in commands}
    absent |= {f"automl/{path.name}/__init__.py": HERE / "absent_module.py" for path in rooms}
    return absent | found


def closure(root: Path, names: Iterable[str]) -> set[Path]:
    """The files of modules and of all that they import, at their top or later, with the packages around them."""
    todo, seen = list(names), dict[str, Path]()
    while todo:
        name = todo.pop()
        path = _file(root, name)
        if name in seen or path is None or path.relative_to(root).as_posix().startswith(STAYS):
            continue
        seen[name] = path
        todo += [around for one in imported(path) for around in _with_packages(one)]
    return set(seen.values())


def imported(path: Path) -> Iterator[str]:
    """The names that a module imports, those for types alone left out."""
    todo: list[ast.AST] = [ast.parse(path.read_text(encoding="utf-8"))]
    while todo:
        node = todo.pop()
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            todo += node.orelse
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        else:
            todo += ast.iter_child_nodes(node)


def _with_packages(name: str) -> Iterator[str]:
    parts = name.split(".")
    yield from (".".join(parts[:end]) for end in range(1, len(parts) + 1))


def _module(root: Path, path: Path) -> str:
    return ".".join(path.relative_to(root).with_suffix("").parts).removesuffix(".__init__")


def _file(root: Path, name: str) -> Path | None:
    """The file of a module or package; None for what is neither, such as a function in one, or is not ours."""
    place = root / name.replace(".", "/")
    found = [path for path in (place / "__init__.py", place.with_name(f"{place.name}.py")) if path.is_file()]
    return found[0] if found and name.startswith("automl") else None
