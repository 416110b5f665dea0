"""What a search would hand on, made by hand: one column that tells, members that are known formulas of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from automl.budget import Deadline
from automl.data.rows import Column, Labels, Prepared, Rows, Schema
from automl.executors.inline import InlineExecutor
from automl.features.plan import Feature, Plan
from automl.learners.base import Member
from automl.ops import expr as ops
from automl.progress import Event
from automl.search.leaderboard import Leaderboard, Outcome
from automl.search.run import Run
from automl.search.rundir import RunDir
from automl.spec import parse
from automl.task import Task

TRAIN, TEST = 400, 1_200


def rows(n: int, *, seed: int, number: bool) -> Rows:
    """`x` tells of the truth, `fee` is no feature: one in ten is missing."""
    rng = np.random.default_rng(seed)
    x, fee = rng.uniform(-2, 2, n), rng.uniform(0.5, 1.5, n)
    fee[rng.random(n) < 0.1] = np.nan
    odds = 1 / (1 + np.exp(-2 * x))
    y = 10 + 2 * x + rng.normal(size=n) if number else (rng.random(n) < odds).astype(np.float64)
    frame, beside = pl.DataFrame({"x": x}), pl.DataFrame({"fee": fee})
    raw = frame.hstack(beside).with_columns(pl.Series("half", np.arange(n) % 2).cast(pl.String))
    return Rows(frame=frame, raw=raw, y=y, beside=beside)


def prepared(labels: Labels) -> Prepared:
    columns = tuple(
        Column(
            name=name,
            wire="number",
            role="feature" if name == "x" else "excluded",
            reason="a test",
            is_feature=name == "x",
            reader={"name": name, "wire": "number", "missing": [], "parser": None},
        )
        for name in ("x", "fee")
    )
    number = labels.task.kind == "regression"
    return Prepared(
        schema=Schema(columns=columns),
        labels=labels,
        train=rows(TRAIN, seed=0, number=number),
        test=rows(TEST, seed=1, number=number),
        findings=(),
        split="a random part",
        digests={"train": "0"},
    )


@pytest.fixture
def loans() -> Prepared:
    """A target of two labels."""
    return prepared(Labels(name="bad", task=Task(kind="binary", classes=2), values=("no", "yes"), texts=("no", "yes")))


@pytest.fixture
def prices() -> Prepared:
    """A target that is a number."""
    return prepared(Labels(name="price", task=Task(kind="regression"), dtype="float"))


@pytest.fixture
def outcome_of() -> Callable[..., Outcome]:
    """The outcome of members with such `slopes` over `x`, all of one weight; the first ten rows no fold predicted.

    `native_off` is what each member's library gives beside its formula.
    """

    def make(data: Prepared, *, slopes: tuple[float, ...] = (2.0,), native_off: tuple[float, ...] = (0.0,)) -> Outcome:
        number = data.labels.task.kind == "regression"
        x = data.train.frame["x"].to_numpy()[:, None]
        members, oofs, native = [], [], []
        for slope, off in zip(slopes, native_off, strict=True):
            known = ops.Pick(ops.Features(1), (0,))
            filled = ops.Where(ops.IsMissing(known), ops.constant(0.0), known)
            raw = ops.Add(ops.Multiply(filled, ops.constant(slope)), ops.constant(10.0 * number))
            score = slope * x + 10.0 * number
            members.append(
                Member(learner="linear", params={"l2": slope}, raw=raw, prediction=raw if number else ops.Sigmoid(raw))
            )
            oofs.append(np.where(np.arange(TRAIN)[:, None] < 10, np.nan, score if number else 1 / (1 + np.exp(-score))))
            native.append(score[:50] + off)
        share = 1 / len(members)
        return Outcome(
            board=Leaderboard(trials=(), weights=tuple((place, share) for place in range(len(members)))),
            plan=Plan(features=(Feature(name="x", kind="number", source=("x",), expr=ops.Column("x")),)),
            members=tuple(members),
            weights=(share,) * len(members),
            oofs=tuple(oofs),
            parity_rows=np.arange(50),
            native=tuple(native),
        )

    return make


@pytest.fixture
def told() -> list[Event]:
    """What a run has told."""
    return []


@pytest.fixture
def run_of(tmp_path: Path, told: list[Event]) -> Iterator[Callable[..., Run]]:
    """A run of a minute that asks for what is given, in a folder of its own."""
    with RunDir.open(tmp_path / "a.run", identity={}) as folder:

        def make(**given: Any) -> Run:
            return Run(
                spec=parse({"objective": {"target": "bad"}, "data": {"key": ["id"]}, **given}),
                deadline=Deadline.of(60.0),
                executor=InlineExecutor(workers=1),
                folder=folder,
                listener=told.append,
            )

        yield make
