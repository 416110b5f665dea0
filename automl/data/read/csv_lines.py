"""Lines of a csv that are no rows: a preamble, the header again; standard library only, as score.py has a copy."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import chain, islice
from typing import NamedTuple, Protocol

from automl.data.read.column_names import fault_of, names_in
from automl.data.read.parsers import NUMBER
from automl.data.read.scalars import BLANKS

AHEAD = 50  # records in which the header is looked for
Record = tuple[int, list[str]]  # the number of its last line, and its cells


class CsvReader(Protocol):
    """What `csv.reader` gives."""

    @property
    def line_num(self) -> int:
        """The lines read so far."""
        ...

    def __iter__(self) -> Iterator[list[str]]:
        """The cells of each record."""
        ...


class LeftOut(NamedTuple):
    """The lines of a csv that are no rows: how many are above the header, and how many repeat it."""

    above: int = 0
    repeated: int = 0

    def __str__(self) -> str:
        """As it is told."""
        counts = (self.above, "above the header"), (self.repeated, "as the header is")
        said = [f"{count:,} line{'s' if count > 1 else ''} {what}" for count, what in counts if count]
        return f"left out: {' and '.join(said)}"


ALL_ROWS = LeftOut()


def lines_above(reader: CsvReader) -> tuple[int, Iterator[Record]]:
    """How many lines stand above the header; then the header, and all that follows."""
    records = ((reader.line_num, cells) for cells in reader)
    ahead = list(islice(records, AHEAD))
    place = header_place([cells for _, cells in ahead])
    return ahead[place - 1][0] if place else 0, chain(ahead[place:], records)


def rows_of(reader: CsvReader, tell: Callable[[LeftOut], object]) -> Iterator[Record]:
    """The header and the rows of a csv; at its end `tell` gets what was left out, if there is something."""
    above, records = lines_above(reader)
    header: list[str] | None = None
    repeated = 0
    for line, cells in records:
        if header is not None and len(header) > 1 and cells == header:
            repeated += 1
            continue
        header = header or cells
        yield line, cells
    if above or repeated:
        tell(LeftOut(above, repeated))


def header_place(records: Sequence[Sequence[str]]) -> int:
    """The place of the header among the first `records`: 0, or behind a preamble of lines with hardly a cell filled.

    The header names two columns or more, the line below it is as wide, and does not look like another of its kind.
    """
    for place, cells in enumerate(records):
        prose = [_is_prose(above, len(cells)) for above in records[:place]]
        if place and all(prose) and _is_header(cells, next(filter(None, records[place + 1 :]), None)):
            plain = all(len(_filled(above)) <= 1 for above in records[:place])
            return place if plain or _over_numbers(cells, records[place + 1 :]) else 0
    return 0


def _is_prose(cells: Sequence[str], width: int) -> bool:
    return len(_filled(cells)) <= 1 or 2 * len(_filled(cells)) < width


def _is_header(cells: Sequence[str], below: Sequence[str] | None) -> bool:
    """Whether cells name columns: two or more, apart, and no numbers unless texts stand over numbers."""
    if len(_filled(cells)) < 2 or fault_of(names_in(cells)) or (below is not None and len(below) != len(cells)):  # noqa: PLR2004  # one may be prose
        return False
    return not any(map(_is_number, cells)) or _over_numbers(cells, [below or ()])


def _over_numbers(cells: Sequence[str], below: Iterable[Sequence[str]]) -> bool:
    """Whether a text of `cells` has a number in its column."""
    return any(_is_number(under) and not _is_number(cell) for row in below for cell, under in zip(cells, row))  # noqa: B905  # lines may be short


def _filled(cells: Sequence[str]) -> list[str]:
    return [cell for cell in cells if cell.strip(BLANKS)]


def _is_number(cell: str) -> bool:
    return NUMBER.fullmatch(cell.strip(BLANKS)) is not None
