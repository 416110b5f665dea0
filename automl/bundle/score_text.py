"""The text of score.py: the reader and the scorer in one file that needs numpy and onnxruntime only."""

from __future__ import annotations

import ast
import inspect

import automl.bundle.scorer
import automl.data.reader

HEAD = '''"""Score raw rows with the bundle that this file lies in; needs numpy and onnxruntime, nothing else.

    python score.py DATA.csv -o OUT.csv

    from score import Scorer
    Scorer("path/of/the.bundle").decide({"column": "value", ...})
"""
'''


def score_text() -> str:
    """The source of score.py: imports of both modules first, then the reader, then the scorer."""
    imports: set[str] = set()
    bodies = []
    for module in (automl.data.reader, automl.bundle.scorer):
        source = inspect.getsource(module)
        lines = source.splitlines()
        for node in reversed(ast.parse(source).body):
            if _is_import(node) or _is_docstring(node):
                imports.add(ast.unparse(node) if _is_outside(node) else "")
                del lines[node.lineno - 1 : node.end_lineno]
        bodies.append("\n".join(lines).strip("\n"))
    return "\n".join([HEAD, *sorted(imports - {""}), "", *bodies, ""])


def _is_import(node: ast.stmt) -> bool:
    return isinstance(node, ast.Import | ast.ImportFrom)


def _is_docstring(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def _is_outside(node: ast.stmt) -> bool:
    """Whether the import is of the standard library, numpy or onnxruntime: all but our own."""
    if isinstance(node, ast.ImportFrom):
        return not (node.module or "").startswith("automl")
    return isinstance(node, ast.Import)
