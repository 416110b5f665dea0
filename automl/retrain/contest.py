"""A contest: the champion, the new rows that challengers learn from, and those that both are judged on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from automl.bundle.read import Bundle
from automl.data.read.source import SourceTable
from automl.progress import Listener
from automl.spec import Spec
from automl.spec.retrain import Retrain


@dataclass(frozen=True, slots=True, kw_only=True)
class Parted:
    """New labelled rows: `learn`, and after a gap `judged`, the most recent ones, that nobody has learned from.

    `sentence` says how they were parted, `rate` how many rows come in a second (None where rows have no time).
    """

    learn: SourceTable
    judged: SourceTable
    sentence: str
    rate: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Contest:
    """`spec` is the champion's, `asked` its [retrain]; `work` is the folder of what is made on the way."""

    champion: Bundle
    spec: Spec
    asked: Retrain
    rows: Parted
    work: Path
    listener: Listener
    tables: Mapping[str, Path]
    resume: bool = False
