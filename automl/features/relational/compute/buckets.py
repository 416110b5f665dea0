"""A table that is larger than the memory, on the disk in buckets by the hash of its key: read once, then by bucket."""

from __future__ import annotations

import weakref
from collections.abc import Sequence

import polars as pl

from automl import disk
from automl.features.relational.compute.partition import bucket

BATCH = 1_000_000  # rows that are dealt out at once: some 100 MB, and the files of a bucket stay few
_AT = "#"  # no column of a table: they have the names that they have inside


class Buckets:
    """The rows of `frame`, dealt out to `count` buckets by the columns `key`; a bucket's rows keep their order.

    They lie in a temporary folder, which goes when nobody holds this any more. One pass over the frame, a batch of
    `BATCH` rows in memory. `MachineError` where the disk is full.
    """

    def __init__(self, frame: pl.LazyFrame, key: Sequence[str], count: int) -> None:
        self._folder = disk.make_scratch("automl-buckets-")
        self.remove = weakref.finalize(self, disk.discard, self._folder)
        self._schema = frame.collect_schema()
        try:
            self._deal(frame.with_columns(bucket(key, count).alias(_AT)))
        except BaseException:
            self.remove()
            raise

    def of(self, number: int) -> pl.LazyFrame:
        """The rows of a bucket."""
        paths = sorted(self._folder.glob(f"{number:06}-*"))
        return pl.scan_ipc(paths) if paths else pl.LazyFrame(schema=self._schema)

    def _deal(self, frame: pl.LazyFrame) -> None:
        for turn, batch in enumerate(frame.collect_batches(chunk_size=BATCH, maintain_order=True, engine="streaming")):
            for (number,), rows in batch.partition_by(_AT, as_dict=True, include_key=False).items():
                with disk.writing(self._folder / f"{number:06}-{turn:06}.arrow") as file:
                    rows.write_ipc(file, compression="lz4")
