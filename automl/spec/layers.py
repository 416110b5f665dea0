"""Layers of a spec (recipe, file, overrides): read, merged, and asked where a key came from."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path as File
from typing import Any, Final

from automl.errors import SpecError
from automl.spec.lines import Path, find_lines

LARGEST_FILE: Final = 1_000_000  # bytes; a spec is written by hand


@dataclass(frozen=True, slots=True, kw_only=True)
class Layer:
    """Values from one place. `lines` are those of the file `name`; an override has none."""

    name: str
    values: Mapping[str, object]
    lines: Mapping[Path, int] = field(default_factory=dict)

    def without(self, key: str) -> Layer:
        """The layer without a top-level key."""
        return replace(self, values={name: value for name, value in self.values.items() if name != key})

    def has(self, path: Path) -> bool:
        """Whether this layer says anything at `path`."""
        value: Any = self.values
        for part in path:
            try:
                value = value[part]
            except (KeyError, IndexError, TypeError):
                return False
        return True


def read_layer(path: File) -> Layer:
    """The TOML file at `path`; SpecError if it cannot be read or is no TOML."""
    if path.suffix.lower() in {".yaml", ".yml", ".json"}:
        raise SpecError(
            f"expected a spec in TOML, got {path.suffix}",
            where=str(path),
            hint="`automl example german-credit DIR` writes one to start from",
        )
    text = _text(path)
    try:
        values = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        found = re.fullmatch(r"(.*) \(at (?:line (\d+), column \d+|(end of document))\)", str(error), re.DOTALL)
        line = (found[2] or text.count("\n") + 1) if found else 1
        raise SpecError(
            f"no TOML: {found[1] if found else error}",
            where=f"{path.name}:{line}",
            hint='a line is `key = value`, text stands in "quotes", a section is [name]',
        ) from None
    except RecursionError:
        raise SpecError("no TOML: nested too deeply", where=path.name) from None
    return Layer(name=path.name, values=values, lines=find_lines(text))


def read_override(text: str) -> Layer:
    """One ``key=value``; a value that is no TOML is text (``budget.time=15s``)."""
    key, sign, value = text.partition("=")
    parts = key.strip().split(".")
    if not sign or not all(parts):
        raise SpecError(f'expected key=value such as budget.time=5min, got "{text}"', where="--set")
    values: Any = _value(value)
    for part in reversed(parts):
        values = {part: values}
    return Layer(name="--set", values=values)


def merge(layers: Iterable[Layer]) -> dict[str, object]:
    """All values, tables merged key by key, a later layer before an earlier one."""
    merged: dict[str, object] = {}
    for layer in layers:
        merged = _merged(merged, layer.values)
    return merged


def locate(layers: Iterable[Layer], path: Path) -> str:
    """``fraud.toml:9 limits.latency_p99``: the last layer that says `path`, or the table around it."""
    dotted = ".".join(map(str, path))
    ordered = list(layers)[::-1]
    for length in range(len(path), 0, -1):
        for layer in ordered:
            if layer.has(path[:length]):
                line = min((at for key, at in layer.lines.items() if key[:length] == path[:length]), default=None)
                return f"{layer.name}:{line} {dotted}" if line else f"{layer.name} {dotted}"
    return f"{ordered[0].name} {dotted}".strip() if ordered else dotted


def _value(text: str) -> object:
    try:
        read = tomllib.loads(f"x = {text}")
    except tomllib.TOMLDecodeError:
        return text.strip()
    return read["x"] if len(read) == 1 else text.strip()


def _text(path: File) -> str:
    try:
        if path.stat().st_size > LARGEST_FILE:
            raise SpecError("expected a spec below 1 MB", where=str(path), hint="is this the data?")
        return path.read_bytes().decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        raise SpecError(f"expected UTF-8, byte {error.start} is something else", where=str(path)) from None
    except FileNotFoundError:
        raise SpecError(
            "there is no such file", where=str(path), hint="`automl example german-credit DIR` writes one to start from"
        ) from None
    except OSError as error:
        hint = "name the .toml file in it" if path.is_dir() else None
        raise SpecError(f"the spec cannot be read: {error.strerror}", where=str(path), hint=hint) from None


def _merged(low: Mapping[str, object], high: Mapping[str, object]) -> dict[str, object]:
    """New tables all the way down, so that nobody's mapping is shared."""
    merged = dict(low)
    for key, value in high.items():
        below = merged.get(key)
        merged[key] = (
            _merged(below if isinstance(below, Mapping) else {}, value) if isinstance(value, Mapping) else value
        )
    return merged
