"""scikit-learn's own checks of estimators: all of them under `make slow`, those that need one fit or none always."""

from __future__ import annotations

from typing import Any

import pytest
from sklearn.utils.estimator_checks import estimator_checks_generator, parametrize_with_checks

from automl.sklearn import AutoMLClassifier, AutoMLRegressor
from tests.sklearn.conftest import CHEAP

WEIGHTS = "rows are parted into folds and a test part by chance, so a row of weight 2 is not parted as two rows are"
EXPECTED = {
    "check_sample_weight_equivalence_on_dense_data": WEIGHTS,
    "check_sample_weight_equivalence_on_sparse_data": WEIGHTS,
}
QUICK = {
    "check_do_not_raise_errors_in_init_or_set_params",
    "check_estimator_tags_renamed",
    "check_estimators_unfitted",
    "check_get_params_invariance",
    "check_mixin_order",
    "check_n_features_in",
    "check_no_attributes_set_in_init",
    "check_requires_y_none",
}
ESTIMATORS = [AutoMLClassifier(**CHEAP), AutoMLRegressor(**CHEAP)]


def _few() -> list[Any]:
    """The quick ones, by estimator and name."""
    found = []
    for estimator in ESTIMATORS:
        for one, check in estimator_checks_generator(estimator):
            name = getattr(check, "func", check).__name__
            if name in QUICK:
                found.append(pytest.param(one, check, id=f"{type(one).__name__}-{name}"))
    return found


@pytest.mark.filterwarnings("default::sklearn.exceptions.SkipTestWarning")
@pytest.mark.slow
@parametrize_with_checks(ESTIMATORS, expected_failed_checks=lambda _: EXPECTED, xfail_strict=True)
def test_every_check(estimator, check):
    """All that scikit-learn asks of an estimator holds; what is expected to fail does, each for its reason."""
    check(estimator)


@pytest.mark.parametrize(("estimator", "check"), _few())
def test_the_quick_checks(estimator, check):
    """The ones that a change breaks first."""
    check(estimator)
