"""What score.py is made of: our own sources, without automl."""

from __future__ import annotations

import ast
import sys

import pytest

from automl.bundle import score_text as made
from automl.bundle.score_text import COPIES, needed_modules, score_files, score_text


def test_score_py_needs_little():
    """The text compiles and imports the standard library, numpy and onnxruntime, nothing else."""
    modules = {
        name.split(".")[0]
        for node in ast.walk(ast.parse(score_text()))
        if isinstance(node, ast.Import | ast.ImportFrom)
        for name in ([node.module] if isinstance(node, ast.ImportFrom) else [alias.name for alias in node.names])
    }
    assert modules - set(sys.stdlib_module_names) == {"numpy", "onnxruntime"}


def test_copies_import_each_other_and_little_else():
    """Each file compiles; nothing of automl is left, and beside the standard library only three packages are named."""
    files = score_files(tables=True)
    outside = set()
    for name, text in files.items():
        for node in ast.walk(ast.parse(text, name)):
            if isinstance(node, ast.Import):
                outside |= {alias.name.split(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom):
                top, _, module = str(node.module).partition(".")
                outside.add(top)
                copied = [module] if module else [alias.name for alias in node.names]
                assert top != COPIES or all(f"{COPIES}/{each}.py" in files for each in copied)
    assert outside - set(sys.stdlib_module_names) == {"numpy", "onnxruntime", "polars", COPIES}


def test_one_table_has_one_file():
    """Nothing changes where there is one table."""
    assert list(score_files(tables=False)) == ["score.py"]


def test_the_text_is_the_same_each_time():
    """R12: the file is part of a bundle that reproduces; imports stand once each, sorted."""
    text = score_text()
    assert text == score_text()
    imports = [line for line in text.splitlines() if line.startswith(("import ", "from "))]
    assert imports == sorted(set(imports))
    assert not any("automl" in line for line in imports)


def test_a_library_that_score_py_must_not_need_is_refused(monkeypatch):
    """Whoever imports scikit-learn in a module that ships learns of it when the file is made."""
    monkeypatch.setattr(made, "source_of", {"automl.bundle.tables": "from sklearn.svm import SVC\n"}.get)
    with pytest.raises(ValueError, match=r"automl\.bundle\.tables imports sklearn\.svm\.SVC"):
        needed_modules("automl.bundle.tables")


def test_a_module_that_is_not_there_is_told():
    """A root with a typo is no empty list of modules."""
    with pytest.raises(ValueError, match=r"there is no module automl\.bundle\.tabels"):
        needed_modules("automl.bundle.tabels")


def test_what_a_module_imports_is_followed_once():
    """Modules that import each other's neighbours end, and the root is among them."""
    found = needed_modules("automl.bundle.tables")
    assert {"automl.bundle.tables", "automl.bundle.scorer", "automl.data.read.reader", "automl.errors"} <= found
    assert not any(name.startswith(("automl.search", "automl.learners")) for name in found)


def test_imports_are_led_to_the_copies(monkeypatch):
    """`import` within a function keeps its indent, a module or a name keeps the name it is used by."""
    source = (
        "import json\nfrom automl.bundle import scorer as s\n\n\ndef f():\n"
        "    from automl.errors import DataError as D, one_line\n    return D, one_line, s, json\n"
    )
    monkeypatch.setattr(made, "source_of", lambda _: source)
    assert made._copied("automl.x").splitlines() == [
        "import json",
        f"from {COPIES} import bundle_scorer as s",
        "",
        "",
        "def f():",
        f"    from {COPIES}.errors import DataError as D",
        f"    from {COPIES}.errors import one_line",
        "    return D, one_line, s, json",
    ]
