"""Names of columns: each has one, and no two are the same."""

from __future__ import annotations

from collections import Counter

from automl.data.read.scalars import BLANKS
from automl.errors import DataError
from automl.names import inside


def header_of(cells: list[str], where: str) -> list[str]:
    """The names in a header, as we call them, without blanks; DataError where they do not tell the columns apart."""
    names = [inside(cell.strip(BLANKS)) for cell in cells]
    if names and not names[0]:
        names[0] = "column_1"  # the row numbers that pandas writes have no name
    check_names(names, where)
    return names


def check_names(names: list[str], where: str) -> None:
    """Raise DataError for a name that stands twice, or is empty; `where` is the file."""
    double = [name for name, count in Counter(names).items() if count > 1]
    if double:
        listed = ", ".join(repr(name) for name in double)
        raise DataError(f"columns with the same name: {listed}", where=where, hint="give each column its own name")
    if any(not name for name in names):
        at = names.index("") + 1
        raise DataError(f"column {at} has no name", where=where, hint="write its name into the header")
