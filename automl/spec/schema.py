"""The JSON Schema of the spec, for editors that complete and check TOML."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, cast

from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue
from pydantic_core import core_schema

from automl.spec.model import Spec


def json_schema() -> dict[str, object]:
    """The schema, with defaults as people write them."""
    schema = Spec.model_json_schema(by_alias=True, schema_generator=_Schema)
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema, "title": "automl spec"}


def keys() -> Iterator[str]:
    """The keys of a spec that have a name, whole: ``budget.time``; of a table with names of the user's only its own.

    >>> [key for key in keys() if key.startswith("report")]
    ['report', 'report.html']
    """
    schema = cast("Any", json_schema())
    return _keys(schema, schema["$defs"], "")


def _keys(section: Mapping[str, Any], models: Mapping[str, Any], above: str) -> Iterator[str]:
    for name, value in section.get("properties", {}).items():
        yield f"{above}{name}"
        for option in value.get("anyOf", [value]):
            yield from _keys(models.get(option.get("$ref", "").rpartition("/")[2], {}), models, f"{above}{name}.")


class _Schema(GenerateJsonSchema):
    """Draft 2020-12 without the titles that repeat the keys."""

    def field_title_should_be_set(self, schema: object) -> bool:  # noqa: ARG002  # the signature is pydantic's
        """No key needs its own name as a title."""
        return False

    def default_schema(self, schema: core_schema.WithDefaultSchema) -> JsonSchemaValue:
        """A default in people's units: ``"10min"``, not 600."""
        made = super().default_schema(schema)
        write = cast("Any", schema["schema"]).get("serialization", {}).get("function")
        if write and made.get("default") is not None:
            made["default"] = write(schema["default"])
        return made
