"""scikit-learn's histogram gradient boosting by default: the least that a user writes. It has no clock."""

from rival_kit import Model
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor

NEEDS = ("scikit-learn>=1.6",)
MOST_LEVELS = 255  # of a category


def run(task, budget):  # noqa: ARG001  # it cannot be given a time
    """Default settings; text columns as categories."""
    coder = task.coder(MOST_LEVELS)
    kind = HistGradientBoostingRegressor if task.kind == "regression" else HistGradientBoostingClassifier
    booster = kind(categorical_features="from_dtype", random_state=task.seed)
    booster.fit(coder(task.train), task.y)
    model = Model(task.kind, coder, booster)
    return model(task.test), model
