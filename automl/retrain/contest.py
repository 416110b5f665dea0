"""A contest: the champion, the new rows that challengers learn from, and those that both are judged on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from automl.bundle.read import Bundle
from automl.data.read.source import SourceTable
from automl.progress import Listener
from automl.spec import Spec
from automl.spec.retrain import Retrain


class Ages(NamedTuple):
    """How old the champion is, in seconds since the last row that it learned from: on the judged rows, and in use.

    In use it is if it stays: from the time of the last row that was seen until the next retraining.
    """

    judged: tuple[float, float]
    used: tuple[float, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Parted:
    """New labelled rows: `learn`, and after a gap `judged`, the most recent ones, that nobody has learned from.

    `between` are the rows of the gap: who is promoted learns from them, too.
    `sentence` says how they were parted, `rate` how many rows come in a second and `ages` how old the champion is
    (None where rows have no time).
    """

    learn: SourceTable
    judged: SourceTable
    sentence: str
    rate: float | None
    ages: Ages | None = None
    between: SourceTable | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Contest:
    """`spec` is the champion's, `asked` its [retrain]; `work` is the folder of what is made on the way.

    `lost` says that a watch knows of lost money: no challenger is spared then. `renew`: the champion's fit is so old
    that one anew need not be shown to be better.
    """

    champion: Bundle
    spec: Spec
    asked: Retrain
    rows: Parted
    work: Path
    listener: Listener
    tables: Mapping[str, Path]
    resume: bool = False
    lost: bool = False
    renew: bool = False
