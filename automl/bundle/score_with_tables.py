"""Score a CSV file with a bundle of several tables, which are files too: the command line of such a score.py."""

import argparse
import csv
from collections.abc import Sequence
from pathlib import Path

from automl.bundle.score_file import add_unread, ended, say, say_ignored, score_file
from automl.bundle.scorer import ScoreError
from automl.bundle.table_files import named
from automl.bundle.tables import TableScorer
from automl.errors import AutomlError
from automl.std_streams import open_closed_streams


def main(folder: Path, arguments: Sequence[str] | None = None) -> int:
    """Score a CSV file with the bundle in `folder` and the tables that are named."""
    open_closed_streams()
    parser = argparse.ArgumentParser(description="Score the raw rows of a CSV file with this bundle.")
    parser.add_argument("data", type=Path, help="the CSV file, with a header")
    parser.add_argument("-o", "--out", type=Path, required=True, help="the CSV file to write")
    parser.add_argument("--table", action="append", default=[], metavar="NAME=FILE", help="another table, by its name")
    parser.add_argument("--bundle", type=Path, default=folder, help="default: beside this file")
    add_unread(parser)
    chosen = parser.parse_args(arguments)
    try:
        say(score_file(opened(chosen.bundle, chosen.table), chosen.data, chosen.out, unread=chosen.unread))
    except (ScoreError, AutomlError, OSError, UnicodeError, csv.Error) as error:
        return ended(error, chosen.data)
    return 0


def opened(folder: Path, pairs: Sequence[str]) -> TableScorer:
    """The scorer of the bundle in `folder` with the tables that are given as NAME=FILE; those not read are told."""
    tables = named(pairs)
    scorer = TableScorer(folder, tables)
    say_ignored(tables, scorer.tables)
    return scorer
