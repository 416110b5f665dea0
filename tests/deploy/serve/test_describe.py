"""What the server says of itself is true: the schema, its example, and every answer that OpenAPI speaks of."""

from __future__ import annotations

import json

import polars as pl
import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from automl.deploy.serve.describe import _nested_schema
from automl.deploy.serve.settings import Settings
from automl.features.relational.definition import Catalog, Relation, TableSchema

CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]


def test_the_example_is_true(served):
    """The example of OpenAPI is a golden row; what it says the answer is, the server gives."""
    document = served.ask("GET", "/openapi.json").json()
    told = document["paths"]["/predict"]["post"]
    asked = told["requestBody"]["content"]["application/json"]["example"]
    golden = json.loads((served.model.bundle.path / "golden" / "rows.json").read_text())
    assert asked["rows"][0] in golden
    answer = served.ask("POST", "/predict", json=asked).json()
    assert answer == told["responses"]["200"]["content"]["application/json"]["example"]


def test_the_signature(served, bundle):
    """Columns, keys, decisions and limits are those of the bundle and of the settings."""
    told = served.ask("GET", "/schema").json()
    assert {entry["name"]: entry["wire"] for entry in told["inputs"]} == {
        "age": "number",
        "income": "number",
        "job": "category",
        "note": "text",
        "day": "date",
        "member": "flag",
    }
    assert all(entry["needed"] for entry in told["inputs"])
    assert told["decisions"] == [1, 2]
    assert told["keys"] == ["id"]
    assert told["limits"] == {"rows": 10_000, "cells": 1_000_000, "bytes": 8 * 2**20, "explained": 10}
    row = served.ask("GET", "/openapi.json").json()["components"]["schemas"]["Rows"]["properties"]["rows"]["items"]
    assert row["required"] == [entry["name"] for entry in told["inputs"]]
    assert set(row["properties"]) == {*row["required"], "id"}


def test_tables_in_a_row(shop, serving, tmp_path):
    """V02: rows of a table that the server does not hold are required, with the columns that are read."""

    def told(**settings):
        document = serving(shop, Settings(**settings)).ask("GET", "/openapi.json").json()
        return document["components"]["schemas"]["Rows"]["properties"]["rows"]["items"]

    row = told()
    assert set(row["required"]) == {"customer", "age", "purchases"}
    assert row["properties"]["purchases"]["items"]["required"] == ["amount"]
    store = tmp_path / "purchases.parquet"
    pl.DataFrame({"customer": ["a"], "amount": [1.0]}).write_parquet(store)
    assert set(told(tables={"purchases": str(store)})["required"]) == {"customer", "age"}


def test_what_is_not_read_is_not_asked_for():
    """V02: a catalog also has the tables and columns of the spec that no feature needed."""
    columns = {"c": "category", "o": "category", "unread": "number"}
    catalog = Catalog(
        tables=tuple(TableSchema(name=name, columns=columns) for name in ("main", "orders", "visits")),
        relations=tuple(Relation(child=child, parent="main", on=(("c", "c"),)) for child in ("orders", "visits")),
    )
    reader = {
        "columns": [{"name": "c", "wire": "category"}, {"name": "when", "wire": "date", "parts": ["year", "day"]}]
    }
    found = _nested_schema({"orders": reader}, catalog, "main")
    assert set(found) == {"orders"}
    assert found["orders"]["items"]["required"] == ["year", "day"]
    assert set(found["orders"]["items"]["properties"]) == {"c", "year", "day"}


@pytest.mark.timeout(900)  # a thousand requests and their making, on any machine
@pytest.mark.parametrize("examples", [15, pytest.param(450, marks=pytest.mark.slow)])
@pytest.mark.parametrize("which", ["bundle", "shop"])
def test_no_request_breaks_it(examples, which, request, serving):
    """V02: requests made from OpenAPI, right and wrong, get only answers that it tells, and no 5xx."""
    served = serving(request.getfixturevalue(which), Settings(hosts=("testserver",), log_requests=True))
    schema = schemathesis.openapi.from_asgi("/openapi.json", served.app)
    for found in schema.get_all_operations():
        operation = found.ok()
        for mode in (schemathesis.GenerationMode.POSITIVE, schemathesis.GenerationMode.NEGATIVE):
            if operation.method != "post" and mode is schemathesis.GenerationMode.NEGATIVE:
                continue  # there is nothing to get wrong
            number = examples if operation.method == "post" else max(1, examples // 10)
            _check(operation.as_strategy(generation_mode=mode), number)
    assert not [line for line in served.lines if line["status"] >= 500]
    assert {line["status"] for line in served.lines if line["route"] == "/predict"} >= {200, 422}


def _check(cases, number):
    @settings(max_examples=number, database=None, suppress_health_check=list(HealthCheck))
    @given(cases)
    def ask(case):
        case.call_and_validate(checks=CHECKS)

    ask()
