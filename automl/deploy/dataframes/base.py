"""Arrow record batches in, scored ones out; a bundle is opened once in each process, wherever an engine starts it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl

from automl.bundle.read import Bundle
from automl.bundle.unread import check_unread
from automl.data.read.unread import OnUnread
from automl.errors import SpecError
from automl.names import inside

if TYPE_CHECKING:
    import pyarrow as pa

ROWS = 65_536  # that are scored at a time


@dataclass(frozen=True, slots=True, kw_only=True)
class ArrowScorer:
    """The bundle at a path, for rows that come in parts of any size and in any process; pickled by these values.

    Of the rows go out the columns `keep`, then the bundle's keys that are there, then its answers, decisions in the
    target's own type. `unread` is as in `Bundle.predict`, for each part by itself.
    """

    bundle: Path
    seal: str
    keep: tuple[str, ...]
    unread: OnUnread

    def scored(self, batch: pa.RecordBatch | pa.Table) -> pa.Table:
        """The answers to the rows of a part, in their order."""
        model, raw = _opened(self.bundle, self.seal), pl.DataFrame(pl.from_arrow(batch))
        found, unread = model.counted(raw)
        check_unread(unread, self.unread)
        kept = [raw[name] for name in self.keep if name not in found.columns]
        oldest = pl.CompatLevel.oldest()  # neither Spark nor older Arrow knows views
        return pl.DataFrame([*kept, *found.get_columns()]).to_arrow(compat_level=oldest)

    def batches(self, batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """The answers to the rows of each batch, at most `ROWS` at a time."""
        for batch in batches:
            for start in range(0, max(1, batch.num_rows), ROWS):
                yield from self.scored(batch.slice(start, ROWS)).to_batches()

    def schema(self, rows: pa.Schema) -> pa.Schema:
        """The columns that go out for rows of a schema."""
        return self.scored(rows.empty_table()).schema


def arrow_scorer(bundle: str | Path, keep: Sequence[str] = (), unread: OnUnread = "refuse") -> ArrowScorer:
    """The bundle at a path that is the same in all processes, checked here once.

    Raises `BundleError` for one that is not what was written, and SpecError for one whose spec has a capacity: it ranks
    all rows as one batch.
    """
    path = Path(bundle).absolute()
    model = Bundle.load(path)
    if model.ranking is not None:
        raise SpecError(
            "the spec of the bundle has a capacity: all rows are ranked as one batch, and an engine gives parts",
            where=str(path),
            hint="Score them in one run: `automl predict BUNDLE DATA -o OUT`.",
        )
    return ArrowScorer(bundle=path, seal=model.files.seal.decode(), keep=tuple(map(inside, keep)), unread=unread)


@lru_cache(maxsize=4)
def _opened(bundle: Path, seal: str) -> Bundle:
    """The bundle, opened in this process; `BundleError` where another one lies there by now."""
    from automl.bundle.read import reopened

    return reopened(bundle, seal.encode(), None)
