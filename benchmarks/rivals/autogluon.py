"""AutoGluon tabular (Erickson et al. 2020): its best and its lighter preset, and one with a limit on inference."""

from dataclasses import dataclass

from autogluon.tabular import TabularPredictor

NEEDS = ("torch==2.13.0", "autogluon.tabular[all]==1.6.3")  # torch first: a CPU build
VARIANTS = ("best_quality", "high_quality", "infer_limit")
ONE_ROW_SECONDS = 0.0005  # of "infer_limit": a row in a batch of 10,000
METRICS = {"rmse": "root_mean_squared_error", "mae": "mean_absolute_error"}
TARGET = "target of the task"


@dataclass
class Predictor:
    """A predictor of AutoGluon behind our form of predictions."""

    kind: str
    predictor: TabularPredictor

    def __call__(self, frame):
        if self.kind == "regression":
            return self.predictor.predict(frame).to_numpy()
        found = self.predictor.predict_proba(frame)
        found = found[sorted(found.columns)].to_numpy()
        return found[:, 1] if self.kind == "binary" else found


def run(task, budget):
    """The preset of the variant, with the whole budget as its time limit."""
    limited = task.variant == "infer_limit"
    problem = {"binary": "binary", "multiclass": "multiclass", "regression": "regression"}[task.kind]
    predictor = TabularPredictor(
        label=TARGET,
        problem_type=problem,
        eval_metric=METRICS.get(task.metric, task.metric),
        path=str(task.folder / "autogluon"),
        verbosity=0,
    )
    predictor.fit(
        task.train.assign(**{TARGET: task.y if task.kind == "regression" else task.y.astype(int)}),
        time_limit=budget,
        presets="high_quality" if limited else task.variant,
        num_cpus=task.workers,
        **({"infer_limit": ONE_ROW_SECONDS, "infer_limit_batch_size": 10_000} if limited else {}),
    )
    model = Predictor(task.kind, predictor)
    return model(task.test), model


def save(model, folder):
    """AutoGluon's own form for deployment, without what only training needs."""
    model.predictor.clone_for_deployment(str(folder / "predictor"))
    (folder / "kind.txt").write_text(model.kind)


def load(folder):
    """The clone, kept in memory as its documentation advises."""
    predictor = TabularPredictor.load(str(folder / "predictor"))
    predictor.persist()
    return Predictor((folder / "kind.txt").read_text(), predictor)
