"""Cells that hold something and cannot be read: counted by column, told, and refused where a column has nothing else.

Standard library only, because this text is copied into every `score.py`.
"""

import warnings
from collections.abc import Iterable, Mapping, Sequence
from typing import Literal, NamedTuple

from automl.data.read.column_reader import ColumnReader, Reader
from automl.data.read.reader import read_value
from automl.data.read.scalars import BLANKS, plain_scalar

OnUnread = Literal["refuse", "empty"]

ENOUGH = 20  # filled cells from which on a column without one that can be read is a mistake
SHOWN = 40  # signs of an example
LISTED = 5  # columns that one warning names
TEXTS = ("category", "text")  # wires that read whatever is there


class UnreadWarning(UserWarning):
    """Cells that hold something cannot be read, and count as missing."""


class Tally(NamedTuple):
    """Cells of a column: those that were `read`, those that hold something else, and an example of these."""

    wire: str
    read: int
    unread: int
    example: str = ""

    def __str__(self) -> str:
        shown = f", such as {self.example!r}" if self.example else ""
        return f"{self.unread:,} of {self.read + self.unread:,} filled cells cannot be read as a {self.wire}{shown}"


Unread = Mapping[str, Tally]
"""The tally of each number, date or flag column, by name."""


def fallible(*readers: Reader) -> list[tuple[str, ColumnReader]]:
    """The columns that may hold what cannot be read."""
    columns = {column["name"]: column for reader in readers for column in reader["columns"]}
    return [(name, column) for name, column in columns.items() if column["wire"] not in TEXTS]


def cell_of(column: ColumnReader, row: Mapping[str, object]) -> object:
    """The raw cell of a column, None where there is none; of several parts their texts, None where one is missing."""
    if "parts" not in column:
        return row.get(column["name"])
    parts = [plain_scalar(column, row[part]) for part in column["parts"]]
    filled = all(part is not None and str(part).strip(BLANKS) for part in parts)
    return " ".join(map(str, parts)) if filled else None


def is_unread(column: ColumnReader, cell: object) -> bool:
    """Whether a cell that was read as NaN holds something: it is no gap, no missing word and no sentinel."""
    if cell is None or (type(cell) is str and not cell):  # most gaps, told in no time
        return False
    value = plain_scalar(column, cell)
    if value is None or value != value:  # noqa: PLR0124  # NaN is not itself
        return False
    if isinstance(value, str) and (not (text := value.strip(BLANKS)) or text in column["missing"]):
        return False
    if not column.get("sentinels"):
        return True
    plainly = read_value({**column, "sentinels": ()}, value)
    return plainly != plainly  # noqa: PLR0124  # as above


def tally(column: ColumnReader, rows: int, gaps: Iterable[object]) -> Tally:
    """The tally of `rows` cells, of which `gaps` were read as NaN."""
    cells = list(gaps)
    lost = [cell for cell in cells if is_unread(column, cell)]
    return Tally(column["wire"], rows - len(cells), len(lost), shown(lost[0]) if lost else "")


def shown(cell: object) -> str:
    """A cell as an example of others."""
    text = str(cell).strip(BLANKS)
    return text if len(text) <= SHOWN else f"{text[:SHOWN]}..."


def added(*tallies: Unread) -> Unread:
    """The tallies of several parts of the same data as one."""
    found: dict[str, Tally] = {}
    for name, more in (item for part in tallies for item in part.items()):
        so_far = found.get(name, Tally(more.wire, 0, 0))
        both = so_far.read + more.read, so_far.unread + more.unread
        found[name] = Tally(more.wire, *both, so_far.example or more.example)
    return found


def told(unread: Unread) -> list[str]:
    """A sentence for each column with cells that cannot be read."""
    return [f"column {name!r}: {found}" for name, found in unread.items() if found.unread]


def refusal(unread: Unread) -> str:
    """What is said of columns with many filled cells of which not one can be read; nothing where there are none."""
    return listed(told({name: found for name, found in unread.items() if found.unread >= ENOUGH and not found.read}))


def unreadable(columns: Sequence[str]) -> str:
    """What is said of one row; nothing where all of it was read."""
    return (
        f"{'a cell' if len(columns) == 1 else 'cells'} cannot be read: {', '.join(map(repr, columns))}"
        if columns
        else ""
    )


def listed(sentences: Sequence[str]) -> str:
    """The sentences as one."""
    more = len(sentences) - LISTED
    return "; ".join(sentences[:LISTED]) + (f"; and {more} more columns" if more > 0 else "")


def warn(what: str) -> None:
    """A warning at the line that called what calls this; none where there is nothing to say."""
    if what:
        warnings.warn(f"{what}; such cells count as missing", UnreadWarning, stacklevel=3)
