"""mljar-supervised (Płoński 2021) in the mode for competitions, with the whole budget as its time limit."""

from dataclasses import dataclass

from supervised.automl import AutoML

NEEDS = ("mljar-supervised>=1.1",)
METRICS = {"roc_auc": "auc", "log_loss": "logloss", "rmse": "rmse", "mae": "mae", "r2": "r2"}


@dataclass
class Fitted:
    """A fitted search behind our form of predictions."""

    kind: str
    automl: AutoML

    def __call__(self, frame):
        if self.kind == "regression":
            return self.automl.predict(frame)
        found = self.automl.predict_proba(frame)
        return found[:, 1] if self.kind == "binary" else found


def run(task, budget):
    """Default settings of the mode."""
    problem = {"binary": "binary_classification", "multiclass": "multiclass_classification"}
    automl = AutoML(
        mode="Compete",
        ml_task=problem.get(task.kind, "regression"),
        eval_metric=METRICS.get(task.metric, "auto"),
        total_time_limit=int(budget),
        n_jobs=task.workers,
        random_state=task.seed,
        results_path=str(task.folder / "mljar"),
        verbose=0,
    )
    automl.fit(task.train, task.y if task.kind == "regression" else task.y.astype(int))
    model = Fitted(task.kind, automl)
    return model(task.test), model


def save(model, folder):
    """Its results folder, which is what it loads from."""
    import shutil

    shutil.copytree(model.automl.results_path, folder / "mljar")
    (folder / "kind.txt").write_text(model.kind)


def load(folder):
    """The search loaded from its results folder."""
    automl = AutoML(results_path=str(folder / "mljar"))
    return Fitted((folder / "kind.txt").read_text(), automl)
