"""Rows that were resampled are weighted back to the real share of positives."""

import numpy as np
import polars as pl
import pytest

from automl.data.audit.base_rate import to_base_rate
from automl.data.prepare import prepare
from automl.errors import DataError, SpecError
from automl.spec import parse


def test_positives_get_their_share_and_the_mean_weight_stays():
    """Within a label the user's own weights keep their proportions."""
    rng = np.random.default_rng(0)
    y, own = (rng.random(500) < 0.5).astype(np.float64), rng.uniform(0.5, 2, 500)
    weight = to_base_rate(y, own, 0.05, "train")
    assert weight[y == 1].sum() / weight.sum() == pytest.approx(0.05)
    assert weight.mean() == pytest.approx(own.mean())
    for label in (0, 1):
        assert np.ptp(weight[y == label] / own[y == label]) == pytest.approx(0)


def test_a_part_of_one_label_cannot_be_weighted():
    """With the place."""
    with pytest.raises(DataError, match="the test part has no row but those of one label") as error:
        to_base_rate(np.zeros(5), None, 0.05, "test")
    assert "objective.base_rate" in str(error.value)


def frame(n: int, labels: list[str]) -> pl.DataFrame:
    rng = np.random.default_rng(1)
    return pl.DataFrame({"x": rng.normal(size=n), "z": rng.normal(size=n), "y": rng.choice(labels, n)})


def test_train_and_test_are_each_weighted_and_the_audit_says_so():
    """Both parts have the share, whatever theirs was."""
    spec = parse({"objective": {"target": "y", "positive": "b", "base_rate": "10%"}})
    data = prepare(spec, train=frame(300, ["a", "b"]), test=frame(300, ["a", "b", "b", "b"]))
    for part in (data.train, data.test):
        assert np.average(part.y, weights=part.weight) == pytest.approx(0.1)
    (told,) = (finding for finding in data.findings if finding.check == "base rate")
    assert "weighted to the real share" in told.text


@pytest.mark.parametrize(("rate", "labels"), [(0, ["a", "b"]), (1, ["a", "b"]), (0.1, ["a", "b", "c"])])
def test_a_base_rate_that_cannot_be_is_refused(rate, labels):
    """0, 1, and three labels."""
    spec = parse({"objective": {"target": "y", "base_rate": rate}})
    with pytest.raises(SpecError, match="the base rate"):
        prepare(spec, train=frame(300, labels))
