"""Columns whose names polars takes for patterns ("*", "^a.*$") have names of ours inside, their own outside.

Standard library only, because this text is copied into every `score.py`. Not the expressions of polars alone: each
method of a series looks for its own column by its name.
"""

from collections.abc import Collection

CALLED = "column "  # how such a name begins inside


def inside(name: str) -> str:
    """What a column is called in our frames, in specs and bundles; what has been renamed stays.

    >>> inside("age"), inside("*"), inside(inside("^a.*$"))
    ('age', 'column *', 'column ^a.*$')
    """
    return CALLED + name if _is_pattern(name) else name


def outside(name: str) -> str:
    """What the column is called where it comes from.

    >>> outside("age"), outside("column *"), outside("column one")
    ('age', '*', 'column one')
    """
    own = name.removeprefix(CALLED)
    return own if _is_pattern(own) else name


def free_name(wanted: str, taken: Collection[str]) -> str:
    """`wanted`, or with the first number behind it that makes it another name than those that are `taken`.

    >>> free_name("row", ["row", "row 2"])
    'row 3'
    """
    names = (wanted if number == 1 else f"{wanted} {number}" for number in range(1, len(taken) + 2))
    return next(name for name in names if name not in taken)


def _is_pattern(name: str) -> bool:
    return name == "*" or (name.startswith("^") and name.endswith("$"))
