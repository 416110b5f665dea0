"""The rows of a JSON body, read strictly: what is odd is refused with the row and the field that it stands in."""

from __future__ import annotations

import json
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from automl.deploy.serve.arrow import too_many
from automl.deploy.serve.refusal import Refusal
from automl.errors import nearest

Row = dict[str, object]
SHAPE = 'Send {"rows": [{"column": value, ...}, ...]}.'


@dataclass(slots=True)
class _Odd:
    """What stands where JSON has no meaning that all readers share."""

    what: str


def read_rows(body: bytes, *, max_rows: int) -> list[Row]:
    """The rows of ``{"rows": [{...}, ...]}``, which may be none. Refusals: 413 for too many, 422 for anything else."""
    try:
        return _rows(body, max_rows)
    except RecursionError:
        raise Refusal(422, "the body is nested too deep", where="body", hint=SHAPE) from None


def work_of(body: bytes) -> int:
    """At least as much as parsing takes, in values, without parsing: objects and lists take as long as two.

    Commas and brackets within texts count as well.
    """
    return max(body.count(b","), 2 * (body.count(b"{") + body.count(b"[")))


def check_columns(rows: Sequence[Mapping[str, object]], known: set[str]) -> None:
    """Refuse a column that the model does not know, with the nearest that it does (V04)."""
    for number, row in enumerate(rows):
        for name in row.keys() - known:
            close = nearest(name, known)
            hint = f"did you mean {close!r}?" if close else "The model reads no such column; leave it out."
            raise Refusal(422, f"no column {name!r} is known", where=f"rows[{number}]", hint=hint)


class _Strict(threading.local):
    """The parser of a thread, which makes something `_Odd` of what JSON has no meaning for, and keeps a list of it.

    Numbers are made by functions of Python: between two calls other threads run, which the parser's own loop keeps out.
    """

    def __init__(self) -> None:
        self._odd: list[_Odd] = []
        self._decode = json.JSONDecoder(
            parse_constant=lambda word: self._found(f"{word} is no number of JSON; write null for a missing value"),
            parse_int=lambda digits: int(digits),  # noqa: PLW0108  # `int` itself is no function of Python
            parse_float=lambda digits: float(digits),  # noqa: PLW0108  # nor is `float`
            object_pairs_hook=self._unique,
        ).decode

    def read(self, text: str) -> tuple[object, list[_Odd]]:
        """The document, and what is odd in it. Raises ValueError, RecursionError."""
        self._odd = []
        return self._decode(text), self._odd

    def _unique(self, pairs: list[tuple[str, object]]) -> dict[str, object] | _Odd:
        found = dict(pairs)
        return found if len(found) == len(pairs) else self._found("a key stands twice in one object")

    def _found(self, what: str) -> _Odd:
        self._odd.append(_Odd(what))
        return self._odd[-1]


_STRICT = _Strict()


def _rows(body: bytes, max_rows: int) -> list[Row]:
    document, odd = _document(body)
    if isinstance(document, dict) and set(document) - {"rows"}:
        name = min(set(document) - {"rows"})
        raise Refusal(422, f"the body has no key {name!r}", where="body", hint=SHAPE)
    rows = document.get("rows") if isinstance(document, dict) else None
    if not isinstance(rows, list):
        found = _odd(document) if odd else None
        raise Refusal(422, found[1] if found else "a list of rows was expected", where="body", hint=SHAPE)
    if len(rows) > max_rows:
        raise too_many(len(rows), max_rows)
    for number, row in enumerate(rows):
        if odd:
            _refuse_odd(number, row)
        if not isinstance(row, dict):
            raise Refusal(422, "a row is an object of columns and values", where=f"rows[{number}]", hint=SHAPE)
    return rows


def _document(body: bytes) -> tuple[object, list[_Odd]]:
    try:
        return _STRICT.read(body.decode("utf-8"))
    except UnicodeDecodeError as error:
        raise Refusal(422, f"the body is no UTF-8 at byte {error.start}", where="body") from None
    except json.JSONDecodeError as error:
        where = f"body, line {error.lineno}, column {error.colno}"
        raise Refusal(422, "the body is no JSON here", where=where, hint=SHAPE) from None
    except ValueError:  # Python reads whole numbers of at most 4,300 digits
        raise Refusal(422, "a number has too many digits", where="body") from None


def _refuse_odd(number: int, row: object) -> None:
    found = _odd(row)
    if found is not None:
        path, what = found
        raise Refusal(422, what, where=f"rows[{number}]{path}")


def _odd(value: object, path: str = "") -> tuple[str, str] | None:
    """Where something odd stands, and what it is."""
    if isinstance(value, _Odd):
        return path, value.what
    if isinstance(value, dict):
        inner = ((f"{path}.{name}", cell) for name, cell in value.items())
    elif isinstance(value, list):
        inner = ((f"{path}[{place}]", cell) for place, cell in enumerate(value))
    else:
        return None
    return next((found for where, cell in inner if (found := _odd(cell, where))), None)
