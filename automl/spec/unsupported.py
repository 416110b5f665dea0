"""What the model of the spec accepts and the engine cannot do yet: the one list, which shrinks to nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

Path = tuple[str | int, ...]


def _any(value: object) -> bool:
    return value not in (None, [], {})


@dataclass(frozen=True, slots=True)
class Gap:
    """A key (``*`` stands for any) that is refused when `when` holds of its value."""

    key: str
    what: str
    when: Callable[[object], bool] = _any


GAPS: Final = (
    Gap("retrain.every", "retraining by the calendar"),
    Gap("retrain.on", "retraining on what a watch says"),
)


def find_gaps(given: Mapping[str, object]) -> Iterator[tuple[Path, str]]:
    """The path and the name of each thing in `given` (a valid spec as it was written) that is not supported yet."""
    for gap in GAPS:
        for path, value in _at(given, gap.key.split("."), ()):
            if gap.when(value):
                yield path, gap.what


def _at(value: object, parts: list[str], path: Path) -> Iterator[tuple[Path, object]]:
    if not parts:
        yield path, value
    elif isinstance(value, Mapping):
        for key in value if parts[0] == "*" else [parts[0]]:
            if key in value:
                yield from _at(value[key], parts[1:], (*path, key))
