"""What a watch remembers between two looks: a handful of numbers in a file of JSON."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path

from automl import disk
from automl.errors import DataError
from automl.monitor.look import Json

FORMAT = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """How many `looks` there were, until when (microseconds of UTC), of which bundle, and what money remembers."""

    bundle: str
    looks: int = 0
    until: float | None = None
    money: Json = field(default_factory=dict)


def read_state(path: Path, bundle: str) -> State:
    """The state in a file, or a new one where there is none. DataError where it is another bundle's, or no state."""
    if not path.exists():
        return State(bundle=bundle)
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        kind = found.pop("format")
        state = State(**found)
    except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise DataError(f"this is no state of a watch: {error}", where=str(path), hint="Name another file.") from error
    if kind != FORMAT:
        raise DataError(f"the state has format {kind!r}, this automl reads {FORMAT}", where=str(path))
    if state.bundle != bundle:
        hint = "A new bundle has a life of its own: name another file for it."
        raise DataError("this is the state of another bundle", where=str(path), hint=hint)
    return state


def write_state(path: Path, state: State) -> None:
    """Write the state in one step: after a crash there is the old one or the new one."""
    content: Mapping[str, object] = {"format": FORMAT, **asdict(state)}
    disk.put(path, json.dumps(content, indent=1, sort_keys=True).encode() + b"\n")
