"""One look at money: what was promised, what these rows are expected to save, and what those with labels saved."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from automl.bundle.evidence import PRICED
from automl.bundle.kept import entries_of, predicted
from automl.bundle.profile import read_profile
from automl.bundle.read import Bundle
from automl.bundle.reference import binned
from automl.data.read.frames import read_frame, renamed, side_by_side
from automl.decide.policy.label_policy import LabelPolicy
from automl.decide.verdict.bootstrap import PER
from automl.diagnostics.reliability import reliability
from automl.errors import AutomlError
from automl.monitor.look import Estimate, Finding, Json, MoneyLook, Reliability, Scored, Window
from automl.monitor.money.courses import Courses, daily_units
from automl.monitor.money.ground import Ground, ground_of, promised
from automl.monitor.money.hidden import within_odds, worst_case
from automl.monitor.money.labelled import realised
from automl.monitor.money.ledger import Answered
from automl.monitor.money.maturity import Delays
from automl.monitor.money.promise import Promise
from automl.monitor.money.shift import shift_weights
from automl.monitor.money.unlabelled import Evidence, estimated
from automl.names import inside
from automl.spec.monitor import Monitor

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
