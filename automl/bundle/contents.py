"""What a bundle is written from: one frozen value that the pipeline fills and `stage` puts on disk."""

from __future__ import annotations

import importlib.metadata
import platform
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import numpy as np
import polars as pl
from numpy.typing import NDArray

from automl.bundle.manifest import FeatureRecord, GroupScore, MemberRecord, Output, Score
from automl.data.read.reader import CsvDialect, Reader
from automl.data.read.typed_tables import RelationalDocument
from automl.data.rows import Finding, Labels

PACKAGES = ("automl", "numpy", "polars", "onnx", "onnxruntime", "scipy", "scikit-learn", "lightgbm", "xgboost", "flaml")


@dataclass(frozen=True, slots=True, kw_only=True)
class Contents:
    """Everything but what the gates, the verdict and the card add.

    - `model`: the ONNX graph. `reader`: the reader of the manifest (`Schema.reader()`).
    - `outputs`: see `manifest.outputs_of`; `decisions`: every text that the decision can be.
    - `golden`: raw rows (see `bundle.golden`). `native`, where given, holds the same rows' answers by the ops in
      Python, by output column: the graph must agree within 1e-9 and on every decision (B13).
    - `relational`: relational.json, where there are several tables; `golden_tables` are then the raw rows of the other
      tables that the golden rows meet.
    - `groups`: a metric by groups of test rows, as fairness limits ask for.
    - `parent`: the content hash of the bundle that this one is decided anew from.
    - `evidence`: see `bundle.evidence`. `created` is the time of writing; it is not part of the content hash.
    """

    model: bytes
    reader: Reader
    labels: Labels
    outputs: tuple[Output, ...]
    decisions: tuple[str, ...]
    keys: tuple[str, ...]
    spec: Mapping[str, object]
    golden: Sequence[Mapping[str, object]]
    profile: Mapping[str, object]
    evidence: pl.DataFrame
    scores: tuple[Score, ...]
    members: tuple[MemberRecord, ...]
    features: tuple[FeatureRecord, ...]
    findings: tuple[Finding, ...]
    split: str
    created: datetime
    parity: Mapping[str, object] = field(default_factory=dict)
    sources: Mapping[str, str] = field(default_factory=dict)
    dialect: CsvDialect | None = None
    native: Mapping[str, NDArray[np.generic]] | None = None
    parent: str | None = None
    relational: RelationalDocument | None = None
    golden_tables: Mapping[str, Sequence[Mapping[str, object]]] | None = None
    groups: tuple[GroupScore, ...] = ()


def versions() -> dict[str, str]:
    """The versions that a result depends on, by package; those not installed are left out."""
    found = {"python": platform.python_version()}
    for package in PACKAGES:
        try:
            found[package] = importlib.metadata.version(package)
        except importlib.metadata.PackageNotFoundError:
            continue
    return found
