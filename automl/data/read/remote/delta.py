"""A Delta table, in its latest version."""

from __future__ import annotations

from pathlib import Path

import polars as pl

from automl.addresses import Address
from automl.data.read.remote.versions import Version, table_errors, version_file

NAME = "delta"
LOG = "_delta_log"


def table_file(where: str, address: Address | None) -> Path:
    """The rows of the table as a file. Raises DataError for what polars does not read of it."""
    with table_errors(where, address, NAME):
        from deltalake import DeltaTable

        table = DeltaTable(where)
        sizes = pl.DataFrame(table.get_add_actions(flatten=True))["size_bytes"]
        number = table.version()
        version = Version(
            format=NAME,
            table=str(table.metadata().id),
            number=number,
            size=int(sizes.sum()),
            scan=lambda: pl.scan_delta(where, version=number),
        )
        return version_file(where, address, version)
