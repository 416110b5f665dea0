"""C source as it grows: the values of the running program, tables outside of the function, lines in it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray

from automl.deploy.export import _c_text as text
from automl.deploy.export import _c_trees as trees

NUMBER, TEXT, FLAG, INDEX, SINGLE = "number", "text", "flag", "index", "single"
HELPERS: Final = {
    "within": """static int64_t within(int64_t place, int64_t size) {
    return place < 0 ? 0 : place >= size ? size - 1 : place;
}""",
    "find_text": """static int64_t find_text(const char *const *keys, int64_t size, const char *key) {
    int64_t low = 0, high = size;
    while (low < high) {
        const int64_t middle = low + (high - low) / 2;
        const int order = strcmp(keys[middle], key);
        if (order == 0) {
            return middle;
        }
        if (order < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return -1;
}""",
    "find_index": """static int64_t find_index(const int64_t *keys, int64_t size, int64_t key) {
    int64_t low = 0, high = size;
    while (low < high) {
        const int64_t middle = low + (high - low) / 2;
        if (keys[middle] == key) {
            return middle;
        }
        if (keys[middle] < key) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return -1;
}""",
    "tree": f"{trees.STRUCT}\n\n{trees.WALK}",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Value:
    """An array of the running program: `code` is what it is called, `shape` its shape for one row.

    `known` is what stands in it, where that is known when the source is written.
    """

    kind: str
    shape: tuple[int, ...]
    code: str
    known: NDArray[np.generic] | None = None

    @property
    def size(self) -> int:
        return int(np.prod(self.shape, dtype=np.int64))

    def at(self, place: str) -> str:
        """The cell at a place; a value of one cell stands in for any number."""
        return f"{self.code}[0]" if self.size == 1 else f"{self.code}[{place}]"


@dataclass(slots=True)
class Writer:
    """The source as it grows: `tables` stand outside of the function, `lines` in it."""

    values: dict[str, Value] = field(default_factory=dict)
    tables: list[str] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)
    helpers: set[str] = field(default_factory=set)
    count: int = 0

    def name(self, prefix: str) -> str:
        """A name that is free."""
        self.count += 1
        return f"{prefix}{self.count}"

    def constant(self, values: NDArray[np.generic]) -> Value:
        """An array that is known now; it is written where somebody reads it as one."""
        kind = TEXT if values.dtype == object else text.KINDS[values.dtype]
        return Value(kind=kind, shape=values.shape, code=self.table(values), known=values)

    def table(self, values: NDArray[np.generic]) -> str:
        """The name of a constant table."""
        name = self.name("k")
        self.tables.append(text.table(name, values))
        return name

    def fresh(self, kind: str, shape: tuple[int, ...]) -> Value:
        """A declared array."""
        value = Value(kind=kind, shape=shape, code=self.name("v"))
        space = "" if kind == TEXT else " "
        self.lines.append(f"{text.TYPES[kind]}{space}{value.code}[{value.size}];")
        return value

    def each(self, value: Value, cell: str) -> Value:
        """Fill `value` with `cell`, an expression over the place `i`."""
        if value.size == 1:
            self.lines.append(f"{value.code}[0] = {cell.replace('[i]', '[0]')};")
        else:
            self.lines.append(f"for (int i = 0; i < {value.size}; i++) {{ {value.code}[i] = {cell}; }}")
        return value
