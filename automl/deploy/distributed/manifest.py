"""What is frozen when scoring is shared: the bundle, the bytes of the data, the options, and the chunks."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Literal

from pydantic import TypeAdapter, ValidationError

from automl.addresses import Address, address_of
from automl.data.read.cuts import Cut, CutFile
from automl.deploy.scoring import Options
from automl.distributions import version_of
from automl.errors import DataError, SpecError

FORMAT = 2
MANIFEST = "manifest.json"
LIBRARIES = ("automl", "numpy", "onnxruntime", "polars")  # whose versions could change a digit of an answer
ANEW = "Write a new manifest with `automl predict BUNDLE DATA --manifest DIR`."
OutForm = Literal["csv", "parquet", "folder"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """A file or an object that is given beside the rows, and its SHA-256."""

    path: str
    digest: str


@dataclass(frozen=True, kw_only=True)
class Manifest:
    """All that decides the bytes of the output.

    `out` is one file, csv or parquet, or a folder of parquet files, as `form` says; it may be the address of either.
    A worker that shows no sign of life for `lease` seconds loses its chunk.
    """

    bundle: str
    seal: str
    versions: Mapping[str, str]
    data: str
    files: tuple[CutFile, ...]
    tables: Mapping[str, Given]
    costs: Given | None
    options: Options
    out: str
    form: OutForm
    lease: float

    @cached_property
    def chunks(self) -> tuple[tuple[CutFile, Cut], ...]:
        """The chunks in the order of their rows."""
        return tuple((file, cut) for file in self.files for cut in file.cuts)

    @property
    def place(self) -> Path | Address:
        """Where the output stands when it is whole."""
        return address_of(self.out) or Path(self.out)

    @property
    def names(self) -> list[str]:
        """What the chunks are called."""
        return [name_of(number) for number in range(len(self.chunks))]


_ADAPTER = TypeAdapter(Manifest)


def name_of(number: int) -> str:
    """What a chunk is called, in the order of numbers.

    >>> name_of(12)
    '00000012'
    """
    return f"{number:08}"


def versions() -> dict[str, str]:
    """What is installed here of `LIBRARIES`."""
    return {name: version_of(name) for name in LIBRARIES}


def as_bytes(manifest: Manifest) -> bytes:
    """The file manifest.json: a line that tells its format and the SHA-256 of the other line."""
    body = _ADAPTER.dump_json(manifest)
    head = {"format": FORMAT, "sha256": hashlib.sha256(body).hexdigest()}
    return json.dumps(head).encode() + b"\n" + body + b"\n"


def check_shared(folder: Path) -> None:
    """Refuse an address: who renames first has a chunk, and stores of objects do not rename."""
    if address := address_of(folder):
        hint = "Name a folder that all machines see. What is read and what is written may lie in a store."
        raise SpecError("a manifest is a folder of a file system", where=str(address), hint=hint)


def read_manifest(folder: Path) -> Manifest:
    """The manifest in a folder. SpecError where there is none, DataError for one that is damaged or another's."""
    check_shared(folder)
    path = folder / MANIFEST
    try:
        head, _, body = path.read_bytes().partition(b"\n")
    except (FileNotFoundError, NotADirectoryError):
        raise SpecError("there is no manifest of shared scoring", where=str(folder), hint=ANEW) from None
    try:
        said = json.loads(head)
        known, digest = said["format"], said["sha256"]
    except (ValueError, KeyError, TypeError) as error:
        raise DataError("the manifest is damaged", where=str(path), hint=ANEW) from error
    if known != FORMAT:
        hint = "Join with the version of automl that wrote it."
        raise DataError(
            f"the manifest has format {known!r}, and this automl reads {FORMAT}", where=str(path), hint=hint
        )
    if hashlib.sha256(body.removesuffix(b"\n")).hexdigest() != digest:
        raise DataError("the manifest is damaged", where=str(path), hint=ANEW)
    try:
        return _ADAPTER.validate_json(body)
    except ValidationError as error:
        raise DataError("the manifest is damaged", where=str(path), hint=ANEW) from error
