"""Names and literals of C: no free text of a bundle reaches the source but inside an escaped string."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from automl.errors import DataError

TYPES = {"number": "double", "text": "const char *", "flag": "unsigned char", "index": "int64_t", "single": "float"}
KINDS = {np.dtype(np.float64): "number", np.dtype(np.int64): "index", np.dtype(np.bool_): "flag"}
LINE = 8  # values
LOWEST = -(2**63)
_PLAIN = re.compile(r"[A-Za-z0-9 _.,:+=()-]")
_KEYWORDS = frozenset(
    # of C and C++, and what headers define
    """
    alignas alignof and and_eq asm auto bitand bitor bool break case catch char char8_t char16_t char32_t class compl
    complex concept const const_cast constexpr continue co_await co_return co_yield decltype default delete do double
    dynamic_cast else enum explicit export extern false float for friend goto if imaginary inline int int64_t long
    mutable namespace new noexcept not not_eq nullptr operator or or_eq private protected public register
    reinterpret_cast requires restrict return short signed sizeof static static_assert static_cast struct switch
    template this thread_local throw true try typedef typeid typename typeof union unsigned using virtual void volatile
    wchar_t while xor xor_eq errno math linux unix
    """.split()  # noqa: SIM905  # a list of these would take a page
)


def identifiers(names: Sequence[str]) -> list[str]:
    r"""A distinct C and C++ identifier for each column: its own name as far as it can be one.

    >>> identifiers(["age", "Marital status", "class", "\nRUN touch /pwned", "漢字", "age "])
    ['age', 'marital_status', 'class_2', 'run_touch_pwned', 'column_4', 'age_5']
    """
    found: list[str] = []
    for place, name in enumerate(names):
        plain = re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_")
        base = plain if plain and not plain[0].isdigit() else "column"
        free = plain == base and base not in _KEYWORDS and base not in found
        tries = [base] if free else [f"{base}_{place}", f"column_{place}", f"the_column_{place}"]
        found.append(next(each for each in tries if each not in found))
    return found


def string(text: str) -> str:
    r"""A string literal: what could end it, or begin a trigraph, is written as octal digits.

    >>> print(string('say "hi"?'))
    "say \042hi\042\077"
    """
    if "\0" in text:
        raise DataError(
            f"C cannot hold the text {text!r}: it has a NUL", where="export to c", hint="Use --to docker or web."
        )
    octets = (chr(octet) for octet in text.encode())
    return '"' + "".join(c if c.isascii() and _PLAIN.fullmatch(c) else f"\\{ord(c):03o}" for c in octets) + '"'


def number(value: float) -> str:
    """A double that reads back to the same bits."""
    if np.isnan(value):
        return "NAN"
    if np.isinf(value):
        return "INFINITY" if value > 0 else "-INFINITY"
    return repr(float(value))


def whole(value: int) -> str:
    """A 64-bit whole number; its lowest has no literal of its own."""
    return "(-9223372036854775807LL - 1)" if value == LOWEST else f"{value}LL"


def table(name: str, values: NDArray[np.generic]) -> str:
    """A constant array."""
    kind = "text" if values.dtype == object else KINDS[values.dtype]
    space = "" if kind == "text" else " "
    return array(f"{TYPES[kind]}{space}{'const ' if kind == 'text' else ''}{name}", cells(values))


def array(declared: str, items: Iterable[str]) -> str:
    """A constant array of written values."""
    found = list(items)
    lines = [", ".join(found[start : start + LINE]) for start in range(0, len(found), LINE)]
    start = declared if declared.startswith("const") else f"const {declared}"
    return f"static {start}[{len(found)}] = {{\n    " + ",\n    ".join(lines) + "\n};"


def cells(values: NDArray[np.generic]) -> list[str]:
    """The values as literals."""
    flat = values.reshape(-1).tolist()
    if values.dtype == object:
        return [string(value) for value in flat]
    if values.dtype == np.float64:
        return [number(value) for value in flat]
    return [whole(int(value)) if values.dtype == np.int64 else str(int(value)) for value in flat]
