"""Fixtures of who tampers with bundles, and a bundle of several tables."""

from __future__ import annotations

import hashlib
import json
import resource
import signal
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest

from automl.bundle.content_hash import content_hash
from automl.bundle.contents import Contents
from automl.bundle.golden_tables import with_tables
from automl.bundle.layout import MANIFEST, SEAL, SIGNATURE
from automl.bundle.scorer import seal
from automl.bundle.write import finish, stage, staging
from automl.data.read.typed_tables import RelatedTables
from automl.data.rows import Labels
from automl.features.relational.codec import to_json
from automl.features.relational.definition import (
    Aggregation,
    Base,
    Catalog,
    Definitions,
    Hop,
    Relation,
    RelationalFeature,
    TableSchema,
)
from automl.graph.onnx import to_onnx
from automl.ops import expr as ops


@pytest.fixture
def full_disk() -> Callable[[], AbstractContextManager[None]]:
    """While it lasts no file of this process grows beyond 1,000 bytes."""

    @contextmanager
    def make() -> Iterator[None]:
        kept = resource.getrlimit(resource.RLIMIT_FSIZE)
        ignored = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (1_000, kept[1]))
        try:
            yield
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, kept)
            signal.signal(signal.SIGXFSZ, ignored)

    return make


@pytest.fixture
def reseal() -> Callable[..., None]:
    """Computes all hashes of a folder again, as someone would who tampers with care; `changes` go to the manifest."""

    def make(folder: Path, **changes: object) -> None:
        content = json.loads((folder / MANIFEST).read_bytes()) | changes
        own = {MANIFEST, SEAL, SIGNATURE}
        names = (path for path in folder.rglob("*") if path.is_file() and path.name not in own)
        content["files"] = {
            path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in names
        }
        with suppress(LookupError, TypeError, ValueError):  # a manifest that lacks what is hashed is refused before
            content["content_hash"] = content_hash(content)
        text = json.dumps(content).encode()
        (folder / MANIFEST).write_bytes(text)
        (folder / SEAL).write_bytes(seal(text))

    return make


@pytest.fixture(scope="session")
def purchases() -> pl.DataFrame:
    """Raw rows of another table: ten of anna, one of ben, and a kind that one row has."""
    return pl.DataFrame(
        {
            "customer": ["anna"] * 10 + ["ben"],
            "value": [f"{number}" for number in range(11)],
            "kind": ["book"] * 10 + ["secret"],
        }
    )


@pytest.fixture(scope="session")
def related(purchases: pl.DataFrame) -> RelatedTables:
    """What a bundle keeps where main, whose rows have a `customer`, gets the sum and number of that one's purchases."""
    catalog = Catalog(
        tables=(
            TableSchema(name="main", columns={"customer": "category", "age": "number"}),
            TableSchema(name="purchases", columns={"customer": "category", "value": "number", "kind": "category"}),
        ),
        relations=(Relation(child="purchases", parent="main", on=(("customer", "customer"),)),),
    )
    path = (Hop(table="purchases", on=(("customer", "customer"),)),)
    features = (
        RelationalFeature(name="spent", expr=Aggregation(op="sum", path=path, of=Base(column="value")), wire="number"),
        RelationalFeature(name="times", expr=Aggregation(op="count", path=path), wire="number"),
    )

    def entry(name: str, wire: str) -> dict[str, object]:
        return {"name": name, "wire": wire, "missing": [], "parser": None}

    document = {
        "definitions": to_json(Definitions(catalog=catalog, features=features)),
        "main": {"columns": [entry("customer", "category")]},
        "tables": {
            "purchases": {
                "reader": {
                    "columns": [entry("customer", "category"), entry("value", "number"), entry("kind", "category")]
                },
                "dialect": {"separator": ";"},
            }
        },
        "unused": ["people"],
    }
    return RelatedTables(document=document, samples={"purchases": purchases})


@pytest.fixture(scope="session")
def tables_bundle(
    make_contents: Callable[[Labels], Contents],
    regression: Labels,
    related: RelatedTables,
    tmp_path_factory: pytest.TempPathFactory,
) -> Path:
    """A finished bundle over `related`: the price is age + 100 times what was spent + 10,000 times the purchases."""
    contents = make_contents(regression)
    age, spent, times = (ops.Column(name) for name in ("age", "spent", "times"))
    known = [ops.Where(ops.IsMissing(leaf), ops.constant(0.0), leaf) for leaf in (age, spent, times)]
    weights = ops.constant(1.0, 100.0, 10_000.0)
    price = ops.RowSum(ops.Multiply(ops.Concat(tuple(known)), weights))
    reader = {"columns": [entry for entry in contents.reader["columns"] if entry["name"] == "age"]}
    golden, tables = with_tables([{"age": "30"}, {"age": None}], related, seed=3)
    several = replace(
        contents,
        model=to_onnx({"prediction": price}, inputs=[age, spent, times]),
        reader=reader,
        golden=golden,
        relational=related.document,
        golden_tables=tables,
        keys=(),
    )
    out = tmp_path_factory.mktemp("bundles") / "tables.bundle"
    stage(several, staging(out))
    return finish(staging(out), out, gates=(), verdict=None, card="")
