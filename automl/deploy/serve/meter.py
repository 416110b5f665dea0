"""What Prometheus reads: counts and times by route, status and column; no label ever holds a value of a user (V16)."""

from __future__ import annotations

import math
import os
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from prometheus_client import Metric

    from automl.deploy.serve.trial import Tally

ROUTES = (
    "/predict",
    "/explain",
    "/schema",
    "/health/live",
    "/health/ready",
    "/metrics",
    "/openapi.json",
    "/watch",
    "/labels",
)
OTHER = "other"
BUCKETS = (0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0)
FOLDER = "PROMETHEUS_MULTIPROC_DIR"  # where several workers keep their numbers; prometheus_client reads it


WATCHED: Mapping[str, tuple[str, str]] = {  # by the path in the document of a look
    "saving": ("money.saving", "What the model saves now per 1,000 rows, in the currency of its spec."),
    "promised": ("money.promised", "What it promised to save per 1,000 rows."),
    "drift_money": ("money.drift", "What columns that drifted cost per 1,000 rows."),
    "labels_known": ("labels_known", "The share of the window's rows whose label is known."),
    "rows": ("rows", "Rows in the window of the last look."),
    "status": ("status", "0: nothing to do, 10: look closer, 11: act."),
    "looked_seconds": ("looked_seconds", "When the last look was, in seconds since 1970."),
}


TRIED: Mapping[str, str] = {
    "rows": "Rows that a challenger answered.",
    "changed": "Of those, rows that the champion decides otherwise.",
    "failed": "Requests that a challenger refused and the champion answered.",
}


class Meter:
    """The numbers of one worker; `slot` names its files, so that a worker started anew counts on (V08)."""

    def __init__(self, slot: int | None = None) -> None:
        import prometheus_client as prometheus
        from prometheus_client import values

        if slot is not None:
            values.ValueClass = values.MultiProcessValue(lambda: slot)  # type: ignore[no-untyped-call]  # theirs
        self._shared = slot is not None
        self._prometheus = prometheus
        self._registry = prometheus.CollectorRegistry()
        self._requests = prometheus.Counter(
            "automl_requests_total", "Requests by route and status.", ("route", "status"), registry=self._registry
        )
        self._seconds = prometheus.Histogram(
            "automl_request_seconds",
            "Seconds from headers to the answer.",
            ("route",),
            buckets=BUCKETS,
            registry=self._registry,
        )
        self._rows = prometheus.Counter("automl_rows_total", "Rows scored.", registry=self._registry)
        self._unread = prometheus.Counter(
            "automl_unread_cells_total",
            "Cells that hold something and cannot be read, by column of the bundle.",
            ("column",),
            registry=self._registry,
        )
        self._swaps = prometheus.Counter("automl_swaps_total", "Bundles swapped in.", registry=self._registry)
        self._active = prometheus.Gauge(
            "automl_requests_active",
            "Requests under way or waiting.",
            registry=self._registry,
            multiprocess_mode="sum",
        )
        self._active.set(0)  # a worker that was killed left its own number behind
        self._logged = prometheus.Counter(
            "automl_logged_rows_total", "Rows written to the store of a watch.", registry=self._registry
        )
        self._lost = prometheus.Counter(
            "automl_unlogged_rows_total",
            "Rows that were answered and not written, by reason: the queue was full, or the store refused.",
            ("reason",),
            registry=self._registry,
        )
        self._trial = {
            name: prometheus.Counter(f"automl_canary_{name}_total", told, registry=self._registry)
            for name, told in TRIED.items()
        }
        self._regret = prometheus.Gauge(
            "automl_canary_regret",
            "What these lost, or may have lost where no label is known, in the currency of the spec.",
            registry=self._registry,
            multiprocess_mode="sum",
        )
        self._versions: dict[str, str] = {}
        self._watch: dict[str, prometheus.Gauge] = {}
        self._children: dict[tuple[str, int], prometheus.Counter] = {}
        self._timers = {route: self._seconds.labels(route) for route in (*ROUTES, OTHER)}

    def answered(self, route: str, status: int, seconds: float) -> None:
        """One request was answered."""
        counter = self._children.get((route, status))
        if counter is None:
            counter = self._children[route, status] = self._requests.labels(route, str(status))
        counter.inc()
        self._timers[route].observe(seconds)

    def rows(self, count: int) -> None:
        """So many rows were scored."""
        self._rows.inc(count)

    def unread(self, column: str, count: int) -> None:
        """So many cells of a column of the bundle could not be read."""
        self._unread.labels(column).inc(count)

    def swapped(self) -> None:
        """A bundle took the place of another."""
        self._swaps.inc()

    def tried(self, tally: Tally) -> None:
        """What a challenger did."""
        for name, counter in self._trial.items():
            counter.inc(getattr(tally, name))
        self._regret.inc(tally.regret)

    def serves(self, **versions: str) -> None:
        """Which versions answer, by role. Only these are told: no label is left of those before (V16)."""
        self._versions = versions

    def active(self, count: int) -> None:
        """So many requests are under way or waiting."""
        self._active.set(count)

    def logged(self, count: int) -> None:
        """So many rows were written to the store of a watch."""
        self._logged.inc(count)

    def lost(self, reason: str, count: int) -> None:
        """So many rows were answered and not written."""
        self._lost.labels(reason).inc(count)

    def watched(self, look: Mapping[str, object]) -> None:
        """What the last look found; a number that it did not find is NaN."""
        for name, (path, told) in WATCHED.items():
            if name not in self._watch:
                self._watch[name] = self._prometheus.Gauge(
                    f"automl_watch_{name}", told, registry=self._registry, multiprocess_mode="mostrecent"
                )
            self._watch[name].set(_at(look, path))

    def text(self) -> tuple[bytes, str]:
        """What `/metrics` gives, of all workers together, and its content type."""
        registry = self._registry
        if self._shared:
            from prometheus_client import multiprocess

            registry = self._prometheus.CollectorRegistry()
            multiprocess.MultiProcessCollector(registry, path=os.environ[FOLDER])  # type: ignore[no-untyped-call]  # theirs
        answering = self._prometheus.CollectorRegistry()
        answering.register(_Answering(self._versions))
        told = self._prometheus.generate_latest(registry) + self._prometheus.generate_latest(answering)
        return told, self._prometheus.CONTENT_TYPE_LATEST


class _Answering:
    """The versions that answer now in the worker that is asked: no gauge, which the file of a slot would keep."""

    def __init__(self, versions: Mapping[str, str]) -> None:
        self._versions = versions

    def collect(self) -> Iterator[Metric]:
        """One metric, a label for each role."""
        from prometheus_client.core import GaugeMetricFamily

        told = "The versions that answer, by role: the begin of their content hashes."
        family = GaugeMetricFamily("automl_model_version", told, labels=("role", "version"))
        for role, version in self._versions.items():
            family.add_metric((role, version), 1)
        yield family


def route_of(path: str) -> str:
    """The route as a label: one of a closed list."""
    return path if path in ROUTES else OTHER


def _at(document: Mapping[str, object], path: str) -> float:
    value: object = document
    for name in path.split("."):
        value = value.get(name) if isinstance(value, Mapping) else None
    return float(value) if isinstance(value, int | float) else math.nan
