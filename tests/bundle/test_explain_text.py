"""What explain.py is made of: our own sources without automl, beside the scorer that it takes the rest from."""

from __future__ import annotations

import ast
import sys
from collections import defaultdict

import pytest

from automl.bundle import explain_text as made
from automl.bundle.explain_text import BESIDE, PARTS, code_files, explain_text
from automl.bundle.layout import COPIES
from automl.bundle.score_text import score_files, source_of


@pytest.mark.parametrize(("tables", "home"), [(False, BESIDE), (True, COPIES)])
def test_it_needs_little(tables, home):
    """The text compiles and imports the standard library, numpy and the scorer beside it, no automl."""
    nodes = [
        node
        for node in ast.walk(ast.parse(explain_text(tables=tables)))
        if isinstance(node, ast.Import | ast.ImportFrom)
    ]
    named = [
        name
        for node in nodes
        for name in ([str(node.module)] if isinstance(node, ast.ImportFrom) else [a.name for a in node.names])
    ]
    assert {name.split(".")[0] for name in named} - set(sys.stdlib_module_names) == {"numpy", home}


@pytest.mark.parametrize("tables", [False, True])
def test_what_it_takes_from_the_scorer_is_there(tables):
    """Every name that is imported from beside stands at the top of that file, of one table and of several."""
    files = score_files(tables=tables)
    for node in ast.parse(explain_text(tables=tables)).body:
        if isinstance(node, ast.ImportFrom) and str(node.module).split(".")[0] in {BESIDE, COPIES}:
            home = files[f"{str(node.module).replace('.', '/')}.py" if tables else "score.py"]
            assert {alias.name for alias in node.names} <= names_of(home)


def test_no_two_parts_give_one_name_two_meanings():
    """Modules become one file, so a name that two of them have at their top is the same in both."""
    meanings = defaultdict(set)
    for module in PARTS:
        for node in ast.parse(source_of(module)).body:
            if not isinstance(node, ast.Import | ast.ImportFrom):
                for name in names_of(ast.unparse(node)):
                    meanings[name].add(ast.unparse(node))
    assert {name for name, several in meanings.items() if len(several) > 1} == set()


def names_of(source: str) -> set[str]:
    """What a source names at its top."""
    found = set()
    for node in ast.parse(source).body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            found.add(node.name)
        elif isinstance(node, ast.Import | ast.ImportFrom):
            found |= {alias.asname or alias.name for alias in node.names}
        else:
            found |= {one.id for one in ast.walk(node) if isinstance(one, ast.Name) and isinstance(one.ctx, ast.Store)}
    return found


def test_a_module_that_is_no_part_is_refused(monkeypatch):
    """Whoever imports another module of ours in one that ships learns of it when the file is made."""
    monkeypatch.setattr(made, "source_of", lambda _: "from automl.search.board import Board\n")
    with pytest.raises(ValueError, match=r"explain\.py needs automl\.search\.board"):
        explain_text(tables=False)


def test_it_lies_beside_the_scorer():
    """R12: the same text each time, one more file of the bundle's code."""
    for tables in (False, True):
        files = code_files(tables=tables)
        assert files == code_files.__wrapped__(tables=tables)
        assert set(files) - set(score_files(tables=tables)) == {"explain.py"}
