"""H2O AutoML (LeDell and Poirier 2020). It needs Java."""

import shutil
from dataclasses import dataclass
from typing import Any

import h2o
from h2o.automl import H2OAutoML

NEEDS = ("h2o==3.46.0.12",)
TARGET = "target of the task"


def unavailable():
    """Why it cannot run here, or None."""
    return None if shutil.which("java") else "H2O needs Java: install a runtime and run again with --resume"


@dataclass
class Leader:
    """The leading model behind our form of predictions."""

    kind: str
    model: Any
    types: dict

    def __call__(self, frame):
        rows = h2o.H2OFrame(frame, column_types=self.types)
        found = self.model.predict(rows).as_data_frame()
        if self.kind == "regression":
            return found["predict"].to_numpy()
        found = found.drop(columns="predict")
        found = found[sorted(found.columns, key=lambda name: int(float(name.lstrip("p"))))].to_numpy()
        return found[:, 1] if self.kind == "binary" else found


def run(task, budget):
    """Default settings, with the whole budget as its time limit."""
    h2o.init(nthreads=task.workers, log_level="FATA")
    h2o.no_progress()
    types = {name: "enum" if task.train[name].dtype == object else "real" for name in task.train.columns}
    target = {TARGET: "real" if task.kind == "regression" else "enum"}
    y = task.y if task.kind == "regression" else task.y.astype(int)
    rows = h2o.H2OFrame(task.train.assign(**{TARGET: y}), column_types=types | target)
    search = H2OAutoML(max_runtime_secs=int(budget), seed=task.seed)
    search.train(y=TARGET, training_frame=rows)
    model = Leader(task.kind, search.leader, types)
    return model(task.test), model


def save(model, folder):
    """H2O's saved model."""
    import json

    h2o.save_model(model.model, path=str(folder), filename="leader")
    (folder / "kind.json").write_text(json.dumps([model.kind, model.types]))


def load(folder):
    """The saved model in a server of its own."""
    import json

    h2o.init(nthreads=1, log_level="FATA")
    h2o.no_progress()
    kind, types = json.loads((folder / "kind.json").read_text())
    return Leader(kind, h2o.load_model(str(folder / "leader")), types)
