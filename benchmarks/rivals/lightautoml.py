"""LightAutoML's tabular preset (Vakhrushev et al. 2021), with the whole budget as its timeout."""

from dataclasses import dataclass
from typing import Any

from lightautoml.automl.presets.tabular_presets import TabularAutoML
from lightautoml.tasks import Task as LamaTask

NEEDS = ("torch==2.13.0", "lightautoml==0.4.2")  # torch first: a CPU build
TARGET = "target of the task"


@dataclass
class Preset:
    """A fitted preset behind our form of predictions."""

    kind: str
    automl: Any
    order: list

    def __call__(self, frame):
        found = self.automl.predict(frame).data
        return found[:, self.order] if self.kind == "multiclass" else found[:, 0]


def run(task, budget):
    """Default settings."""
    kind = {"regression": "reg"}.get(task.kind, task.kind)
    automl = TabularAutoML(task=LamaTask(kind), timeout=int(budget), cpu_limit=task.workers)
    automl.fit_predict(task.train.assign(**{TARGET: task.y}), roles={"target": TARGET}, verbose=0)
    mapping = getattr(automl.reader, "class_mapping", None) or {code: code for code in range(task.classes)}
    model = Preset(task.kind, automl, [mapping[code] for code in sorted(mapping)])
    return model(task.test), model
