"""What workers tell one another in the folder of a manifest: what came of a chunk, why one failed, that all is done."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from automl import disk
from automl.data.read.unread import Tally
from automl.errors import AutomlError, BundleError, DataError, MachineError, SpecError

RESULTS, REASONS, COMPLETE = "results", "reasons", "complete.json"
KINDS = {kind.exit_code: kind for kind in (SpecError, DataError, MachineError, BundleError)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """A scored chunk: the name of its part, the bytes of that and their SHA-256, and the first line of such a csv.

    `unread` are the cells that could not be read.
    """

    rows: int
    part: str
    size: int
    digest: str
    head: str
    unread: Mapping[str, Tally]


@dataclass(frozen=True, slots=True, kw_only=True)
class Complete:
    """An output that is whole: its rows, its parts in their order, and what is to be warned of."""

    rows: int
    out: str
    parts: Sequence[Mapping[str, str | int]]
    warnings: Sequence[str]


_RESULT, _COMPLETE = TypeAdapter(Result), TypeAdapter(Complete)


def put_shared(path: Path, content: bytes, worker: str) -> None:
    """As `disk.put`, where workers of several machines may write one file at a time: each aside under its own name."""
    with disk.whole_file(path, path.with_name(f".{path.name}.{worker}.part")) as aside, disk.writing(aside) as file:
        file.write(content)


def put_result(folder: Path, name: str, result: Result, worker: str) -> None:
    """Say what came of a chunk."""
    put_shared(folder / RESULTS / f"{name}.json", _RESULT.dump_json(result), worker)


def result_of(folder: Path, name: str) -> Result | None:
    """What came of a chunk, None where nobody has said; `MachineError` for what is damaged."""
    path = folder / RESULTS / f"{name}.json"
    try:
        return _RESULT.validate_json(path.read_bytes())
    except FileNotFoundError:
        return None
    except ValidationError as error:
        hint = "Remove it: the chunk will be scored again."
        raise MachineError("what was noted of a chunk is damaged", where=str(path), hint=hint) from error


def put_complete(folder: Path, found: Complete, worker: str) -> None:
    """Say that the output is whole."""
    put_shared(folder / COMPLETE, _COMPLETE.dump_json(found), worker)


def complete_of(folder: Path) -> Complete | None:
    """What is said of the whole output, None where it is not whole yet."""
    try:
        return _COMPLETE.validate_json((folder / COMPLETE).read_bytes())
    except FileNotFoundError:
        return None


def index_of(found: Complete) -> bytes:
    """What stands in ``_SUCCESS``: rows and parts with their digests, and one digest of those."""
    told = "\n".join(f"{part['name']} {part['rows']} {part['sha256']}" for part in found.parts)
    facts = {"rows": found.rows, "sha256": hashlib.sha256(told.encode()).hexdigest(), "parts": found.parts}
    return json.dumps(facts, indent=1).encode() + b"\n"


def put_reason(folder: Path, name: str, error: BaseException, worker: str) -> None:
    """Say why an attempt failed; the last one stands."""
    if not isinstance(error, AutomlError):
        error = AutomlError(f"{type(error).__name__}: {error}")
    told = {"what": error.what, "where": error.where, "hint": error.hint, "code": error.exit_code, "worker": worker}
    put_shared(folder / REASONS / f"{name}.json", json.dumps(told).encode(), worker)


def reason_of(folder: Path, name: str) -> AutomlError:
    """Why the last attempt failed."""
    try:
        told = json.loads((folder / REASONS / f"{name}.json").read_bytes())
    except (OSError, ValueError):
        return AutomlError("nobody could say why")
    kind = KINDS.get(told["code"], AutomlError)
    return kind(told["what"], where=told["where"], hint=told["hint"])
