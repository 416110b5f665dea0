"""Say why raw rows are answered as they are, without automl: the end of the text of explain.py, its command line."""

from __future__ import annotations

import argparse
import csv
import json
import os
import sys
from collections.abc import Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import TextIO

from automl.bundle.explaining import SECONDS, explainer_of, explanations
from automl.bundle.harmless import harmless
from automl.bundle.score_file import add_unread, ended, opened, rows_in, say, whole
from automl.bundle.scorer import ScoreError, Scorer, check_unread, checked
from automl.data.read.unread import OnUnread, Unread, listed, told, warn
from automl.errors import AutomlError
from automl.explain.explanation import Explanations
from automl.std_streams import open_closed_streams

RawRow = Mapping[str, object]  # raw cells by column


class RowExplainer:
    """The bundle in `folder`, opened to say why: `explain` raw rows, as `automl.Bundle.explain` does frames.

    `scorer` is its scorer, which has the other tables at hand where the bundle reads some.
    """

    def __init__(self, folder: str | os.PathLike[str], scorer: Scorer | None = None) -> None:
        self.scorer = scorer or Scorer(folder)

        def read(name: str) -> bytes:
            return checked(Path(folder), self.scorer.manifest, name)

        self._explainer = explainer_of(self.scorer, json.loads(read("profile.json")), read)

    def explain(
        self, rows: Sequence[RawRow], *, unread: OnUnread = "refuse", seconds: float = SECONDS, first: int = 1
    ) -> Explanations:
        """Why each raw row is answered as it is, within about `seconds` each; they are numbered from `first` on.

        Warns of cells that could not be read; ScoreError where that is a whole column, unless `unread` is "empty".
        """
        found, unreadable = self.counted(rows, seconds=seconds, first=first)
        check_unread(unreadable, unread)
        warn(listed(told(unreadable)))
        return found

    def counted(self, rows: Sequence[RawRow], *, seconds: float, first: int = 1) -> tuple[Explanations, Unread]:
        """The same without a word, and of each column how many cells could not be read."""
        columns = self.scorer.columns_of(rows)
        found = explanations(self._explainer, self.scorer, rows, columns, seconds=seconds, first=first)
        return found, self.scorer.unread(rows)


def main(arguments: Sequence[str] | None = None) -> int:
    """Explain rows of a CSV file with the bundle that this file lies in."""
    open_closed_streams()
    chosen = _parser().parse_args(arguments)
    try:
        model = RowExplainer(chosen.bundle, opened(chosen.bundle, chosen.table))
        first, rows = _asked_rows(model.scorer, chosen)
        found, unread = model.counted(rows, seconds=chosen.seconds, first=first)
        check_unread(unread, chosen.unread, f"{chosen.data}: ")
        say(unread)
        if chosen.out is None:
            sys.stdout.write(f"{_json(found) if chosen.json else found.story()}\n")
        else:
            with whole(chosen.out) as target:
                _write(found, chosen.out, target)
    except (ScoreError, AutomlError, OSError, UnicodeError, csv.Error) as error:
        return ended(error, chosen.data)
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description="Tell why rows of a CSV file are answered as they are.")
    parser.add_argument("data", type=Path, help="the CSV file, with a header")
    which = parser.add_mutually_exclusive_group()
    which.add_argument("--row", type=int, default=1, metavar="N", help="the row to explain, counted from 1 on")
    which.add_argument("--all", action="store_true", help="explain every row")
    parser.add_argument("-o", "--out", type=Path, help="the .csv (reason codes) or .json file to write")
    parser.add_argument("--json", action="store_true", help="all that is known, as JSON")
    parser.add_argument("--seconds", type=float, default=SECONDS, help="the most that one row may take")
    parser.add_argument(
        "--bundle", type=Path, default=Path(__file__).resolve().parent, help="default: beside this file"
    )
    parser.add_argument("--costs", type=Path, help="the CSV cost file of these rows, if the spec names one")
    parser.add_argument("--table", action="append", default=[], metavar="NAME=FILE", help="another table, by its name")
    add_unread(parser)
    return parser


def _asked_rows(scorer: Scorer, chosen: argparse.Namespace) -> tuple[int, list[RawRow]]:
    """The number of the first row that is asked about, and the raw rows."""
    rows = rows_in(scorer, chosen.data, chosen.costs)[1]
    if chosen.all:
        return 1, list(rows)
    found: list[RawRow] = list(islice(rows, chosen.row - 1, chosen.row)) if chosen.row > 0 else []
    if not found:
        raise ScoreError(f"{chosen.data}: the data has no row {chosen.row}\n  Rows are counted from 1 on.")
    return chosen.row, found


def _json(found: Explanations) -> str:
    return json.dumps(found.as_json(), indent=1, ensure_ascii=False, allow_nan=False)


def _write(found: Explanations, out: Path, target: TextIO) -> None:
    """Reason codes as CSV, whose cells no spreadsheet takes for a formula (V12), or all that is known as JSON."""
    if out.suffix.lower() == ".json":
        target.write(f"{_json(found)}\n")
        return
    codes = found.codes()
    writer = csv.writer(target, lineterminator="\n")
    writer.writerow([harmless(name) for name in (codes[0] if codes else ())])
    writer.writerows([harmless(cell) for cell in row.values()] for row in codes)


if __name__ == "__main__":
    sys.exit(main())
