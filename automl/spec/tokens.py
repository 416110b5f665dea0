"""The words of an expression, each with its place, and errors that point at a place."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Literal

from automl.errors import SpecError, one_line

LONGEST: Final = 2_000  # characters
MOST: Final = 300  # words: bounds the depth of what is made of them
SHOWN: Final = 100  # characters of a line that an error shows

Kind = Literal["number", "text", "name", "column", "sign", "end"]
TOKEN: Final = re.compile(
    r"(?P<space>[ \t\r\n]+)"
    r"|(?P<number>(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)"
    r"|(?P<name>[^\W0-9]\w*)"
    r"|(?P<column>`[^`]*`)"
    r"""|(?P<text>'[^']*'|"[^"]*")"""
    r"|(?P<sign>==|!=|<=|>=|[-+*/()<>,])"
)
HINTS: Final = {
    "=": "write == to compare",
    "!": "write != to compare, or not",
    "&": "write and",
    "|": "write or",
    "^": "there are no powers: write x * x",
    ".": "a name that is no plain word stands in `backticks`",
    "%": "write a share as a number: 0.05",
    "`": "a backtick opens a name, and another one ends it",
    "'": "a quote opens a text, and another one ends it",
    '"': "a quote opens a text, and another one ends it",
}


@dataclass(frozen=True, slots=True)
class Token:
    """One word of the source: `value` is a text or a name without its quotes, `at` where it begins."""

    kind: Kind
    value: str
    at: int


def tokens(source: str, where: str) -> tuple[Token, ...]:
    """The words of `source`, the end as the last one; SpecError at what is none."""
    if len(source) > LONGEST:
        raise SpecError(f"an expression of {len(source):,} characters, at most {LONGEST:,} are read", where=where)
    found = tuple(_words(source, where))
    if len(found) > MOST + 1:  # the end is no word
        raise pointing(f"more than {MOST} words", source, found[MOST].at, where=where)
    return found


def pointing(what: str, source: str, at: int, *, where: str, hint: str | None = None) -> SpecError:
    """An error whose hint shows the line of `source` with a caret under the place `at`."""
    start = max(source.rfind("\n", 0, at) + 1, at - SHOWN // 2)
    end = source.find("\n", start)
    line = source[start : end if end >= 0 else None][:SHOWN]
    before = one_line(line[: at - start].replace("\t", " "))
    shown = before + one_line(line[at - start :].replace("\t", " "))
    lines = [shown, " " * sum(map(_columns, before)) + "^"] + ([hint] if hint else [])
    return SpecError(what, where=where, hint="\n  ".join(lines))


def _words(source: str, where: str) -> Iterator[Token]:
    at = 0
    while at < len(source):
        found = TOKEN.match(source, at)
        if found is None:
            letter = source[at]
            raise pointing(f"{letter!r} has no meaning here", source, at, where=where, hint=HINTS.get(letter))
        kind: Kind = found.lastgroup  # type: ignore[assignment]  # the groups are the kinds, and space
        word = found[0]
        if kind == "column" and len(word) == len("``"):
            raise pointing("a name is empty", source, at, where=where)
        if found.lastgroup != "space":
            yield Token(kind, word[1:-1] if kind in {"text", "column"} else word, at)
        at = found.end()
    yield Token("end", "the end", len(source))


def _columns(letter: str) -> int:
    """How many columns of a terminal a letter takes."""
    if unicodedata.combining(letter):
        return 0
    return 2 if unicodedata.east_asian_width(letter) in {"W", "F"} else 1
