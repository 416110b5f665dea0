"""What a member of a shipped graph aims at, read from the operations between its raw score and its prediction."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from automl.graph.stages import Stage
from automl.retrain.refresh.losses import OF_LOGS, Aim, absolute, logistic, shares, softmax, squared
from automl.task import Task

Floats = NDArray[np.float64]


def aim_of(stage: Stage, objective: object, task: Task) -> Aim | None:
    """The aim of the member at `stage`, `objective` being that of its parameters; None where nothing of ours is so."""
    if task.kind == "multiclass":
        return _shares() if stage.link == () else Aim(loss=softmax, learned=_same, predicted=_softmax)
    match stage.link:
        case ():
            return _shares() if task.kind == "binary" else _plain(objective)
        case (("Pow", _), ("Add", 1.0), ("Reciprocal", None)):
            return Aim(loss=logistic, learned=_same, predicted=_sigmoid)
        case (("Min", float(top)), ("Pow", _)) if objective in OF_LOGS:
            return Aim(
                loss=OF_LOGS[str(objective)],
                learned=lambda y: np.maximum(y, 0.0),
                predicted=lambda raw: np.exp(np.minimum(raw, top)),
            )
        case (("Min", float(top)), ("Pow", _), ("Mul", float(smear)), ("Sub", 1.0), ("Max", 0.0), *rest):
            return _of_log(objective, top, smear, _unit(rest))
    return None


def _plain(objective: object) -> Aim:
    return Aim(loss=absolute if objective == "absolute" else squared, learned=_same, predicted=_same)


def _shares() -> Aim:
    return Aim(loss=shares, learned=_same, predicted=_same)


def _of_log(objective: object, top: float, smear: float, unit: float) -> Aim:
    """The log of the target by squares or by absolute errors: see `learners._target`."""
    return Aim(
        loss=absolute if objective == "absolute" else squared,
        learned=lambda y: np.log1p(np.maximum(y, 0.0) / unit),
        predicted=lambda raw: np.maximum(np.exp(np.minimum(raw, top)) * smear - 1.0, 0.0) * unit,
    )


def _unit(rest: list[tuple[str, float | None]]) -> float:
    return next((number for kind, number in rest if kind == "Mul" and number is not None), 1.0)


def _same(values: Floats) -> Floats:
    return values


def _sigmoid(raw: Floats) -> Floats:
    return np.asarray(1.0 / (1.0 + np.exp(-raw)))


def _softmax(raw: Floats) -> Floats:
    powers = np.exp(raw - raw.max(axis=1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=1, keepdims=True))
