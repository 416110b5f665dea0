"""Where each key of a TOML text stands: tomllib gives values without their lines, and errors need them."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Iterator, Mapping
from typing import Final

Path = tuple[str | int, ...]

TOKEN: Final = re.compile(
    r'''(?P<text>"""(?:\\.|[^\\])*?"{3,5}|\'\'\'.*?\'{3,5}|"(?:\\.|[^"\\\n])*"|'[^'\n]*')'''
    r"""|(?P<comment>\#[^\n]*)|(?P<line>\n)|(?P<space>[ \t\r]+)|(?P<sign>[][{}=,.])|(?P<bare>[^\s\#\[\]{}=,."']+)""",
    re.DOTALL,
)


def find_lines(text: str) -> Mapping[Path, int]:
    r"""The line (from 1) of each key of `text`, which tomllib has accepted; items of arrays have their index.

    >>> find_lines("[budget]\ntime = '1min'\n\n[[a]]\nb.c = 1")
    {('budget',): 1, ('budget', 'time'): 2, ('a', 0): 4, ('a', 0, 'b', 'c'): 5}
    """
    return _Scanner(text).document()


class _Scanner:
    """One pass over the tokens; `at` is the next one."""

    def __init__(self, text: str) -> None:
        self.tokens = list(_tokens(text))
        self.at = 0
        self.found: dict[Path, int] = {}

    def document(self) -> Mapping[Path, int]:
        header: Path = ()
        arrays: dict[Path, int] = {}
        while self._skip("\n"):
            if self._peek() == "[":
                header = self._header(arrays)
            else:
                self._pair(header)
        return self.found

    def _header(self, arrays: dict[Path, int]) -> Path:
        line = self.tokens[self.at][1]
        depth = 2 if self.tokens[self.at + 1][0] == "[" else 1
        self.at += depth
        key = self._key()
        self.at += depth
        path: Path = ()
        for i, part in enumerate(key):
            path += (part,)
            if depth == 2 and i == len(key) - 1:  # noqa: PLR2004  # [[ opens the next item of an array
                arrays[path] = arrays.get(path, -1) + 1
            if path in arrays:
                path += (arrays[path],)
        self.found.setdefault(path, line)
        return path

    def _pair(self, base: Path) -> None:
        line = self.tokens[self.at][1]
        path = base + self._key()
        self.at += 1  # the "="
        self.found.setdefault(path, line)
        self._value(path)

    def _key(self) -> Path:
        parts: list[str] = [self._key_part()]
        while self._peek() == ".":
            self.at += 1
            parts.append(self._key_part())
        return tuple(parts)

    def _key_part(self) -> str:
        word = self.tokens[self.at][0]
        self.at += 1
        return str(tomllib.loads(f"x = {word}")["x"]) if word[0] in "\"'" else word

    def _value(self, path: Path) -> None:
        opening = self._peek()
        if opening == "{":
            self._items("}", lambda _: self._pair(path))
        elif opening == "[":
            self._items("]", lambda i: self._item((*path, i)))
        else:
            self.at += 1
            while self._peek() not in {"\n", ",", "}", "]", ""}:  # 1.5 and dates are several tokens
                self.at += 1

    def _items(self, closing: str, read: Callable[[int], None]) -> None:
        self.at += 1
        count = 0
        while self._skip("\n", ",") and self._peek() != closing:
            read(count)
            count += 1
        self.at += 1

    def _item(self, path: Path) -> None:
        self.found.setdefault(path, self.tokens[self.at][1])
        self._value(path)

    def _skip(self, *words: str) -> bool:
        while self._peek() in words:
            self.at += 1
        return self.at < len(self.tokens)

    def _peek(self) -> str:
        return self.tokens[self.at][0] if self.at < len(self.tokens) else ""


def _tokens(text: str) -> Iterator[tuple[str, int]]:
    line = 1
    for token in TOKEN.finditer(text):
        if token.lastgroup not in {"comment", "space"}:
            yield token[0], line
        line += token[0].count("\n")
