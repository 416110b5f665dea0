"""A small true bundle over a few hundred raw rows, made without a fit: what gates measure and exporters write."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import polars as pl

from automl.bundle.contents import Contents
from automl.bundle.evidence import evidence
from automl.bundle.golden import synthetic
from automl.bundle.manifest import FeatureRecord, MemberRecord, Score, outputs_of
from automl.bundle.profile import profile
from automl.bundle.write import finish, stage, staging
from automl.data.read.column_reader import ColumnReader, CsvDialect, Parser, Reader, Wire
from automl.data.read.frames import read_frame
from automl.data.rows import Column, Finding, Labels, Rows
from automl.graph.onnx import to_onnx
from automl.ops import expr as ops
from automl.task import Task

DIALECT: CsvDialect = {"separator": ",", "quote": '"', "skip_blank": False, "encoding": "utf-8"}
JOBS = ("clerk", "farmer", "rare one", "")
BINARY = Labels(name="bad", task=Task(kind="binary", classes=2), values=(1, 2), texts=("1", "2"), dtype="int")


def raw_rows() -> pl.DataFrame:
    """500 raw rows, all text, as a CSV gives them: numbers, money, levels, words, dates, flags, and gaps."""
    draw = np.random.default_rng(5)
    n = 500
    return pl.DataFrame(
        {
            "id": [f"c{i:04}" for i in range(n)],
            "age": [str(age) if age < 80 else "?" for age in draw.integers(18, 90, n)],
            "income": [f"${draw.integers(1, 99)},{draw.integers(100, 999)}.50" for _ in range(n)],
            "job": [JOBS[place] for place in draw.choice(4, n, p=(0.5, 0.4, 0.004, 0.096))],
            "note": [
                f"paid late {word}" for word in draw.choice(["twice", "never", "Müller"], n, p=(0.6, 0.395, 0.005))
            ],
            "day": [f"2024-{month:02}-{day:02}" for month, day in draw.integers(1, 28, (n, 2)).clip(1, 12)],
            "member": list(draw.choice(["yes", "no", ""], n)),
        }
    )


def feature_columns() -> tuple[Column, ...]:
    """The feature columns of the raw rows, one of each wire."""
    return (
        _column("age", "number", missing=("?",)),
        _column("income", "number", {"kind": "currency", "symbols": ["$"], "group": ","}),
        _column("job", "category"),
        _column("note", "text"),
        _column("day", "date", {"kind": "date", "format": "iso", "zone": "UTC"}),
        _column("member", "flag", {"kind": "flag", "true": ["yes"], "false": ["no"]}),
    )


def _column(name: str, wire: Wire, parser: Parser | None = None, missing: tuple[str, ...] = ()) -> Column:
    entry: ColumnReader = {"name": name, "wire": wire, "missing": list(missing), "parser": parser}
    return Column(name=name, wire=wire, role="feature", reason="a test", is_feature=True, reader=entry)


def small_contents(labels: Labels = BINARY) -> Contents:
    """What goes into a bundle for any labels over the raw rows."""
    columns, raw = feature_columns(), raw_rows()
    reader: Reader = {"columns": [column.reader for column in columns]}
    rows = Rows(frame=read_frame(reader, raw), raw=raw, y=(np.arange(raw.height) % 2).astype(float))
    outputs = _outputs(labels)
    shape = (rows.n, labels.task.classes if labels.task.kind == "multiclass" else 1)
    return Contents(
        model=to_onnx(outputs, inputs=_inputs()),
        reader=reader,
        labels=labels,
        outputs=outputs_of(labels, outputs),
        decisions=labels.texts,
        keys=("id",),
        spec={"objective": {"target": labels.name}},
        golden=synthetic(rows, columns, seed=1),
        profile=profile(rows, columns, seed=1),
        evidence=evidence(rows, np.full(shape, 0.5), part="oof"),
        scores=(Score(metric="roc_auc", value=0.81, low=0.78, high=0.84, n=100),),
        members=(MemberRecord(learner="linear", params={"l2": 0.1}, weight=1.0),),
        features=(FeatureRecord(name="age", kind="number", source=("age",)),),
        findings=(Finding(check="constant", column="c", text="It has one value.", action="dropped"),),
        split="a random fifth",
        created=datetime(2026, 11, 23, tzinfo=UTC),
        dialect=DIALECT,
    )


def small_bundle(out: Path, labels: Labels = BINARY) -> Path:
    """The finished bundle at `out`."""
    stage(small_contents(labels), staging(out))
    return finish(staging(out), out, gates=(), verdict=None, card="# A card\n")


def _inputs() -> list[ops.Column]:
    return [
        ops.Column("age"),
        ops.Column("income"),
        ops.Column("job", "text"),
        ops.Column("note", "text"),
        ops.Column("day"),
        ops.Column("member"),
    ]


def _outputs(labels: Labels) -> dict[str, ops.Expr]:
    score = _score()
    if labels.task.kind == "regression":
        return {"prediction": ops.Add(ops.Multiply(score, ops.constant(1234.5)), ops.constant(1e5))}
    if labels.task.kind == "binary":
        probability: ops.Expr = ops.Sigmoid(score)
        shares: ops.Expr = ops.Concat((ops.Subtract(ops.constant(1.0), probability), probability))
    else:
        shares = ops.Softmax(ops.Concat((score, ops.Multiply(score, ops.constant(-1.3)), ops.constant(0.1))))
        probability = shares
    losses = ops.MatMul(shares, 1.0 - np.eye(labels.task.classes) * 1.25)
    decision = ops.ArgMin(losses)
    return {
        "probability": probability,
        "decision": ops.TakeText(decision, labels.texts),
        "expected_cost": ops.RowSum(ops.Multiply(losses, ops.Take(decision, np.eye(labels.task.classes)))),
    }


def _score() -> ops.Expr:
    """A linear score over every column, gaps filled."""
    parts: list[ops.Expr] = []
    for name, centre, scale in (
        ("age", 40.0, 0.1),
        ("income", 5e4, 3e-5),
        ("day", 1.72e15, 1e-13),
        ("member", 0.5, 0.7),
    ):
        column = ops.Column(name)
        known = ops.Multiply(ops.Subtract(column, ops.constant(centre)), ops.constant(scale))
        parts.append(ops.Where(ops.IsMissing(column), ops.constant(0.3), known))
    job = ops.IndexOf(ops.Column("job", "text"), ("clerk", "farmer"))
    parts.append(ops.Take(job, np.array([[0.3], [-0.4], [0.1]])))
    parts.append(ops.AsNumber(ops.EqualText(ops.Column("note", "text"), "paid late never")))
    return ops.RowSum(ops.Concat(tuple(parts)))
