"""What a bundle is written from: one frozen value that the pipeline fills and `stage` puts on disk."""

from __future__ import annotations

import importlib.metadata
import platform
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from types import MappingProxyType

import numpy as np
import polars as pl
from numpy.typing import NDArray

from automl.bundle.ages import AgeRecord, ShelfRecord, UseRecord
from automl.bundle.lineage import RetrainedRecord, TwinRecord
from automl.bundle.manifest import FeatureRecord, GroupScore, LevelsRecord, MemberRecord, Output, Score, TriedRecord
from automl.bundle.profile import Profile
from automl.data.read.column_reader import CsvDialect, Reader
from automl.data.read.table_rows import RelationalDocument
from automl.data.rows import Finding, Labels
from automl.distributions import version_of

NAME = re.compile(r"[\w.-]+")  # how a requirement begins (PEP 508)


@dataclass(frozen=True, slots=True, kw_only=True)
class Contents:
    """Everything but what the gates, the verdict and the card add.

    - `model`: the ONNX graph. `reader`: the reader of the manifest (`Schema.reader()`).
    - `outputs`: see `manifest.outputs_of`; `decisions`: every text that the decision can be.
    - `golden`: raw rows (see `bundle.golden`). `native`, where given, holds the same rows' answers by the ops in
      Python, by output column: the graph must agree within 1e-9 and on every decision (B13).
    - `relational`: relational.json, where there are several tables; `golden_tables` are then the raw rows of the other
      tables that the golden rows meet.
    - `groups`: a metric by groups of test rows, as fairness limits ask for. `levels`: the lists of levels in the graph.
    - `tried`: the best configurations of the search, the best first.
    - `ages`: what a model loses as it grows older, `shelf_life`: the loss of a window by the model's age, `in_use`: how
      old it will be (see `bundle.ages`).
    - `parent`: the content hash of the bundle that this one is decided anew from, or that it challenged.
    - `twin`, `retrained`: see `bundle.lineage`.
    - `profile`: see `bundle.profile`. `evidence`: see `bundle.evidence`.
    - `created` is the time of writing; it is not part of the content hash.
    """

    model: bytes
    reader: Reader
    labels: Labels
    outputs: tuple[Output, ...]
    decisions: tuple[str, ...]
    keys: tuple[str, ...]
    spec: Mapping[str, object]
    golden: Sequence[Mapping[str, object]]
    profile: Profile
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
    levels: tuple[LevelsRecord, ...] = ()
    twin: TwinRecord | None = None
    retrained: RetrainedRecord | None = None
    tried: tuple[TriedRecord, ...] = ()
    ages: tuple[AgeRecord, ...] = ()
    shelf_life: tuple[ShelfRecord, ...] = ()
    in_use: UseRecord | None = None


@cache  # what a process has loaded stays as it was, and to ask hundreds of folders takes longer than to write a bundle
def versions() -> Mapping[str, str]:
    """Python, automl, every library that it asks for, and every package that brings plugins; what is not there is out.

    They are told beside the result, and are no part of the content hash: other versions may well answer alike.
    """
    wanted = [found[0] for need in importlib.metadata.requires("automl") or () if (found := NAME.match(need))]
    versions = {"python": platform.python_version()}
    for package in ("automl", *wanted, *_plugin_packages()):
        try:
            versions[package] = version_of(package)
        except importlib.metadata.PackageNotFoundError:
            continue
    return MappingProxyType(versions)


def _plugin_packages() -> list[str]:
    """The installed packages with an entry point that a registry would load (see `automl.registry`)."""
    found = importlib.metadata.distributions()
    return sorted({d.name for d in found if any(entry.group.startswith("automl.") for entry in d.entry_points)})
