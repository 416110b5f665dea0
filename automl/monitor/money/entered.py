"""Rows of a look as the ledger takes them: prediction, decision, and the columns that costs and today's rule read."""

from __future__ import annotations

import numpy as np
import polars as pl
from numpy.typing import NDArray

from automl.bundle.kept import entries_of, predicted
from automl.bundle.read import Bundle
from automl.data.read.frames import read_frame, side_by_side
from automl.decide.policy.decision_policy import DecisionPolicy
from automl.decide.policy.label_policy import LabelPolicy
from automl.monitor.look import Scored
from automl.monitor.money.ledger import Answered

Floats = NDArray[np.float64]


def entered(bundle: Bundle, policy: DecisionPolicy, rows: Scored) -> Answered:
    """The rows with what money needs of them.

    A column that they lack is missing in each: the mean cost stands in, and today's rule does not act.
    """
    names = list(predicted(bundle.manifest).columns)
    prediction = rows.answers[names].to_numpy().astype(np.float64)
    return Answered(prediction=prediction, decision=_decisions(policy, rows), frame=_columns(bundle, policy, rows))


def lacking(bundle: Bundle, policy: DecisionPolicy, rows: Scored) -> list[str]:
    """The columns that costs and today's rule name, and that the rows do not have."""
    outcomes = bundle.manifest.data.get("outcomes", ())
    there = {*rows.wire.columns, *rows.raw.columns}
    return [name for name in policy.columns if name not in there and name not in outcomes]


def _decisions(policy: DecisionPolicy, rows: Scored) -> Floats:
    if isinstance(policy, LabelPolicy):
        return policy.codes(rows.answers["decision"].to_list()).astype(np.float64)
    name = "decision" if "decision" in rows.answers.columns else "prediction"
    return rows.answers[name].to_numpy().astype(np.float64)


def _columns(bundle: Bundle, policy: DecisionPolicy, rows: Scored) -> pl.DataFrame:
    wanted = set(policy.columns)
    known = rows.wire.select(name for name in rows.wire.columns if name in wanted)
    entries = [entry for entry in entries_of(bundle.manifest) if entry["name"] in wanted - set(known.columns)]
    if not entries:
        return known if known.width else pl.DataFrame({"": [0.0] * rows.n})
    read = read_frame({"columns": [{**entry, "optional": True} for entry in entries]}, rows.raw)
    return side_by_side(known, read)
