"""The stand-alone scorer: one file for one table; for several a front, and the modules it needs copied beside it."""

from __future__ import annotations

import ast
import importlib.util
import inspect
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import automl.bundle.score_file
import automl.bundle.scorer
import automl.data.read.column_names
import automl.data.read.column_reader
import automl.data.read.csv_lines
import automl.data.read.dates
import automl.data.read.encoding
import automl.data.read.parsers
import automl.data.read.reader
import automl.data.read.scalars
import automl.data.read.unread
import automl.graph.runtime
import automl.names
import automl.std_streams
from automl.bundle.layout import COPIES

HEAD = '''"""Score raw rows with the bundle that this file lies in; needs numpy and onnxruntime, nothing else.

    python score.py DATA.csv -o OUT.csv

    from score import Scorer
    Scorer("path/of/the.bundle").decide({"column": "value", ...})
"""

if __name__ == "__main__":  # Python looks beside a script first; what lies beside this one is no library
    import sys

    if not sys.flags.safe_path:
        del sys.path[0]
'''
FRONT = '''"""Score raw rows with the bundle that this file lies in; needs numpy and onnxruntime, nothing else.

Polars is needed, too, for tables that are frames or files, and for many rows at once.

    python score.py DATA.csv -o OUT.csv --table NAME=FILE

    from score import Scorer
    Scorer("path/of/the.bundle", {"NAME": frame, file or list of raw rows}).decide({"column": "value", ...})
"""

import sys

if __name__ == "__main__" and not sys.flags.safe_path:
    del sys.path[0]  # Python looks beside a script first; what lies beside this one is no library
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

sys.dont_write_bytecode = True  # the bundle stays as it was written
spec = spec_from_file_location("score_tables", Path(__file__).resolve().with_name("score_tables") / "__init__.py")
sys.modules["score_tables"] = module_from_spec(spec)
from score_tables.bundle_tables import TableScorer as Scorer

__all__ = ["Scorer"]

if __name__ == "__main__":
    from score_tables.bundle_score_with_tables import main

    sys.exit(main(Path(__file__).resolve().parent))
'''
ROOT = "automl.bundle.score_with_tables"
PARTS = (
    automl.std_streams,
    automl.data.read.column_reader,
    automl.names,
    automl.data.read.scalars,
    automl.data.read.parsers,
    automl.data.read.dates,
    automl.data.read.reader,
    automl.data.read.unread,
    automl.data.read.encoding,
    automl.data.read.column_names,
    automl.data.read.csv_lines,
    automl.graph.runtime,
    automl.bundle.scorer,
    automl.bundle.score_file,
)
"""What score.py is made of, in an order in which nothing is used before it is there."""
ALLOWED = frozenset({"numpy", "onnxruntime", "polars"}) | sys.stdlib_module_names


def score_files(*, tables: bool) -> dict[str, str]:
    """The files of the scorer by name: `score.py`, and for several tables the copies that it imports."""
    if not tables:
        return {"score.py": score_text()}
    copies = {f"{COPIES}/{flat(module)}.py": _copied(module) for module in sorted(needed_modules(ROOT))}
    return {"score.py": FRONT, f"{COPIES}/__init__.py": '"""What score.py needs."""\n', **copies}


def score_text() -> str:
    """The source of score.py for one table: all imports first, then the reader, the scorer, its command line."""
    imports: set[str] = set()
    bodies = []
    for module in PARTS:
        source = inspect.getsource(module)
        lines = source.splitlines()
        for node in reversed(ast.parse(source).body):
            if isinstance(node, ast.Import | ast.ImportFrom) or is_docstring(node):
                imports.add(ast.unparse(node) if is_outside(node) else "")
                del lines[node.lineno - 1 : node.end_lineno]
        bodies.append("\n".join(lines).strip("\n"))
    return "\n".join([HEAD, *sorted(imports - {""}), "", "\n\n\n".join(bodies), ""])


def needed_modules(root: str) -> set[str]:
    """The modules of ours that `root` imports, and those that these import. ValueError for a library not allowed."""
    found, waiting = set[str](), [root]
    while waiting:
        module = waiting.pop()
        found.add(module)
        for node in _imports(ast.parse(source_of(module))):
            for name in map(_existing, _modules(node)):
                if name.startswith("automl."):
                    waiting += [name] if name not in found else []
                elif name.split(".")[0] not in ALLOWED:
                    raise ValueError(f"{module} imports {name}, which score.py must not need")
    return found


def _copied(module: str) -> str:
    """The source of a module with its imports of ours led to the copies."""
    source = source_of(module)
    lines = source.splitlines()
    for node in sorted(_imports(ast.parse(source)), key=lambda node: -node.lineno):
        if any(name.startswith("automl.") for name in _modules(node)):
            lines[node.lineno - 1 : node.end_lineno] = [f"{' ' * node.col_offset}{line}" for line in _led(node)]
    return "\n".join(lines) + "\n"


def _led(node: ast.Import | ast.ImportFrom) -> Iterator[str]:
    """The import of ours as imports of the copies, a line for each name."""
    for alias, whole in zip(node.names, _modules(node), strict=True):
        name, module = alias.asname or alias.name, _existing(whole)
        if module == whole:
            yield f"from {COPIES} import {flat(module)} as {name}"
        else:
            yield f"from {COPIES}.{flat(module)} import {alias.name}" + (f" as {name}" if name != alias.name else "")


def _imports(tree: ast.Module) -> Iterator[ast.Import | ast.ImportFrom]:
    yield from (node for node in ast.walk(tree) if isinstance(node, ast.Import | ast.ImportFrom))


def _modules(node: ast.Import | ast.ImportFrom) -> list[str]:
    """What each name of an import may be the module of: `from a import b` is of `a.b` if there is one, else of `a`."""
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    return [f"{node.module}.{alias.name}" for alias in node.names]


def _existing(name: str) -> str:
    """The module `name`, or the one that has it."""
    if not name.startswith("automl."):
        return name
    try:
        return name if importlib.util.find_spec(name) else name.rpartition(".")[0]
    except ModuleNotFoundError:  # what has it is no package
        return name.rpartition(".")[0]


def source_of(module: str) -> str:
    """The source of a module of ours; ValueError where there is none."""
    spec = importlib.util.find_spec(module)
    if spec is None or spec.origin is None:
        raise ValueError(f"there is no module {module}")
    return Path(spec.origin).read_text(encoding="utf-8")


def flat(module: str) -> str:
    """The name of a module's copy."""
    return re.sub(r"^automl\.", "", module).replace(".", "_")


def is_docstring(node: ast.stmt) -> bool:
    """Whether it is a text that stands alone."""
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def is_outside(node: ast.stmt) -> bool:
    """Whether the import is of the standard library, numpy or onnxruntime: all but our own."""
    if isinstance(node, ast.ImportFrom):
        return not (node.module or "").startswith("automl")
    return isinstance(node, ast.Import)
