"""The rows that features are computed for, train and test, each beside the tables as it may see them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl

from automl.data.read.table_rows import TableReader
from automl.data.read.typed_tables import Frame, read_table
from automl.data.rows import Prepared
from automl.data.tables.checks import MAIN
from automl.data.tables.joins import JoinedTables

CHILD_ROWS = 200_000  # rows of another table that features are proposed on


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainAndTest:
    """Main's rows in front of the tables, and the tables as each part may see them: test sees past rows of both."""

    train: pl.DataFrame
    test: pl.DataFrame
    past_train: Mapping[str, Frame]
    past_test: Mapping[str, Frame]

    @classmethod
    def of(cls, joined: JoinedTables, data: Prepared) -> TrainAndTest:
        """Both parts of `data` beside the tables that were `joined`."""
        entry: TableReader = {"reader": joined.document["main"]}
        train, test = (read_table(MAIN, entry, part.raw) for part in (data.train, data.test))
        tables, both = dict(joined.frames), dict(joined.frames)
        if past := joined.document["tables"].get(MAIN):
            before, since = (read_table(MAIN, past, part.raw).lazy().collect() for part in (data.train, data.test))
            tables[MAIN], both[MAIN] = before, pl.concat([before, since])
        return cls(train=_eager(train), test=_eager(test), past_train=tables, past_test=both)

    def samples(self, joined: JoinedTables, most: int, seed: int) -> dict[str, pl.DataFrame]:
        """Rows of each table that show how it hangs on the others; of main at most so many."""
        samples = {name: by_key(frame, joined, name) for name, frame in joined.frames.items()}
        main = _eager(self.past_train[MAIN]) if MAIN in self.past_train else self.train
        return samples | {MAIN: main.sample(min(most, main.height), seed=seed)}


def by_key(frame: Frame, joined: JoinedTables, name: str, most: int = CHILD_ROWS) -> pl.DataFrame:
    """Rows of a table that come by whole keys, of each by which it is joined: a sample shows which are unique."""
    keys = dict.fromkeys(tuple(dict(one.on)) for one in joined.joins if one.name == name)
    lazy = frame.lazy()
    parts = -(-int(lazy.select(pl.len()).collect().item()) // most)
    drawn = pl.any_horizontal(pl.struct(key).hash(seed=1) % parts == 0 for key in keys)
    kept = lazy if parts <= 1 else lazy.filter(drawn)
    return kept.collect(engine="streaming")


def _eager(frame: Frame) -> pl.DataFrame:
    return frame if isinstance(frame, pl.DataFrame) else frame.collect()
