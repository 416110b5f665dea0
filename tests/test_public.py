"""What is public is written down, used in a program that a type checker reads, and nothing else is."""

from __future__ import annotations

import ast
from pathlib import Path

import automl

ROOT = Path(__file__).parents[1]


def test_all_that_is_public_is_used_where_types_are_checked() -> None:
    """Each public name stands in the program of `make lint`: a name without types would be seen there."""
    tree = ast.parse((ROOT / "tests" / "typing" / "public_api.py").read_text(encoding="utf-8"))
    used = {
        node.attr
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "automl"
    }
    assert used == set(automl.__all__)


def test_the_package_says_that_it_has_types() -> None:
    """Without the mark of PEP 561 a type checker takes nothing of it."""
    assert (Path(automl.__file__).parent / "py.typed").is_file()


def test_what_is_public_stands_in_the_how_to() -> None:
    """Whoever embeds it finds each name on the page."""
    page = (ROOT / "docs" / "howto" / "embed.md").read_text(encoding="utf-8")
    assert [name for name in automl.__all__ if name not in page] == []
