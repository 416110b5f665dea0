"""An Iceberg table without a catalog: the latest metadata file of its folder."""

from __future__ import annotations

import os
import re
from pathlib import Path, PurePosixPath

import polars as pl

from automl.addresses import Address
from automl.data.read.remote.objects import listed
from automl.data.read.remote.versions import Version, table_errors, version_file
from automl.errors import DataError

NAME = "iceberg"
METADATA = "metadata"
FILE = re.compile(r"v?(\d+)(-[0-9a-f-]+)?(\.gz)?\.metadata\.json")  # 00003-UUID.metadata.json, or v3.metadata.json
SETTINGS = {  # of pyiceberg, by the variables that say the same to every other client
    "s3.endpoint": ("AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL", "AWS_ENDPOINT"),
    "s3.access-key-id": ("AWS_ACCESS_KEY_ID",),
    "s3.secret-access-key": ("AWS_SECRET_ACCESS_KEY",),
    "s3.session-token": ("AWS_SESSION_TOKEN",),
    "s3.region": ("AWS_REGION", "AWS_DEFAULT_REGION"),
    "adls.account-name": ("AZURE_STORAGE_ACCOUNT_NAME",),
    "adls.account-key": ("AZURE_STORAGE_ACCOUNT_KEY", "AZURE_STORAGE_ACCESS_KEY"),
    "adls.sas-token": ("AZURE_STORAGE_SAS_TOKEN", "AZURE_STORAGE_SAS_KEY"),
}


def table_file(where: str, address: Address | None, latest: str) -> Path:
    """The rows of the table as its `latest` metadata say. Raises DataError for what polars does not read of it."""
    with table_errors(where, address, NAME):
        from pyiceberg.table import StaticTable

        settings = _settings() if address else {}
        table = StaticTable.from_metadata(f"{where}/{METADATA}/{latest}", properties=settings)
        snapshot = table.current_snapshot()
        if snapshot is None:
            raise DataError("the table has no rows yet", where=where, hint="write to it first")
        number = snapshot.snapshot_id
        summary = snapshot.summary.additional_properties if snapshot.summary else {}
        version = Version(
            format=NAME,
            table=str(table.metadata.table_uuid),
            number=number,
            size=int(summary.get("total-files-size", 0)),
            scan=lambda: pl.scan_iceberg(table, snapshot_id=number, storage_options=settings),
        )
        return version_file(where, address, version)


def _settings() -> dict[str, str]:
    found = {
        key: next((os.environ[name] for name in names if os.environ.get(name)), "") for key, names in SETTINGS.items()
    }
    return {key: value for key, value in found.items() if value}


def latest(where: str, address: Address | None) -> str | None:
    """The name of the metadata file with the highest number, None in a folder that is no table."""
    if address is None:
        names = [path.name for path in (Path(where) / METADATA).iterdir()]
    else:
        names = [PurePosixPath(found.key).name for found in listed(address, f"{address.key}/{METADATA}")]
    numbered = [(int(found[1]), name) for name in names if (found := FILE.fullmatch(name))]
    return max(numbered)[1] if numbered else None
