"""What a server is told once, at the door: where it listens, whom it answers, and how much it takes."""

from __future__ import annotations

import ipaddress
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal

from automl.data.read.unread import OnUnread
from automl.errors import DataError, SpecError

TOKEN = "AUTOML_TOKEN"  # noqa: S105  # the name of a variable
TABLE_FILES = frozenset({".parquet", ".csv", ".tsv", ".ndjson", ".arrow", ".feather"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Limits are those of one worker.

    `max_cells` are those of a request, see `nested.cost_of`. A request may have `explain_rows` explained, within
    `explain_seconds`. `tables` are files of other tables by name, read when a
    bundle is opened; `key` is the file of a public key, whose owner must have signed it. `hosts` are names that a
    request may call the server by, besides addresses and ``localhost``; ``*`` is any. `per_client` are requests of one
    address at the same time. Seconds: `head` to send all headers, `body` to send all of the body or to take the
    answer, `idle` between two requests, `grace` to end what was begun. `log` is the store of a watch that answers are
    written to, a share `log_sample` of them.
    """

    host: str = "127.0.0.1"
    port: int = 8000
    workers: int = 1
    max_body: int = 8 * 2**20
    max_rows: int = 10_000
    max_cells: int = 1_000_000
    explain_rows: int = 10
    explain_seconds: float = 10.0
    max_head: int = 64 * 2**10
    concurrency: int = 64
    per_client: int | None = None
    connections: int = 1_000
    head: float = 10.0
    body: float = 30.0
    idle: float = 75.0
    grace: float = 30.0
    extra: Literal["ignore", "refuse"] = "ignore"
    unread: OnUnread = "refuse"
    hosts: tuple[str, ...] = ()
    open_health: bool = False
    log_requests: bool = False
    tables: Mapping[str, str] = field(default_factory=dict)
    key: str | None = None
    log: str | None = None
    log_sample: float = 1.0

    def to_json(self) -> str:
        """As a worker takes them."""
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> Settings:
        """As `to_json` wrote them."""
        values: dict[str, Any] = json.loads(text)
        return cls(**values | {"hosts": tuple(values["hosts"])})


def check(settings: Settings, environment: Mapping[str, str], *, open_to_all: bool) -> None:
    """Refuse what would answer strangers by accident: an address that others reach needs a token (V05)."""
    token = environment.get(TOKEN)
    if token is not None and not (token and token.isascii() and token.isprintable() and " " not in token):
        raise SpecError("the token is empty or has signs that no header can carry", where=TOKEN)
    if token is None and not open_to_all and not is_loopback(settings.host):
        raise SpecError(
            "others reach this address, and no token is set",
            where=f"--host {settings.host}",
            hint=f"Set {TOKEN} in the environment, or say --open to answer anyone.",
        )


def table_files(pairs: Sequence[str], folder: Path | None = None) -> dict[str, str]:
    """The files of other tables by name: those of a folder (``NAME.parquet``, say), overruled by ``NAME=FILE``."""
    found: dict[str, str] = {}
    if folder is not None:
        if not folder.is_dir():
            raise DataError("there is no such folder", where=f"--tables {folder}")
        files = sorted(file for file in folder.iterdir() if file.suffix.lower() in TABLE_FILES)
        for file in files:
            if file.stem in found:
                raise DataError(f"two files are called {file.stem!r}", where=f"--tables {folder}")
            found[file.stem] = str(file.absolute())
    if pairs:
        from automl.bundle.table_files import named

        found |= {name: str(file.absolute()) for name, file in named(pairs).items()}
    return found


def is_loopback(host: str) -> bool:
    """Whether only this machine reaches the address."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
