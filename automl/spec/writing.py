"""A resolved spec as TOML again, so that what is shown can be pasted."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping


def to_toml(values: Mapping[str, object]) -> str:
    """TOML of plain JSON values (no null): tables as sections, tables within lists inline.

    >>> print(to_toml({"budget": {"time": "1min", "workers": 2}}))
    [budget]
    time = "1min"
    workers = 2
    """
    return "\n".join(_section(values, ())).strip("\n")


def _section(values: Mapping[str, object], path: tuple[str, ...]) -> Iterator[str]:
    tables = {key: value for key, value in values.items() if isinstance(value, Mapping) and value}
    plain = {key: value for key, value in values.items() if not isinstance(value, Mapping)}
    if plain and path:
        yield f"\n[{'.'.join(map(toml_key, path))}]"
    for key, value in plain.items():
        yield f"{toml_key(key)} = {toml_value(value)}"
    for key, table in tables.items():
        yield from _section(table, (*path, key))


def toml_key(key: str) -> str:
    """A key as TOML has it, quoted where it must be."""
    return key if re.fullmatch(r"[A-Za-z0-9_-]+", key) else _scalar(key)


def toml_value(value: object) -> str:
    """A plain JSON value on one line of TOML."""
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{toml_key(key)} = {toml_value(item)}" for key, item in value.items()) + " }"
    if isinstance(value, list):
        return f"[{', '.join(map(toml_value, value))}]"
    return _scalar(value)


def _scalar(value: object) -> str:
    # JSON writes text and numbers as TOML reads them; DEL is the one letter it leaves bare
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
