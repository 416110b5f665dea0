"""What comes after a search, in seconds: counted from the model that will ship, and from how busy the machine is."""

from __future__ import annotations

import os
from dataclasses import dataclass

from automl.host.processes import leaves, shares
from automl.search.cost.serving import serving, share_read
from automl.search.worker.model_size import ModelSize
from automl.spec.limits import Limits
from automl.spec.report import Report

# Measured on an idle machine of two cores with five tasks: 1 s for a constant, 4 s for 100,000 rows to judge,
# 7 s for 26 classes.
BASE = 1.6  # the scorer started afresh, its margins and golden rows, hashes, the move
NODE = 1e-5  # writing the graph and proving it
STEP_OF_A_ROW = 2.5e-9  # scoring what is judged
CELL = 2e-7  # reading it
COLUMN = 8e-4  # a column that the model reads: its part of graph and proof, its golden cells, its pages of the bundle
ANSWER = 2e-6  # resampling its scores, a probability each
RANKED = 2.5e-5  # the same where scores rank the rows, as those of two labels do
SINGLE = 2_200  # rows that are timed one by one
MOST_SINGLE = 5.0  # then fewer of them are timed
CALIBRATED = 4e-6  # fitting a scale for each of several classes, a probability each
TEMPERED, CLASS_ROWS = 1e-6, 100  # the same where classes have fewer rows on average: then one scale is fitted for all
WIDE = 0.5  # of a limit by the estimate: such a model may yet break it
REPAIRS, MOST_REPAIRS = 0.25, 120.0  # of the budget, and seconds
REPORT, LEAST_REPORT, MOST_REPORT = 0.05, 1.0, 20.0  # of the budget, and seconds
SHARE = 0.5  # of the budget, the most that is kept aside
MOST_CROWDED = 5.0
TREES, MOST_TREES, NODES, STEPS = 300, 4_000, 30, 5  # a guess before anything is fitted: for a class, in all, of a tree


@dataclass(frozen=True, slots=True, kw_only=True)
class AfterSearch:
    """What is done after a search but for the model: rows calibrated and judged, columns, width of a prediction.

    `reading` are the seconds that the columns of a row take. `ranked` says whether scores look at the order of
    predictions, as those of two labels do. `twin` are the rows on which a twin fitted on all rows is compared with the
    model that was judged; 0 where none is made.
    """

    calibrated: int
    judged: int
    columns: int
    reading: float
    width: int
    ranked: bool
    twin: int = 0
    threads: int = 1  # that score what is judged
    curves: int = 1  # that are fitted to calibrate: decisions on the rows learned from need one for each fold
    repairs: float = 0.0  # seconds for lighter models, where the spec limits what serving may cost
    report: float = 0.0  # seconds for what is drawn for people

    def guess(self) -> ModelSize:
        """A model as large as an ensemble is likely to be."""
        return ModelSize(steps=STEPS, nodes=NODES) * min(MOST_TREES, TREES * self.width)


def reserve_seconds(budget: float, after: AfterSearch, size: ModelSize, *, crowded: float = 1.0) -> float:
    """The part of a budget (seconds) that the search must leave to calibration, graph, judgement, gates and bundle.

    On a `crowded` machine (see `crowding`) all of it takes as many times longer, but for the single rows, of which
    fewer are timed then. Never more than half of the budget.
    """
    scored = STEP_OF_A_ROW * size.steps / after.threads + CELL * after.columns
    rows = scored + ANSWER * after.width + RANKED * after.ranked
    single = SINGLE * serving([size], reading=after.reading).latency_p50
    curve = CALIBRATED if after.calibrated >= CLASS_ROWS * after.width else TEMPERED
    classes = curve * after.curves * after.calibrated * after.width if after.width > 1 else 0.0
    read = after.columns * share_read(size, after.columns)
    twin = NODE * size.nodes + 2 * after.twin * scored if after.twin else 0.0  # both score these rows
    seconds = BASE + NODE * size.nodes + COLUMN * read + after.judged * rows + classes + twin
    return min(SHARE * budget, crowded * seconds + min(MOST_SINGLE, single) + after.repairs + after.report)


def report_seconds(budget: float, report: Report) -> float:
    """The part of a budget (seconds) that the page for people may take."""
    return min(MOST_REPORT, max(LEAST_REPORT, REPORT * budget)) if report.html else 0.0


def repair_seconds(budget: float, after: AfterSearch, limits: Limits) -> float:
    """The part of a budget (seconds) that is left to lighter models; nothing where limits are wide or not set."""
    asked = any((limits.latency_p50, limits.latency_p99, limits.memory, limits.size))
    tight = serving([after.guess()], reading=after.reading).excess(limits) > WIDE if asked else False
    also = limits.throughput is not None or limits.cold_start is not None
    return min(REPAIRS * budget, MOST_REPAIRS) if tight or also else 0.0


def crowding() -> float:
    """How many times longer this run's workers take because they wait for a core, from 1 to 5.

    Counted from what they ran and waited since each began: other work counts as far as it holds ours up. Who hands out
    the work waits for the workers' cores, which are free when it has work of its own, and is left out. Where the system
    does not tell, 1.
    """
    told = [shares(pid) for pid in leaves(os.getpid())]
    ran, waited = (sum(column) for column in zip(*told, strict=True))
    return min(MOST_CROWDED, 1.0 + waited / ran) if ran else 1.0
