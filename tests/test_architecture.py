"""docs/architecture.md says what is: which files cross borders, who has a clock, where untyped libraries come in."""

from __future__ import annotations

import ast
import re
import tomllib
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
CLOCKS = re.compile(r"time\.(time|monotonic|perf_counter|process_time|thread_time|clock_gettime)|datetime\.(now|today)")
STARTERS = ("subprocess", "multiprocessing")
CHANGES = re.compile(  # of a disk, by the calls of the standard library that make them
    r"os\.(replace|renames?|remove|removedirs|unlink|rmdir|mkdir|makedirs|f?truncate|f(data)?sync|p?writev?|link|symlink)"
    r"|shutil\.(rmtree|move|copy\w*|make_archive|unpack_archive)|tempfile\.(\w*Temporary\w*|mk\w+)"
    r"|.*\.(write_text|write_bytes|unlink|mkdir|rmdir|touch|symlink_to|hardlink_to|extractall|tofile|save_model)"
)
STREAMS = re.compile(r"np\.savez?|.*\.(write_(csv|ipc|ipc_stream|parquet|json|ndjson|excel)|sink_\w+|ParquetWriter)")
NOT_THE_ENGINE = ("bench", "testing", "bundle.score_file", "disk")  # score_file stands alone: it ships as score.py
PAST_THE_DISK = {  # what goes past it, and why
    "bundle._tried": {"os.write"},  # its answer, to the one who asked
    "data.read.guard": {"os.write", "tempfile.TemporaryFile"},  # to stderr; a file without a name
    "executors.local": {"tempfile.TemporaryFile"},  # without a name: nobody finds it
    "deploy.parquet_file": {"rows.sink_parquet"},  # to what is given: a file that `disk` opened, or a buffer
    "doctor.machine": {"tempfile.TemporaryFile"},  # whether there is room
    "executors.spawn": {"tempfile.TemporaryFile"},  # the same
    "host.files": {"os.open", "os.ftruncate", "tempfile.TemporaryFile"},  # to sync what disk wrote; the same
    "learners._catboost": {"booster.save_model"},  # the library writes by itself, into scratch
}
MANY = 5  # rooms that use a file: then it is one to know


def _module(path: Path) -> str:
    parts = path.relative_to(ROOT / "automl").with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


TREES = {_module(path): ast.parse(path.read_text(encoding="utf-8")) for path in ROOT.glob("automl/**/*.py")}


def _room(module: str) -> str:
    return module.partition(".")[0]


def _imports(tree: ast.Module) -> Iterator[str]:
    """Every module that is imported at any depth; of `from a import b` both a and a.b, of which one is a module."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{name.name}" for name in node.names)


def _calls(tree: ast.Module) -> Iterator[str]:
    """What is read of a module, such as `time.monotonic`, also where it was imported by its name."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            yield f"{node.value.id}.{node.attr}"
        elif isinstance(node, ast.ImportFrom):
            yield from (f"{node.module}.{name.name}" for name in node.names)


def _table(section: str) -> list[list[str]]:
    """The cells of the table in a section of the page, without its head."""
    _, _, below = PAGE.partition(f"## {section}\n")
    lines = [line for line in below.partition("\n## ")[0].splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]


def test_the_border_files_are_those_that_rooms_share() -> None:
    """Each file that five rooms or more take something from is in the table, and none that only its own room uses."""
    users: dict[str, set[str]] = defaultdict(set)
    for module, tree in TREES.items():
        for name in _imports(tree):
            used = name.removeprefix("automl.")
            if used in TREES and _room(used) not in ("", _room(module)) and module:
                users[used].add(_room(module))
    packages = {module for module in TREES if any(other.startswith(f"{module}.") for other in TREES)} - {"spec"}
    shared = {module for module, rooms in users.items() if len(rooms) >= MANY and module not in packages}
    links = [re.search(r"\.\./automl/([\w/]+)", cells[0]) for cells in _table("The border files")]
    told = {link[1].replace("/", ".").removesuffix(".__init__") for link in links if link}
    assert shared - told == set()
    assert {module for module in told if not users[module]} == set()


def test_the_rooms_with_a_clock_or_processes_are_told() -> None:
    """A room that reads a clock, holds a deadline or starts a process stands in the table for that, and no other."""
    clocks: set[str] = {"budget"}
    starters: set[str] = set()
    for module, tree in TREES.items():
        calls, imported = set(_calls(tree)), set(_imports(tree))
        if "automl.budget" in imported or any(map(CLOCKS.fullmatch, calls)):
            clocks.add(_room(module))
        if imported & set(STARTERS) or "os.fork" in calls:
            starters.add(_room(module))
    rows = _table("Clocks and processes")
    assert {room.strip("`") for room, clock, _ in rows if clock} == clocks
    assert {room.strip("`") for room, _, processes in rows if processes} == starters


def test_untyped_libraries_come_in_where_the_page_says() -> None:
    """Each library that mypy does not see into has its importers in the table."""
    overrides = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["mypy"]["overrides"]
    untyped = {name.removesuffix(".*") for entry in overrides for name in entry["module"]}
    homes: dict[str, set[str]] = {name: set() for name in untyped}
    for module, tree in TREES.items():
        for name in _imports(tree):
            if _room(name) in untyped:
                homes[_room(name)].add(module)
    told = {
        library.strip("`"): set(re.findall(r"`([\w.]+)`", where))
        for library, where in _table("Libraries without types")
    }
    assert told == homes


def _streams(tree: ast.Module) -> set[str]:
    """Names of what is no file of its own: a buffer in memory, one that `disk` opened, a zip that is in such a one."""
    found = {
        ast.unparse(node.targets[0])
        for node in ast.walk(tree)
        if isinstance(node, ast.Assign) and "BytesIO" in ast.unparse(node.value)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.withitem) and re.match(
            r"(disk\.writing|zipfile\.ZipFile)\(", ast.unparse(node.context_expr)
        ):
            found.add(ast.unparse(node.optional_vars or node.context_expr))
    return found


def _writes(tree: ast.Module) -> Iterator[str]:
    """The calls in a module that change a disk, as they are written there."""
    streams, frames = _streams(tree), "polars" in set(_imports(tree))
    yield from filter(CHANGES.fullmatch, _imports(tree))
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            name, into = ast.unparse(node.func), ast.unparse(node.args[0]) if node.args else ""
            owner, _, method = name.rpartition(".")
            if (
                (CHANGES.fullmatch(name) and owner != "disk")
                or (
                    name == "os.open"
                    and "devnull" not in into
                    and re.search(r"WRONLY|RDWR|CREAT", ast.unparse(node.args[1]))
                )
                or (STREAMS.fullmatch(name) and into not in streams)
                or (method in {"open", "ZipFile"} and _mode(node) and not {owner, into} & streams)
                or (method == "replace" and owner != "disk" and _of_a_path(node))
                or (method == "rename" and owner != "disk" and _of_a_path(node) and not frames)
            ):
                yield name


def _mode(call: ast.Call) -> bool:
    """Whether a file is opened to write."""
    arguments = (*call.args, *(word.value for word in call.keywords))
    words = [each.value for each in arguments if isinstance(each, ast.Constant) and isinstance(each.value, str)]
    return any(set(word) & set("wax+") and set(word) <= set("rwaxbt+") for word in words)


def _of_a_path(call: ast.Call) -> bool:
    """Whether a method has the one argument of a path's `replace`, which is no text and no mapping."""
    return len(call.args) == 1 and not call.keywords and isinstance(call.args[0], ast.Name | ast.BinOp)


def test_one_module_writes_to_the_disk() -> None:
    """What writes, syncs, renames or removes goes through `disk`; tests let each of its calls fail."""
    found = {
        module: set(_writes(tree))
        for module, tree in TREES.items()
        if not any(module == name or module.startswith(f"{name}.") for name in NOT_THE_ENGINE)
    }
    assert {module: calls for module, calls in found.items() if calls} == PAST_THE_DISK
