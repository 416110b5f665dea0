"""The line scanner finds every key that tomllib finds, on the line where it stands."""

from __future__ import annotations

import json
import tomllib

from hypothesis import given
from hypothesis import strategies as some

from automl.spec.lines import Path, find_lines

KNOTTY = '''\
# comment with [brackets] and = signs
title = "a # no comment"

[a."b.c"]   # a quoted key
x.y = { p = 1, "q r" = [1, { s = 2 }] }
long = """
[not.a.section]
k = 1 ""quoted""
"""
list = [
  1.5,      # a comment
  2020-01-01T10:00:00Z,
  'lit]eral',
]
literal = \'\'\'
it's "fine"\'\'\'
[[t]]
n = -1_000
[[t]]
n = inf
  [t.sub]
  m = true
'''


def test_a_knotty_file() -> None:
    """Quoted and dotted keys, tables within arrays, texts over many lines: each key has its line."""
    lines = find_lines(KNOTTY)
    assert lines["title",] == 2
    assert lines["a", "b.c"] == 4
    assert lines["a", "b.c", "x", "y", "q r", 1, "s"] == 5
    assert lines["a", "b.c", "long"] == 6
    assert lines["a", "b.c", "list", 2] == 13
    assert lines["a", "b.c", "literal"] == 15
    assert lines["t", 0, "n"] == 18
    assert lines["t", 1, "sub", "m"] == 22


keys = some.text(min_size=1, max_size=4).filter(lambda text: "\x7f" not in text and text.isprintable())
leaves = some.one_of(some.integers(-9, 9), some.booleans(), keys, some.lists(some.integers(0, 3), max_size=2))
inner = some.dictionaries(keys, leaves, max_size=3)


@given(some.dictionaries(keys, some.one_of(leaves, inner), max_size=4))
def test_all_keys_are_found(values: dict[str, object]) -> None:
    """Every path of what tomllib reads has a line, and that line holds the key."""
    text = _toml(values)
    lines = find_lines(text)
    for path in _paths(tomllib.loads(text)):
        assert path in lines
        assert json.dumps(path[-1], ensure_ascii=False) in text.splitlines()[lines[path] - 1]


def _toml(values: dict[str, object]) -> str:
    def line(key: str, value: object) -> str:
        return f"{json.dumps(key, ensure_ascii=False)} = {json.dumps(value, ensure_ascii=False)}\n"

    plain = [line(key, value) for key, value in values.items() if not isinstance(value, dict)]
    tables = [
        f"[{json.dumps(key, ensure_ascii=False)}]\n" + "".join(line(k, v) for k, v in value.items())
        for key, value in values.items()
        if isinstance(value, dict)
    ]
    return "\n".join(plain + tables)


def _paths(values: dict[str, object], above: Path = ()) -> list[Path]:
    found: list[Path] = []
    for key, value in values.items():
        found.append((*above, key))
        if isinstance(value, dict):
            found += _paths(value, (*above, key))
    return found
