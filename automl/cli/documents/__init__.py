"""What `--json` puts on stdout: a JSON Schema for each command, beside this file.

They are written, not made from the dataclasses: a schema is a promise to programs, and one that follows each renamed
field by itself is none. A test runs every command and holds what it says against them. They also say units and
meanings, know that NaN becomes null, and are printed without importing what a command needs to run.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from automl.errors import SpecError, nearest

HOME: Final = Path(__file__).parent
ENDING: Final = ".schema.json"
SHARED: Final = "shared"  # what several documents have in them
DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"
_PLACE: Final = "#/$defs/"


def names() -> list[str]:
    """The commands that have a document, with the words of a command and its subcommand joined by ``-``."""
    return sorted(
        path.name.removesuffix(ENDING) for path in HOME.glob(f"*{ENDING}") if not path.name.startswith(SHARED)
    )


def schema_of(name: str) -> dict[str, Any]:
    """The schema of all that a command may put on stdout, its errors too, with every definition that it names.

    Raises `SpecError` for a command without documents.

    >>> sorted(schema_of("verify")["$defs"])
    ['error', 'failed', 'verified']
    """
    known = names()
    if name not in known:
        close = nearest(name, known)
        hint = f"did you mean '{_spaced(close)}'?" if close else f"known: {', '.join(map(_spaced, known))}"
        raise SpecError(f"no command '{_spaced(name)}' prints JSON", where="automl schema", hint=hint)
    told, shared = read(name), read(SHARED)["$defs"]
    own: dict[str, Any] = told.pop("$defs", {})
    reached: dict[str, Any] = {}
    waiting = list(_named(told))
    while waiting:
        each = waiting.pop()
        if each not in reached:
            reached[each] = own[each] if each in own else shared[each]
            waiting += _named(reached[each])
    ordered = {each: reached[each] for each in (*own, *shared) if each in reached}
    return {"$schema": DIALECT, **told, "$defs": ordered}


def read(name: str) -> dict[str, Any]:
    """One of the files, as it is written."""
    found: dict[str, Any] = json.loads((HOME / f"{name}{ENDING}").read_text(encoding="utf-8"))
    return found


def _spaced(name: str) -> str:
    return name.replace("-", " ")


def _named(schema: object) -> Iterator[str]:
    """The definitions that a schema refers to."""
    if isinstance(schema, dict):
        reference = schema.get("$ref")
        if isinstance(reference, str):
            yield reference.removeprefix(_PLACE)
        for value in schema.values():
            yield from _named(value)
    elif isinstance(schema, list):
        for value in schema:
            yield from _named(value)
