"""What was looked at, and how it is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

State = Literal["well", "note", "bad"]  # a note costs something and stops nothing


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that was looked at: what was seen, and what to do about it where it is not well."""

    what: str
    state: State
    seen: str
    hint: str | None = None
