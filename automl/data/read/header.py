"""Names of columns: each has one, and no two are the same."""

from __future__ import annotations

from automl.data.read.column_names import fault_of, names_in
from automl.errors import DataError


def header_of(cells: list[str], where: str) -> list[str]:
    """The names in a header, without blanks around them; DataError where they do not tell the columns apart."""
    names = names_in(cells)
    check_names(names, where)
    return names


def check_names(names: list[str], where: str) -> None:
    """Raise DataError for a name that stands twice, or is empty; `where` is the file."""
    if fault := fault_of(names):
        what, hint = fault
        raise DataError(what, where=where, hint=hint)
