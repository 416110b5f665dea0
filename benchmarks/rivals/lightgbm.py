"""LightGBM as it comes, with early stopping on a part of train: what a user writes in twenty lines. It has no clock."""

from lightgbm import LGBMClassifier, LGBMRegressor, early_stopping
from rival_kit import Model

NEEDS = ("lightgbm>=4.6", "scikit-learn>=1.6")
MOST_ROUNDS = 2_000


def run(task, budget):  # noqa: ARG001  # it cannot be given a time
    """Default settings; as many rounds as a part of train asks for."""
    coder = task.coder()
    rows, (fit, stop) = coder(task.train), task.holdout()
    kind = LGBMRegressor if task.kind == "regression" else LGBMClassifier
    booster = kind(n_estimators=MOST_ROUNDS, n_jobs=task.workers, random_state=task.seed, verbose=-1)
    booster.fit(
        rows.iloc[fit],
        task.y[fit],
        eval_set=[(rows.iloc[stop], task.y[stop])],
        callbacks=[early_stopping(50, verbose=False)],
    )
    booster.set_params(n_jobs=1)  # rows are answered on one thread, as everyone's
    model = Model(task.kind, coder, booster)
    return model(task.test), model
