"""pydantic's findings told as people need them: file:line key, what was expected, what was got, the nearest key."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from automl.errors import SpecError, nearest, one_line
from automl.spec.layers import Layer, locate, merge
from automl.spec.lines import Path
from automl.spec.units import shown

EXPECTED: Final = {
    "string_type": "text",
    "string_too_short": "text that is not empty",
    "int_type": "a whole number",
    "float_type": "a number",
    "bool_type": "true or false",
    "finite_number": "a finite number",
    "tuple_type": "a list",
    "dict_type": "a table",
    "mapping_type": "a table",
    "model_type": "a table",
    "model_attributes_type": "a table",
}


def spec_error(error: ValidationError, model: type[BaseModel], layers: Sequence[Layer]) -> SpecError:
    """All problems as one error: the first is the sentence, the others follow in the hint."""
    given = merge(layers)
    found: dict[Path, ErrorDetails] = {}
    for detail in error.errors(include_url=False):
        found.setdefault(_trim(detail, given), detail)
    # a union tells of each of its arms: the one that got furthest is the one that was meant
    deepest = [path for path in found if not any(other[: len(path)] == path != other for other in found)]
    typos_first = sorted(deepest, key=lambda path: found[path]["type"] != "extra_forbidden")
    return _joined([_tell(path, found[path], model, layers) for path in typos_first])


def known_keys(model: type[BaseModel], prefix: str = "") -> Iterator[str]:
    """Every key of the spec as a dotted path."""
    for name, field in model.model_fields.items():
        key = f"{prefix}{field.alias or name}"
        yield key
        inner = _section(field.annotation)
        if inner and not _is_mapping(field.annotation):
            yield from known_keys(inner, f"{key}.")


Told = tuple[str, str, str | None]


def _joined(told: Sequence[Told]) -> SpecError:
    (where, what, hint), *others = told
    lines = [line for line in (hint, *(_line(*other) for other in others)) if line]
    return SpecError(what, where=where, hint="\n  ".join(lines) or None)


def _line(where: str, what: str, hint: str | None) -> str:
    return one_line(f"{where}: {what}; {hint}" if hint else f"{where}: {what}")


def _trim(detail: ErrorDetails, given: Any) -> Path:
    """The path without the names that pydantic adds for the arms of a union."""
    path: Path = ()
    for part in detail["loc"]:
        inside = (isinstance(given, Mapping) and part in given) or (isinstance(given, list) and isinstance(part, int))
        if inside:
            given = given[part]
        if inside or detail["type"] == "missing":
            path += (part,)
    return path


def _tell(path: Path, detail: ErrorDetails, model: type[BaseModel], layers: Sequence[Layer]) -> Told:
    where = locate(layers, path)
    if detail["type"] == "extra_forbidden":
        return where, f"unknown key '{path[-1]}'", _nearest_key(path, model)
    if detail["type"] == "missing":
        section = ".".join(map(str, path[:-1]))
        return where, "is missing", f"add {path[-1]} = ... under [{section}]" if section else f"add [{path[-1]}]"
    return where, *_sentence(detail)


def _sentence(detail: ErrorDetails) -> tuple[str, str | None]:
    kind, got = detail["type"], detail["input"]
    context = detail.get("ctx", {})
    if kind == "value_error":
        return str(context["error"]), None
    if kind == "literal_error":
        close = nearest(str(got), re.findall("'([^']*)'", context["expected"]))
        return f"expected {context['expected']}, got {shown(got)}", f"did you mean '{close}'?" if close else None
    expected = EXPECTED.get(kind)
    if expected is None:
        words = {"ge": "at least", "gt": "more than", "le": "at most", "lt": "less than"}
        bound = next((f"{words[key]} {context[key]}" for key in words if key in context), None)
        expected = f"a number of {bound}" if bound else detail["msg"]
    return f"expected {expected}, got {shown(got)}", None


def _nearest_key(path: Path, model: type[BaseModel]) -> str:
    siblings = _keys_at(path[:-1], model)
    homes = [key.rpartition(".")[0] for key in known_keys(model) if key.rpartition(".")[2] == path[-1]]
    if homes:
        return f"it belongs to {' or '.join(f'[{home}]' for home in homes)}"
    close = nearest(str(path[-1]), siblings)
    return f"did you mean '{close}'?" if close else f"known here: {', '.join(siblings)}"


def _keys_at(path: Path, model: type[BaseModel]) -> list[str]:
    at: object = model
    for part in path:
        if isinstance(at, type) and issubclass(at, BaseModel):
            fields = at.model_fields
            at = next((f.annotation for name, f in fields.items() if part in {name, f.alias}), None)
            at = _section(at) or at
        else:
            at = _section(at)
    inner = _section(at)
    return [field.alias or name for name, field in inner.model_fields.items()] if inner else []


def _is_mapping(annotation: object) -> bool:
    return get_origin(annotation) is Mapping


def _section(annotation: object) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next((found for part in get_args(annotation) if (found := _section(part))), None)
