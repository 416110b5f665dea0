"""Score a CSV file into another with a bundle: the end of the text of score.py, and its command line."""

import argparse
import csv
import os
import sys
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from itertools import zip_longest
from pathlib import Path
from typing import TextIO

from automl.bundle.scorer import ScoreError, Scorer, check_unread, chunks, missing_columns
from automl.data.read.column_names import fault_of, names_in
from automl.data.read.column_reader import CsvDialect
from automl.data.read.csv_lines import LeftOut, rows_of
from automl.data.read.encoding import encoding_of
from automl.data.read.scalars import BLANKS
from automl.data.read.unread import OnUnread, Unread, added, told
from automl.names import outside
from automl.std_streams import open_closed_streams


def main(arguments: Sequence[str] | None = None) -> int:
    """Score a CSV file beside the bundle that this file lies in."""
    open_closed_streams()
    parser = argparse.ArgumentParser(description="Score the raw rows of a CSV file with this bundle.")
    parser.add_argument("data", type=Path, help="the CSV file, with a header")
    parser.add_argument("-o", "--out", type=Path, required=True, help="the CSV file to write")
    parser.add_argument(
        "--bundle", type=Path, default=Path(__file__).resolve().parent, help="default: beside this file"
    )
    parser.add_argument("--costs", type=Path, help="the CSV cost file of these rows, if the spec names one")
    parser.add_argument("--table", action="append", default=[], metavar="NAME=FILE", help="not read by this bundle")
    add_unread(parser)
    chosen = parser.parse_args(arguments)
    try:
        scorer = opened(chosen.bundle, chosen.table)
        say(score_file(scorer, chosen.data, chosen.out, chosen.costs, unread=chosen.unread))
    except (ScoreError, OSError, UnicodeError, csv.Error) as error:
        return ended(error, chosen.data)
    return 0


def opened(folder: Path, pairs: Sequence[str]) -> Scorer:
    """The scorer of the bundle in `folder`; that it reads no tables is told where some are given as NAME=FILE."""
    say_ignored((pair.partition("=")[0] for pair in pairs), ())
    return Scorer(folder)


def add_unread(parser: argparse.ArgumentParser) -> None:
    """The option that says what becomes of a column that cannot be read."""
    parser.add_argument(
        "--unread",
        choices=["refuse", "empty"],
        default="refuse",
        help="what is done with columns of which no cell can be read (default: refuse)",
    )


def say(unread: Unread) -> None:
    """Tell on stderr of columns with cells that cannot be read."""
    for sentence in told(unread):
        write_error(f"{sentence}; such cells count as missing")


def say_ignored(given: Iterable[str], read: Collection[str]) -> None:
    """Tell on stderr of tables that were given and are not looked at."""
    if sentence := ignored(given, read):
        write_error(sentence)


def ignored(given: Iterable[str], read: Collection[str]) -> str:
    """A sentence on the tables that were given and that the model does not read; nothing where there are none."""
    names = [repr(name) for name in given if name not in read]
    return f"the model does not read the table{'s' if len(names) > 1 else ''} {', '.join(names)}" if names else ""


def ended(error: Exception, data: Path) -> int:
    """Say on stderr why there is no output; the exit code, as automl has it: 6 is the machine, 3 the data."""
    own = isinstance(error, UnicodeError | csv.Error)
    write_error(f"{data}: {error}" if own else str(error))
    return int(getattr(error, "exit_code", 6 if isinstance(error, OSError) else 3))


def write_error(text: str) -> None:
    """A line on stderr, if it takes one."""
    with suppress(OSError):
        sys.stderr.write(f"{text}\n")


def score_file(
    scorer: Scorer, data: Path, out: Path, costs: Path | None = None, *, unread: OnUnread = "refuse"
) -> Unread:
    """Write the key columns and the answers of each row of `data` to `out`, which appears only when it is whole.

    `costs` is the cost file of these rows, where the spec names one; without it the spec says what stands in. Returns
    what could not be read of each column; ScoreError where that is a whole one, unless `unread` is "empty".
    """
    found: Unread = {}
    with whole(out) as target:
        writer = csv.writer(target, lineterminator="\n")
        header, rows = rows_in(scorer, data, costs)
        keys = [key for key in scorer.keys if key in header]
        writer.writerow(keys + scorer.columns)
        for number, chunk in enumerate(chunks(rows, scorer.chunk_rows)):
            answers, more = scorer.counted(chunk, number * scorer.chunk_rows)
            found = added(found, more)
            for row, cells in zip(chunk, zip(*answers, strict=True), strict=True):
                writer.writerow([row[key] for key in keys] + [written(cell) for cell in cells])
        check_unread(found, unread, f"{data}: ")
    return found


@contextmanager
def whole(out: Path) -> Iterator[TextIO]:
    """A text file to write, which appears as `out` only when it is whole."""
    partial = out.with_name(f".{out.name}.{os.getpid()}.part")
    try:
        with partial.open("w", encoding="utf-8", newline="") as target:
            yield target
        partial.replace(out)
    finally:
        partial.unlink(missing_ok=True)


def rows_in(scorer: Scorer, data: Path, costs: Path | None) -> tuple[list[str], Iterator[dict[str, str]]]:
    """The header of a CSV file and its raw rows, with the columns of their cost file where there is one.

    ScoreError where a column lacks that the model reads.
    """
    dialect: CsvDialect | None = scorer.manifest["dialect"]
    lines = read_csv(data, dialect or {}, lambda left_out: write_error(f"{data}: {left_out}"))
    header = next(lines)
    if lacking := [name for name in scorer.needed if name not in header]:
        raise ScoreError(missing_columns(lacking))
    rows = (dict(zip(header, cells, strict=True)) for cells in lines)
    return header, rows if costs is None else priced(rows, costs, scorer)


def priced(rows: Iterator[dict[str, str]], costs: Path, scorer: Scorer) -> Iterator[dict[str, str]]:
    """The rows with the columns of their cost file, by row order or by key; a key that is not there has no cost."""
    by = outside((scorer.manifest["spec"]["objective"].get("costs") or {}).get("by") or "")
    names = [outside(column["name"]) for column in scorer.reader["columns"] if column.get("optional")]
    lines = read_csv(costs, {})
    header = next(lines)
    lacking = [name for name in names if name not in header]
    if not names or not by or lacking:
        raise ScoreError(f"{costs}: {missing_columns(lacking) if lacking else 'the bundle reads no cost file'}")
    amounts = (dict(zip(header, cells, strict=True)) for cells in lines)
    if by == "row order":
        for row, amount in zip_longest(rows, amounts):
            if row is None or amount is None:
                raise ScoreError(f"{costs}: in row order there is one row of costs for each row of the data")
            yield row | {name: amount[name] for name in names}
    else:
        table = {one_spelling(amount.get(by, "")): amount for amount in amounts}
        for row in rows:
            amount = table.get(one_spelling(row.get(by, "")), {})
            yield row | {name: amount.get(name, "") for name in names}


def one_spelling(key: str) -> str:
    """A key as text: "2" and "2.0" are one."""
    text = key.strip(BLANKS)
    try:
        number = float(text)
    except ValueError:
        return text
    return str(int(number)) if number.is_integer() else repr(number)


def read_csv(
    path: Path, dialect: CsvDialect, tell: Callable[[LeftOut], object] = lambda _: None
) -> Iterator[list[str]]:
    """The header of a CSV file, then its rows, every cell as text; its encoding is its own, not that of training.

    `tell` gets the lines that are no rows, if there are any.
    """
    if not path.exists():
        raise ScoreError(f"{path}: there is no such file")
    csv.field_size_limit(2**28)  # characters: a larger cell is an error, not a document
    with path.open(encoding=encoding_of(path), newline="") as file:
        lines = csv.reader(
            file,
            delimiter=dialect.get("separator", ","),
            quotechar=dialect.get("quote", '"'),
            skipinitialspace=dialect.get("skip_blank", False),
        )
        records = rows_of(lines, tell)
        header = names_in(next(records, (0, []))[1])
        if not header:
            raise ScoreError(f"{path}: the file is empty, or its first line is: it names no columns")
        if fault := fault_of(header):
            raise ScoreError(f"{path}: {fault[0]}\n  {fault[1]}")
        yield header
        for line, cells in records:
            if len(cells) == len(header):
                yield cells
            elif cells:
                raise ScoreError(f"{path}: line {line} has {len(cells)} values, the header {len(header)}")


def written(cell: object) -> str:
    """A cell as every CSV of ours has it: numbers in the shortest form that reads back to the same number."""
    if cell is None:
        return ""
    return repr(cell) if isinstance(cell, float) else str(cell)


if __name__ == "__main__":
    sys.exit(main())
