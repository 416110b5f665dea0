"""Names in a header line, and what is wrong with them; standard library only, because `score.py` has a copy."""

from collections import Counter
from collections.abc import Sequence

from automl.data.read.scalars import BLANKS


def names_in(cells: Sequence[str]) -> list[str]:
    """The names in a header, without blanks around them; a first one that is empty gets one."""
    names = [cell.strip(BLANKS) for cell in cells]
    if names and not names[0]:
        names[0] = "column_1"  # the row numbers that pandas writes have no name
    return names


def fault_of(names: Sequence[str]) -> tuple[str, str] | None:
    """Why the names do not tell the columns apart, and what to do; None where they do."""
    if double := [name for name, count in Counter(names).items() if count > 1]:
        return f"columns with the same name: {', '.join(map(repr, double))}", "give each column its own name"
    if "" in names:
        return f"column {list(names).index('') + 1} has no name", "write its name into the header"
    return None
