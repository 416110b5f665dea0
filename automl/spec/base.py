"""What all sections of the spec share: frozen, closed to unknown keys, strict about types."""

from __future__ import annotations

import math
from typing import Annotated

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, WithJsonSchema

from automl.names import inside
from automl.spec.units import shown


class Section(BaseModel):
    """A table of the spec."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", strict=True, populate_by_name=True, use_attribute_docstrings=True
    )


def read_names(value: object) -> tuple[str, ...]:
    """One name or a list of names, as a tuple.

    >>> read_names("id"), read_names(["year", "month"])
    (('id',), ('year', 'month'))
    """
    names = (value,) if isinstance(value, str) else tuple(value) if isinstance(value, list | tuple) else None
    if names is None or not all(isinstance(name, str) and name for name in names):
        raise ValueError(f"expected a name or a list of names, got {shown(value)}")
    twice = [name for i, name in enumerate(names) if name in names[:i]]
    if twice:
        raise ValueError(f"expected each name once, got {shown(twice[0])} twice")
    return tuple(map(inside, names))


def read_cost(value: object) -> float | str:
    """Money for a row: a finite number, a column, or arithmetic over columns."""
    if isinstance(value, str) and value.strip():
        return value
    if isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value):
        return float(value)
    raise ValueError(f"expected an amount such as 4.0, a column or an expression over columns, got {shown(value)}")


def read_scalar(value: object) -> str | int | float | bool:
    """A label as TOML writes it: text, a number or a flag."""
    if isinstance(value, str | bool | int) or (isinstance(value, float) and math.isfinite(value)):
        return value
    raise ValueError(f'expected a label such as "yes", 1 or true, got {shown(value)}')


def read_list(value: object) -> object:
    """TOML's arrays are lists; frozen models hold tuples."""
    return tuple(value) if isinstance(value, list) else value


ColumnName = Annotated[str, AfterValidator(inside)]
Names = Annotated[
    tuple[str, ...],
    BeforeValidator(read_names),
    WithJsonSchema({"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]}),
]
Cost = Annotated[
    float | str,
    BeforeValidator(read_cost),
    WithJsonSchema({"anyOf": [{"type": "number"}, {"type": "string"}]}),
]
Scalar = Annotated[
    str | int | float | bool,
    BeforeValidator(read_scalar),
    WithJsonSchema({"type": ["string", "number", "boolean"]}),
]
