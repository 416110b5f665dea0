"""CatBoost as it comes, with early stopping on a part of train. It has no clock."""

from dataclasses import dataclass

from catboost import CatBoostClassifier, CatBoostRegressor
from rival_kit import Model

NEEDS = ("catboost>=1.2.8", "scikit-learn>=1.6")
MOST_ROUNDS = 2_000


@dataclass
class Filled:
    """CatBoost takes text as it is, but no missing one."""

    texts: list

    def __call__(self, frame):
        return frame.assign(**{name: frame[name].fillna("missing").astype(str) for name in self.texts})


def run(task, budget):  # noqa: ARG001  # it cannot be given a time
    """Default settings with its own categories; as many rounds as a part of train asks for."""
    prepare = Filled([name for name in task.train.columns if task.train[name].dtype == object])
    rows, (fit, stop) = prepare(task.train), task.holdout()
    kind = CatBoostRegressor if task.kind == "regression" else CatBoostClassifier
    booster = kind(
        iterations=MOST_ROUNDS,
        early_stopping_rounds=50,
        cat_features=prepare.texts,
        thread_count=task.workers,
        random_seed=task.seed,
        allow_writing_files=False,
        verbose=False,
    )
    booster.fit(rows.iloc[fit], task.y[fit], eval_set=(rows.iloc[stop], task.y[stop]))
    model = Model(task.kind, prepare, booster)
    return model(task.test), model
