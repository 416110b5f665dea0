"""What a bundle takes and gives, told from its own signature: `/schema` for programs, OpenAPI for everything else."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from automl.bundle.read import Bundle
from automl.bundle.scorer import Answer
from automl.data.read.column_reader import Reader, Wire
from automl.deploy.serve import arrow
from automl.deploy.serve.nested import filled, inside, nest, unnest
from automl.deploy.serve.settings import Settings
from automl.features.relational.definition import MAIN, Catalog
from automl.names import outside

JSON: Final = "application/json"
VALUE: Final = ["number", "string", "boolean", "null"]
WIRES: Final = {
    "number": "A number, or text of one as it stood in the training data; null is missing.",
    "flag": "Yes or no: true or false, 1 or 0, or the words of the training data; null is missing.",
    "category": "A level; one that training never saw counts as a rare one; null is missing.",
    "text": "Words; null is missing.",
    "date": "A date or a moment as it stood in the training data, or ISO 8601; null is missing.",
}
REFUSALS: Final = {
    400: "The Host header names another server",
    401: "The token is missing or wrong",
    403: "A page of another origin asks, or the server has no token for what needs one",
    404: "There is nothing of the kind: no store, no look",
    408: "The body did not come in time",
    413: "The body or its number of rows is too large",
    415: "The content type is neither JSON nor an Arrow stream",
    422: "A row cannot be scored",
    429: "The client has too many requests under way",
    500: "A bug of ours",
    503: "The server is full or stops",
}
SHOWN: Final = 5  # rows of another table in an example


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """A golden row as a request has it, and its answer."""

    row: dict[str, object]
    answer: Answer


def example_of(bundle: Bundle) -> Example:
    """A golden row of the bundle without gaps, if there is one, with the rows of other tables that it meets."""
    rows: list[dict[str, object]] = json.loads(bundle.files.read("golden/rows.json"))
    row = min(rows, key=_gaps)
    if bundle.catalog is None:
        return Example(row=_told(row), answer=bundle.answer(row)[0])
    tables = json.loads(bundle.files.read("golden/tables.json"))
    nested = nest(row, tables, bundle.catalog, most=SHOWN)
    alone, met = unnest(nested, bundle.catalog)
    met = {name: met.get(name, []) for name in bundle.tables}
    return Example(row=_told(nested), answer=bundle.given(met).answer(alone)[0])


def _told(row: Mapping[str, object]) -> dict[str, object]:
    """A golden row as people have it: columns by their own names, in the rows of other tables too."""
    return {
        outside(name): [_told(child) for child in cell] if isinstance(cell, list) else cell
        for name, cell in row.items()
    }


def known_columns(bundle: Bundle) -> set[str]:
    """Every column that a row may have without being odd."""
    tables = [] if bundle.catalog is None else bundle.catalog.names
    return {*bundle.needed, *bundle.optional, *bundle.manifest.keys, *tables}


def schema(bundle: Bundle, settings: Settings, example: Example) -> dict[str, object]:
    """What `/schema` gives: columns, answers, limits, and an example."""
    manifest = bundle.manifest
    return {
        "target": manifest.target.name,
        "kind": manifest.target.kind,
        "bundle": manifest.content_hash,
        "inputs": [
            {"name": name, "wire": wire, "needed": name in bundle.needed, "example": example.row.get(name)}
            for name, wire in _wires(bundle).items()
        ],
        "tables": _tables(bundle),
        "keys": list(manifest.keys),
        "outputs": bundle.columns,
        "decisions": bundle.decisions,
        "limits": {
            "rows": settings.max_rows,
            "cells": settings.max_cells,
            "bytes": settings.max_body,
            "explained": settings.explain_rows,
        },
        "extra": settings.extra,
        "example": {"request": {"rows": [example.row]}, "answer": {"rows": [example.answer]}},
    }


def openapi(bundle: Bundle, settings: Settings, example: Example) -> dict[str, object]:
    """The OpenAPI 3.1 document of a server with this bundle."""
    manifest = bundle.manifest
    answer = {"rows": [example.answer], "warnings": [], "bundle": manifest.content_hash[:12]}
    binary = {arrow.CONTENT: {"schema": {"type": "string", "format": "binary"}}}
    predict = {
        "operationId": "predict",
        "summary": f"Predict {manifest.target.name} for raw rows",
        "description": "Rows are decided one by one; columns are found by name.",
        "requestBody": {
            "required": True,
            "content": {
                JSON: {"schema": {"$ref": "#/components/schemas/Rows"}, "example": {"rows": [example.row]}},
                **binary,
            },
        },
        "responses": _responses(
            {JSON: {"schema": {"$ref": "#/components/schemas/Answers"}, "example": answer}, **binary}
        ),
    }
    return {
        "openapi": "3.1.0",
        "info": {"title": f"{manifest.target.name}: {manifest.target.kind}", "version": manifest.content_hash[:12]},
        "paths": {
            "/predict": {"post": predict},
            "/explain": {"post": _explain(bundle, example)},
            "/labels": {"post": _labels(bundle)},
        }
        | {path: {"get": _get(*told)} for path, told in _READ.items()},
        "components": {
            "schemas": {
                "Rows": _rows_schema(bundle, settings),
                "Answers": _answers_schema(bundle),
                "Error": _ERROR,
            },
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
        },
        "security": [{}, {"token": []}],
    }


def _explain(bundle: Bundle, example: Example) -> dict[str, object]:
    rows = {"schema": {"$ref": "#/components/schemas/Rows"}, "example": {"rows": [example.row]}}
    return {
        "operationId": "explain",
        "summary": f"Say why {bundle.manifest.target.name} is predicted so for raw rows",
        "description": "What each column gives to score and money, and the smallest change that is decided otherwise.",
        "requestBody": {"required": True, "content": {JSON: rows}},
        "responses": _responses({JSON: {"schema": _EXPLAINED}}),
    }


def _labels(bundle: Bundle) -> dict[str, object]:
    manifest = bundle.manifest
    cells = {name: {"type": VALUE} for name in (*manifest.keys, manifest.target.name)}
    known = {"type": ["string", "null"], "description": "When the label became known, in ISO 8601; else it is now."}
    row = {"type": "object", "required": list(cells), "properties": {**cells, "known": known}}
    rows = {"type": "object", "required": ["rows"], "properties": {"rows": {"type": "array", "items": row}}}
    return {
        "operationId": "labels",
        "summary": f"Say what {manifest.target.name} came out as",
        "description": "Labels for the store of a watch, by key; later ones replace earlier ones. It needs the token.",
        "requestBody": {"required": True, "content": {JSON: {"schema": rows}}},
        "responses": _responses({JSON: {"schema": {"type": "object"}}}),
    }


_EXPLAINED: Final = {
    "type": "object",
    "required": ["rows", "bundle"],
    "properties": {"rows": {"type": "array", "items": {"type": "object"}}, "bundle": {"type": "string"}},
}
_READ: Final = {
    "/schema": ("schema", "Columns, answers and limits", JSON),
    "/health/live": ("live", "Whether the process answers", JSON),
    "/health/ready": ("ready", "Whether rows are taken, and by which bundle", JSON),
    "/metrics": ("metrics", "Numbers for Prometheus", "text/plain"),
    "/watch": ("watch", "What the last look at the model found", JSON),
}
_WARNING: Final = {
    "type": "object",
    "description": "A column with cells that hold something and cannot be read: they count as missing.",
    "required": ["column", "filled", "unread", "what"],
    "properties": {
        "column": {"type": "string"},
        "filled": {"type": "integer", "description": "Cells of the request that hold something."},
        "unread": {"type": "integer", "minimum": 1, "description": "Those that cannot be read."},
        "what": {"type": "string"},
    },
}
_ERROR: Final = {
    "type": "object",
    "required": ["error", "request_id"],
    "properties": {
        "error": {
            "type": "object",
            "required": ["what", "where", "hint"],
            "properties": {
                "what": {"type": "string"},
                "where": {"type": ["string", "null"]},
                "hint": {"type": ["string", "null"]},
            },
        },
        "request_id": {"type": "string"},
    },
}


def _get(name: str, summary: str, content: str) -> dict[str, object]:
    body = {"type": "string"} if content == "text/plain" else {"type": "object"}
    return {"operationId": name, "summary": summary, "responses": _responses({content: {"schema": body}})}


def _responses(content: Mapping[str, object]) -> dict[str, object]:
    error = {"content": {JSON: {"schema": {"$ref": "#/components/schemas/Error"}}}}
    refused = {str(status): {"description": told} | error for status, told in REFUSALS.items()}
    return {"200": {"description": "The answer", "content": dict(content)}, **refused}


def _rows_schema(bundle: Bundle, settings: Settings) -> dict[str, object]:
    cells = _cells(_wires(bundle))
    cells |= {key: {"type": VALUE, "description": "Handed back as it came."} for key in bundle.manifest.keys}
    tables = {} if bundle.catalog is None else _nested_schema(bundle.table_readers, bundle.catalog, MAIN)
    row = {
        "type": "object",
        "required": [*bundle.needed, *(name for name in tables if name not in settings.tables)],
        "properties": cells | tables,
        "additionalProperties": settings.extra == "ignore",
    }
    rows = {"type": "array", "maxItems": settings.max_rows, "items": row}
    return {"type": "object", "required": ["rows"], "properties": {"rows": rows}, "additionalProperties": False}


def _nested_schema(readers: Mapping[str, Reader], catalog: Catalog, table: str) -> dict[str, object]:
    """The tables that are read and whose rows stand in a row of `table`, as properties of it.

    What joins them need not be said twice.
    """
    found: dict[str, object] = {}
    for name, ways in inside(table, catalog):
        if name not in readers:
            continue
        columns = _wires_of(readers[name])
        known = {outside(there) for _, there in filled(name, ways)}
        row = {
            "type": "object",
            "required": [column for column in columns if column not in known],
            "properties": _cells(columns) | ({} if name == MAIN else _nested_schema(readers, catalog, name)),
        }
        found[name] = {"type": "array", "items": row, "description": f"Rows of {name!r} that belong to this one."}
    return found


def _cells(wires: Mapping[str, str]) -> dict[str, object]:
    return {name: {"type": VALUE, "description": WIRES[wire]} for name, wire in wires.items()}


def _answers_schema(bundle: Bundle) -> dict[str, object]:
    cells: dict[str, object] = {key: {"type": VALUE} for key in bundle.manifest.keys if key not in bundle.columns}
    for output in bundle.manifest.outputs:
        kind: dict[str, object] = {"enum": bundle.decisions} if output.wire == "text" else {"type": ["number", "null"]}
        cells |= dict.fromkeys(output.columns, kind)
    row = {"type": "object", "required": bundle.columns, "properties": cells}
    rows = {"type": "array", "items": row}
    properties = {"rows": rows, "warnings": {"type": "array", "items": _WARNING}, "bundle": {"type": "string"}}
    return {"type": "object", "required": ["rows", "warnings", "bundle"], "properties": properties}


def _wires(bundle: Bundle) -> dict[str, Wire]:
    """The wire of each raw column of main."""
    found = _wires_of(bundle.manifest.reader)
    if bundle.catalog is not None:
        found = {outside(name): wire for name, wire in bundle.catalog.table("main").columns.items()} | found
    read = {*bundle.needed, *bundle.optional}
    return {name: found.get(name, "text") for name in dict.fromkeys([*bundle.needed, *found]) if name in read}


def _wires_of(reader: Reader) -> dict[str, Wire]:
    """The wire of each raw column of a reader; one that is read together with others is text."""
    return {
        name: "text" if "parts" in entry else entry["wire"]
        for entry in reader["columns"]
        for name in map(outside, entry.get("parts", (entry["name"],)))
    }


def _tables(bundle: Bundle) -> list[str]:
    return [] if bundle.catalog is None else bundle.tables


def _gaps(row: Mapping[str, object]) -> int:
    return sum(cell in (None, "", "?") for cell in row.values())
