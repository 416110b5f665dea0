"""Proves stage by stage, on real rows, that the graph computes what was trained and judged (B13)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from automl.graph.assemble import Assembly
from automl.graph.onnx import to_onnx
from automl.graph.session import open_session
from automl.ops.bulk import evaluate
from automl.ops.expr import ArgMin, Expr, Floats, Stub, TakeText, walk
from automl.ops.rewrite import substitute

RAW = 1e-6  # of max(unit, |score|), see `_unit`: a library may sum in another order
LATER = 1e-9  # of max(1, |value|): the same arithmetic
TIE = 1e-6  # of max(1, the row's largest expected cost): two actions that cost the same
Values = Mapping[str, Any]  # by name: arrays of numbers, texts as a series or as objects


@dataclass(frozen=True, slots=True, kw_only=True)
class Parity:
    """What was compared on `rows` rows.

    `raw[i]` is the largest difference of member i's raw score from its own library, relative to max(1, |score|), for
    numbers to max(standard deviation of the scores, |score|); `differing` has the places of members that differ by
    more than is allowed. `features` and `later` are those of the
    graph from numpy, `features` before the members, `later` after them, from the graph's raw scores.
    `decisions_differing` counts rows, `ties` those among them where two actions cost the same.
    `reason` says in plain words what failed, or that nothing did.
    """

    rows: int
    raw: tuple[float, ...]
    features: float
    later: float
    decisions_differing: int
    ties: int
    differing: tuple[int, ...]
    ok: bool
    reason: str


def check_parity(assembly: Assembly, frame: pl.DataFrame, native: Sequence[Floats], learners: Sequence[str]) -> Parity:
    """Run the graph with its stages on the read rows `frame`.

    `native[i]` [rows, width] is the raw score of member i, of the learner `learners[i]`, by its own library.
    A decision is the place of the smallest of some expected costs, and a tie is judged by these.
    """
    computed = _graph_values(assembly, frame)
    expected = _numpy_values(assembly, frame, computed)
    raw = tuple(
        _difference(computed[f"raw_{place}"], scores, _unit(assembly, scores)) for place, scores in enumerate(native)
    )
    numbers = [name for name, expr in assembly.outputs.items() if expr.dtype != "text"]
    later = max((_difference(computed[name], expected[name]) for name in numbers), default=0.0)
    features = _difference(computed["features"], expected["features"])
    differing, ties = _decisions(assembly, computed, expected)
    members = tuple(place for place, worst in enumerate(raw) if not worst <= RAW)
    faults = [
        f"member {place} ({learners[place]}): the raw score differs by {raw[place]:.2g}, {RAW:g} is allowed"
        for place in members
    ]
    faults += [f"the features differ by {features:.2g}, {LATER:g} is allowed"] if not features <= LATER else []
    faults += (
        [f"what follows the raw scores differs by {later:.2g}, {LATER:g} is allowed"] if not later <= LATER else []
    )
    faults += [f"{differing - ties} decisions differ without a tie"] if differing > ties else []
    return Parity(
        rows=frame.height,
        raw=raw,
        features=features,
        later=later,
        decisions_differing=differing,
        ties=ties,
        differing=members,
        ok=not faults,
        reason="; ".join(faults) or f"the graph agrees with the libraries on {frame.height:,} rows",
    )


def _graph_values(assembly: Assembly, frame: pl.DataFrame) -> Values:
    session = open_session(to_onnx({**assembly.outputs, **assembly.stages}, inputs=assembly.inputs))
    return session.run({column.name: frame[column.name].to_numpy() for column in assembly.inputs})


def _numpy_values(assembly: Assembly, frame: pl.DataFrame, computed: Values) -> Values:
    """The features, and everything after the raw scores of the graph, with numpy."""
    raws = {id(expr): Stub(name, expr.width) for name, expr in assembly.stages.items() if name != "features"}
    wanted = {**assembly.outputs, **_expected_costs(assembly)}
    later = substitute(*wanted.values(), by=lambda expr: raws.get(id(expr)))
    stubs = {stub.name: computed[stub.name] for stub in raws.values()}
    exprs = {**dict(zip(wanted, later, strict=True)), "features": assembly.stages["features"]}
    return evaluate(exprs, frame, stubs=stubs)


def _expected_costs(assembly: Assembly) -> dict[str, Expr]:
    """The expected costs behind each decision, by a name of their own."""
    texts = {name: expr for name, expr in assembly.outputs.items() if isinstance(expr, TakeText)}
    chosen = {name: [part for part in walk(expr) if isinstance(part, ArgMin)] for name, expr in texts.items()}
    return {f"costs of {name}": parts[-1].of for name, parts in chosen.items() if parts}


def _decisions(assembly: Assembly, computed: Values, expected: Values) -> tuple[int, int]:
    """How many rows have a text that differs, and how many of these are ties."""
    differing = ties = 0
    for name, expr in assembly.outputs.items():
        if expr.dtype == "text":
            other = computed[name][:, 0] != expected[name].to_numpy()
            differing += int(other.sum())
            ties += int((other & _tied(expected[f"costs of {name}"])).sum()) if f"costs of {name}" in expected else 0
    return differing, ties


def _tied(costs: Floats) -> NDArray[np.bool_]:
    """Rows whose two smallest expected costs are as good as equal."""
    if costs.shape[1] == 1:
        return np.zeros(len(costs), dtype=np.bool_)
    smallest = np.partition(costs, 1, axis=1)
    margin: NDArray[np.bool_] = smallest[:, 1] - smallest[:, 0] < TIE * np.maximum(1.0, np.abs(costs).max(axis=1))
    return margin


def _unit(assembly: Assembly, scores: Floats) -> float:
    """What a difference of raw scores is small against: 1 for the margins of classes; numbers have the target's unit.

    A score near 0 is the difference of two large ones, and in cents all of them are a hundred times as large.
    """
    return float(np.std(scores)) or 1.0 if "prediction" in assembly.outputs else 1.0


def _difference(one: Floats, other: Floats, unit: float = 1.0) -> float:
    """The largest |one - other| / max(unit, |other|); infinite where only one is NaN, 0 where both are the same."""
    if one.shape != other.shape:
        return float("inf")
    with np.errstate(invalid="ignore"):
        apart = np.abs(one - other) / np.maximum(unit, np.abs(other))
    same = (one == other) | (np.isnan(one) & np.isnan(other))
    return float(np.where(same, 0.0, np.where(np.isnan(apart), np.inf, apart)).max(initial=0.0))
