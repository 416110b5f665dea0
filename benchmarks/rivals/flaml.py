"""FLAML's AutoML by default (Wang et al., FLAML, MLSys 2021), with the whole budget for its search."""

from flaml import AutoML
from rival_kit import Model

NEEDS = ("flaml[automl]>=2.3.5",)
METRICS = {"roc_auc": "roc_auc", "log_loss": "log_loss", "rmse": "rmse", "mae": "mae", "r2": "r2"}


def run(task, budget):
    """Default settings on frames as they are; text columns as categories."""
    coder = task.coder(10_000)
    automl = AutoML()
    automl.fit(
        X_train=coder(task.train),
        y_train=task.y if task.kind == "regression" else task.y.astype(int),
        task="regression" if task.kind == "regression" else "classification",
        metric=METRICS.get(task.metric, "auto"),
        time_budget=budget,
        split_type="time" if task.by_time else "auto",
        n_jobs=task.workers,
        seed=task.seed,
        log_file_name="",
        verbose=0,
    )
    model = Model(task.kind, coder, automl)
    return model(task.test), model
