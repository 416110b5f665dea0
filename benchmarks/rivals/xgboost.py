"""XGBoost as it comes, with early stopping on a part of train. It has no clock."""

from rival_kit import Model
from xgboost import XGBClassifier, XGBRegressor

NEEDS = ("xgboost>=3.0", "scikit-learn>=1.6")
MOST_ROUNDS = 2_000


def run(task, budget):  # noqa: ARG001  # it cannot be given a time
    """Default settings with its own categories; as many rounds as a part of train asks for."""
    coder = task.coder()
    rows, (fit, stop) = coder(task.train), task.holdout()
    kind = XGBRegressor if task.kind == "regression" else XGBClassifier
    booster = kind(
        n_estimators=MOST_ROUNDS,
        early_stopping_rounds=50,
        enable_categorical=True,
        n_jobs=task.workers,
        random_state=task.seed,
    )
    booster.fit(rows.iloc[fit], task.y[fit], eval_set=[(rows.iloc[stop], task.y[stop])], verbose=False)
    booster.set_params(n_jobs=1)  # rows are answered on one thread, as everyone's
    model = Model(task.kind, coder, booster)
    return model(task.test), model
