"""Fixtures that several rooms share."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import settings

from automl.bundle.contents import Contents
from automl.bundle.evidence import evidence, profile
from automl.bundle.golden import synthetic
from automl.bundle.manifest import FeatureRecord, MemberRecord, Score, outputs_of
from automl.bundle.write import finish, stage, staging
from automl.data.read.frames import read_frame
from automl.data.rows import Column, Finding, Labels, Rows
from automl.graph.onnx import to_onnx
from automl.ops import expr as ops
from automl.task import Task

DIALECT = {"separator": ",", "quote": '"', "skip_blank": False, "encoding": "utf-8"}
settings.register_profile("automl", deadline=None)  # no test has a stopwatch: the machine may be busy
settings.load_profile("automl")

JOBS = ("clerk", "farmer", "rare one", "")


GOLDEN = Path(__file__).parent / "golden"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--write-golden", action="store_true", help="Write tests/golden anew instead of comparing.")


@pytest.fixture
def golden(request: pytest.FixtureRequest) -> Callable[[str, str], None]:
    """Compare a text with ``tests/golden/NAME``; `make golden` writes the files anew."""

    def compare(name: str, text: str) -> None:
        file = GOLDEN / name
        if request.config.getoption("--write-golden"):
            file.parent.mkdir(exist_ok=True)
            file.write_text(text, encoding="utf-8")
        assert file.exists(), f"there is no tests/golden/{name}; `make golden` writes it"
        assert text == file.read_text(encoding="utf-8"), "if the change is meant, `make golden` and read the diff"

    return compare


@pytest.fixture(scope="session")
def raw() -> pl.DataFrame:
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


@pytest.fixture(scope="session")
def columns() -> tuple[Column, ...]:
    """The feature columns of `raw`, one of each wire."""

    def column(name: str, wire: str, parser: dict[str, object] | None = None, missing: tuple[str, ...] = ()) -> Column:
        entry = {"name": name, "wire": wire, "missing": list(missing), "parser": parser}
        return Column(name=name, wire=wire, role="feature", reason="a test", is_feature=True, reader=entry)

    return (
        column("age", "number", missing=("?",)),
        column("income", "number", {"kind": "currency", "symbols": ["$"], "group": ","}),
        column("job", "category"),
        column("note", "text"),
        column("day", "date", {"kind": "date", "format": "iso", "zone": "UTC"}),
        column("member", "flag", {"kind": "flag", "true": ["yes"], "false": ["no"]}),
    )


@pytest.fixture(scope="session")
def make_contents(raw: pl.DataFrame, columns: tuple[Column, ...]) -> Callable[[Labels], Contents]:
    """Contents of a small true bundle over `raw`, for any labels."""
    reader = {"columns": [dict(column.reader) for column in columns]}
    frame = read_frame(reader, raw)
    rows = Rows(frame=frame, raw=raw, y=(np.arange(raw.height) % 2).astype(float))

    def make(labels: Labels) -> Contents:
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
            profile=profile(rows, columns),
            evidence=evidence(rows, np.full(shape, 0.5), part="oof"),
            scores=(Score(metric="roc_auc", value=0.81, low=0.78, high=0.84, n=100),),
            members=(MemberRecord(learner="linear", params={"l2": 0.1}, weight=1.0),),
            features=(FeatureRecord(name="age", kind="number", source=("age",)),),
            findings=(Finding(check="constant", column="c", text="It has one value.", action="dropped"),),
            split="a random fifth",
            created=datetime(2026, 11, 23, tzinfo=UTC),
            dialect=DIALECT,
        )

    return make


@pytest.fixture(scope="session")
def binary() -> Labels:
    """Labels that are whole numbers: 2 is the positive one."""
    return Labels(name="bad", task=Task(kind="binary", classes=2), values=(1, 2), texts=("1", "2"), dtype="int")


@pytest.fixture(scope="session")
def multiclass() -> Labels:
    """Three labels of text."""
    texts = ("low", "mid", "high")
    return Labels(name="level", task=Task(kind="multiclass", classes=3), values=texts, texts=texts)


@pytest.fixture(scope="session")
def regression() -> Labels:
    """No labels: a price."""
    return Labels(name="price", task=Task(kind="regression"), dtype="float")


@pytest.fixture(scope="session")
def make_bundle(make_contents: Callable[[Labels], Contents]) -> Callable[[Labels, Path], Path]:
    """A finished bundle for labels at a path."""

    def make(labels: Labels, out: Path) -> Path:
        stage(make_contents(labels), staging(out))
        return finish(staging(out), out, gates=(), verdict=None, card="# A card\n")

    return make


@pytest.fixture(scope="session")
def bundle(
    make_bundle: Callable[[Labels, Path], Path], binary: Labels, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """A finished bundle of a binary problem; look, don't touch."""
    return make_bundle(binary, tmp_path_factory.mktemp("bundles") / "credit.bundle")


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
        shares = ops.Concat((ops.Subtract(ops.constant(1.0), probability), probability))
    else:
        shares = ops.Softmax(ops.Concat((score, ops.Multiply(score, ops.constant(-1.3)), ops.constant(0.1))))
        probability = shares
    losses = ops.MatMul(shares, 1.0 - np.eye(labels.task.classes) * 1.25)
    decision = ops.ArgMin(losses)
    return {
        "probability": probability,
        "decision": ops.TakeText(decision, labels.texts),
        "expected_cost": ops.RowSum(ops.Multiply(losses, shares)),
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


@pytest.fixture(scope="session")
def grow() -> Callable[..., ops.Ensemble]:
    """A random forest as arrays: any modes, NaN to both sides, sets, trees of one leaf, several targets."""

    def make(
        seed: int,
        *,
        trees: int = 7,
        depth: int = 5,
        features: int = 4,
        width: int = 1,
        modes: tuple[int, ...] = (0, 1, 2),
    ) -> ops.Ensemble:
        draw = np.random.default_rng(seed)
        nodes: list[list[float]] = []  # feature, threshold, mode, nan_true, true child, false child
        leaves: list[tuple[float, int]] = []  # value, target
        sets: dict[int, tuple[int, ...]] = {}

        def node(levels: int) -> int:
            if levels == 0 or draw.random() < 0.2:
                leaves.append((draw.normal(), int(draw.integers(width))))
                return -len(leaves)
            place, mode = len(nodes), int(draw.choice(modes))
            nodes.append([draw.integers(features), draw.integers(-3, 4), mode, draw.integers(2), 0, 0])
            if mode == 2:
                sets[place] = tuple(
                    np.unique(draw.integers(0, draw.choice([3, 40, 200]), draw.integers(0, 30))).tolist()
                )
            nodes[place][4:] = node(levels - 1), node(levels - 1)
            return place

        roots = np.array([node(depth) for _ in range(trees)], dtype=np.int64)
        table = np.array(nodes, dtype=np.float64).reshape(-1, 6)
        return ops.Ensemble(
            feature=table[:, 0].astype(np.int64),
            threshold=table[:, 1],
            mode=table[:, 2].astype(np.int8),
            nan_true=table[:, 3].astype(np.bool_),
            true_child=table[:, 4].astype(np.int64),
            false_child=table[:, 5].astype(np.int64),
            sets=sets,
            leaf_value=np.array([value for value, _ in leaves], dtype=np.float64),
            leaf_target=np.array([target for _, target in leaves], dtype=np.int64),
            roots=roots,
            base=draw.normal(size=width) * (seed % 2),
        )

    return make
