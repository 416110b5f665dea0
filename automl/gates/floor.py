"""Feasibility first: what an empty pipeline takes on this machine, which no model can go below."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from threading import Thread

import polars as pl

from automl import disk
from automl.gates._latency import blocks, percentile
from automl.gates._limit import SCALE, against
from automl.gates.base import GateVerdict
from automl.gates.measure import observe
from automl.gates.size import sizes_of
from automl.spec.limits import Limits

SECONDS = 1.0  # of single rows
WORDS = "an empty pipeline here: the reader and a graph of one column"
PROTOCOL = (
    "a bundle that gives its one column back, measured as every bundle is; the best of its blocks, so that other work "
    "on the machine makes nothing impossible"
)
UNITS = {
    "latency_p50": "ms",
    "latency_p99": "ms",
    "memory": "MB",
    "size": "MB",
    "cold_start": "s",
    "throughput": "rows/s",
}
Figures = Mapping[str, float]


class Floor:
    """The floor, measured in a thread while the data is read; `broken` waits for it."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._found: list[Figures] = []
        self._thread = Thread(target=self._beside, name="floor", daemon=True)
        if any(getattr(limits, name) for name in UNITS):
            self._thread.start()

    def broken(self) -> tuple[GateVerdict, ...]:
        """The limits that nothing can keep here; what fails beside other work is measured again in quiet.

        Raises what `measure_floor` raises then.
        """
        if self._thread.ident is None:
            return ()
        self._thread.join()
        if not self._found or _broken(self._found, self._limits):
            self._measure()
        return _broken(self._found, self._limits)

    def _beside(self) -> None:
        with suppress(Exception):  # nobody hears it here
            self._measure()

    def _measure(self) -> None:
        self._found.append(measure_floor(self._limits))


def measure_floor(limits: Limits) -> Figures:
    """The best of an empty pipeline, by limit: seconds, bytes, and rows a second where the limits ask for them."""
    with disk.scratch("automl-floor-") as folder:
        bundle = folder / "bundle"
        _stage_empty(bundle)
        found = observe(bundle, limits, row_seconds=SECONDS)
        size = sum(sizes_of(bundle).values())
    whole = blocks(found.times)
    return {
        "latency_p50": min(percentile(block, 0.50) for block in whole),
        "latency_p99": min(percentile(block, 0.99) for block in whole),
        "memory": float(found.resident),
        "size": float(size),
        "cold_start": min(found.colds),
        "throughput": found.bulk_rows / min(found.bulks, default=math.inf),
    }


def impossible(verdicts: Sequence[GateVerdict]) -> str:
    """The sentence: what was asked for and what the floor is."""
    return "; ".join(
        f"{verdict.gate} of {verdict.limit:g} {verdict.unit} is impossible here: "
        f"the {'most' if verdict.gate == 'throughput' else 'floor'} is {verdict.measured:.3g} {verdict.unit}"
        for verdict in verdicts
    )


def _broken(found: Sequence[Figures], limits: Limits) -> tuple[GateVerdict, ...]:
    """The verdicts on the best that was measured, where it is not good enough."""
    verdicts = (_verdict(name, [one[name] for one in found], limits) for name in UNITS)
    return tuple(verdict for verdict in verdicts if not verdict.ok)


def _verdict(name: str, figures: Sequence[float], limits: Limits) -> GateVerdict:
    unit, floor = UNITS[name], name == "throughput"
    best = max(figures) if floor else min(figures)
    return against(
        gate=name,
        value=best / SCALE[unit],
        limit=getattr(limits, name),
        unit=unit,
        words=WORDS,
        protocol=PROTOCOL,
        floor=floor,
    )


def _stage_empty(folder: Path) -> None:
    """The smallest bundle there can be: a number in, the same number out."""
    from automl.bundle.contents import Contents
    from automl.bundle.manifest import outputs_of
    from automl.bundle.profile import Profile
    from automl.bundle.write import stage
    from automl.data.rows import Labels
    from automl.graph.onnx import to_onnx
    from automl.ops.expr import Add, Column, constant
    from automl.task import Task

    labels = Labels(name="y", task=Task(kind="regression"), dtype="float")
    column = Column("x")
    contents = Contents(
        model=to_onnx({"prediction": Add(column, constant(0.0))}, inputs=[column]),
        reader={"columns": [{"name": "x", "wire": "number", "missing": [], "parser": None}]},
        labels=labels,
        outputs=outputs_of(labels),
        decisions=(),
        keys=(),
        spec={},
        golden=[{"x": float(number)} for number in range(8)],
        profile=Profile(),
        evidence=pl.DataFrame(),
        scores=(),
        members=(),
        features=(),
        findings=(),
        split="",
        created=datetime.now(UTC),
    )
    stage(contents, folder)
