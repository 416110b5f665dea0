"""explain.py: one file beside the stand-alone scorer that says why; what the scorer has already it takes from there."""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator, Mapping
from functools import cache
from types import MappingProxyType

from automl.bundle.layout import COPIES
from automl.bundle.score_text import PARTS as SCORER
from automl.bundle.score_text import ROOT, flat, is_docstring, is_outside, needed_modules, score_files, source_of

BESIDE = "score_beside"  # what score.py is called in here: another bundle's may be open as `score`
HEAD = '''"""Say why raw rows are answered as they are; needs what score.py needs, and score.py, which lies beside it.

    python explain.py DATA.csv --row 3
    python explain.py DATA.csv --all -o CODES.csv

    from explain import RowExplainer
    RowExplainer("path/of/the.bundle").explain([{"column": "value", ...}]).story()
"""

from __future__ import annotations

import sys

if __name__ == "__main__" and not sys.flags.safe_path:
    del sys.path[0]  # Python looks beside a script first; what lies beside this one is no library
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

sys.dont_write_bytecode = True  # the bundle stays as it was written
'''
OPEN = {
    False: f"""spec = spec_from_file_location("{BESIDE}", Path(__file__).resolve().with_name("score.py"))
sys.modules["{BESIDE}"] = module_from_spec(spec)
spec.loader.exec_module(sys.modules["{BESIDE}"])
""",
    True: f"""spec = spec_from_file_location("{COPIES}", Path(__file__).resolve().with_name("{COPIES}") / "__init__.py")
sys.modules["{COPIES}"] = module_from_spec(spec)
""",
}
"""How the scorer beside it is opened, of one table and of several."""
OTHERWISE = {
    ("automl.bundle.scorer", "Scorer"): ("automl.bundle.tables", "TableScorer"),
    ("automl.bundle.score_file", "opened"): ("automl.bundle.score_with_tables", "opened"),
}
"""What another name stands for where there are several tables."""
PARTS = (
    "automl.errors",
    "automl.shown",
    "automl.graph.protobuf",
    "automl.graph.parse",
    "automl.graph.inner",
    "automl.bundle.golden_text",
    "automl.bundle.harmless",
    "automl.explain.game",
    "automl.explain.players",
    "automl.explain.shapley",
    "automl.explain.counterfactual",
    "automl.explain.explanation",
    "automl.explain.explain",
    "automl.bundle.explaining",
    "automl.bundle.explain_file",
)
"""What explain.py is made of beyond the scorer, in an order in which nothing is used before it is there."""


@cache  # for several tables it reads and parses half of our modules, and a process may write many bundles
def code_files(*, tables: bool) -> Mapping[str, str]:
    """The code of a bundle by the names of its files: the scorer, and what says why."""
    return MappingProxyType({**score_files(tables=tables), "explain.py": explain_text(tables=tables)})


def explain_text(*, tables: bool) -> str:
    """The source of explain.py. ValueError for a module of ours that is neither a part of it nor of the scorer."""
    there = needed_modules(ROOT) if tables else {module.__name__ for module in SCORER}
    imports, bodies = set[str](), []
    for module in PARTS:
        if module in there:
            continue
        source = source_of(module)
        lines = source.splitlines()
        for node in reversed(ast.parse(source).body):
            if isinstance(node, ast.Import | ast.ImportFrom) or is_docstring(node):
                imports |= set() if is_docstring(node) else set(_led(node, there))
                del lines[node.lineno - 1 : node.end_lineno]
        bodies.append("\n".join(lines).strip("\n"))
    own = sorted(imports - {"from __future__ import annotations"})
    return "\n".join([HEAD + OPEN[tables].rstrip(), *own, "", "\n\n\n".join(bodies), ""])


def _led(node: ast.stmt, there: Collection[str]) -> Iterator[str]:
    """The lines in place of an import: what is ours and no part of the file comes from the scorer beside it."""
    if not isinstance(node, ast.ImportFrom) or is_outside(node):
        yield ast.unparse(node)
        return
    for alias in node.names:
        module, name = (str(node.module), alias.name)
        if module in PARTS and module not in there:
            continue
        if module not in there:
            raise ValueError(f"explain.py needs {module}, which is no part of it")
        several = ROOT in there
        module, name = OTHERWISE.get((module, name), (module, name)) if several else (module, name)
        home = f"{COPIES}.{flat(module)}" if several else BESIDE
        called = alias.asname or alias.name
        yield f"from {home} import {name}" + (f" as {called}" if called != name else "")
