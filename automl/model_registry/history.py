"""What happened to a registry, one line each: what, to which version, who, when, why, and on what evidence."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal

from automl.errors import BundleError
from automl.model_registry.state import HISTORY, State, read_state

What = Literal["register", "promote", "rollback", "canary", "withdraw", "prune"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One line. `parent` is the champion before, or of a registered version the bundle that it was made from.

    `facts` are what the decision stood on: verdicts, hashes of the data, scores.
    """

    what: What
    version: str
    when: str
    who: str
    why: str = ""
    parent: str | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)

    def to_bytes(self) -> bytes:
        """As a line of the history."""
        return json.dumps(asdict(self), ensure_ascii=True, default=str).encode() + b"\n"


def history(folder: Path) -> list[Event]:
    """All that was done, the oldest first; `BundleError` where the history is not the one that was written."""
    return events(folder, read_state(folder))


def events(folder: Path, state: State) -> list[Event]:
    """What was done until `state`: a line behind that is of a change that was broken off."""
    path = folder / HISTORY
    try:
        content = path.read_bytes()[: state.history] if state.history else b""
        if len(content) != state.history:
            raise BundleError("the history is shorter than it was", where=str(path))
        return [Event(**json.loads(line)) for line in content.splitlines()]
    except OSError as error:
        raise BundleError(f"the history cannot be read: {error.strerror}", where=str(path)) from error
    except (ValueError, TypeError, RecursionError) as error:
        raise BundleError(f"a line of the history cannot be read: {error}", where=str(path)) from error
