"""A spec as it is drafted: lines with their reasons, as values for the engine and as commented TOML for people."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from automl.errors import clipped, one_line
from automl.spec.writing import toml_key, toml_value

WIDTH = 110
GUESSED = "guessed: "  # how the reason of a line begins that nobody has said


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A key with its value, and why it is there; one that is not `live` is a proposal and stands as a comment."""

    key: str
    value: object
    why: str = ""
    guessed: bool = False
    live: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A section of the spec; without live lines it is a comment as a whole."""

    path: tuple[str, ...]
    lines: tuple[Line, ...]
    why: str = ""

    @property
    def live(self) -> bool:
        """Whether the section stands in the spec."""
        return any(line.live for line in self.lines)


def values(parts: Sequence[Part]) -> dict[str, Any]:
    """The spec in the shape of its TOML, without what is only proposed."""
    found: dict[str, Any] = {}
    for part in parts:
        if part.live:
            section = found
            for key in part.path:
                section = section.setdefault(key, {})
            section.update({line.key: line.value for line in part.lines if line.live})
    return found


def toml(parts: Sequence[Part], head: Sequence[str]) -> str:
    """The same as TOML, each line below its reason; text of the data stands in it harmless (V13)."""
    return "\n".join([*_comment(*head), *(line for part in parts for line in _part(part))]) + "\n"


def _part(part: Part) -> Iterator[str]:
    yield ""
    yield from _comment(part.why) if part.why else ()
    head = f"[{'.'.join(map(toml_key, part.path))}]"
    yield head if part.live else f"# {head}"
    for line in part.lines:
        why = f"{GUESSED if line.guessed else ''}{line.why}"
        yield from _comment(why) if why else ()
        text = f"{toml_key(line.key)} = {toml_value(line.value)}"
        yield text if line.live else f"# {text}"


def _comment(*texts: str) -> Iterator[str]:
    """Lines of a comment: whatever is in a text, it breaks no line and moves no cursor."""
    for text in texts:
        told = one_line(clipped(text, 2_000))
        yield from (f"# {line}" for line in textwrap.wrap(told, WIDTH, break_on_hyphens=False) or [""])
