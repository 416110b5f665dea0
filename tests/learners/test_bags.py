"""Bags are counted and weighed by hand, and their expression gives the same."""

from __future__ import annotations

import numpy as np
import pytest

from automl.learners._bags import learn_bags
from automl.learners.base import FeatureInfo, Matrix
from automl.ops.bulk import evaluate


def features(places, *, bag="t: bag 1", levels=4):
    return tuple(FeatureInfo(name=f"{bag} {k}", kind="token", levels=levels, bag=bag) for k in range(places))


def matrix(values, given):
    return Matrix(values=np.asarray(values, dtype=float), features=given, y=np.zeros(len(values)))


def test_terms_are_weighed_by_how_rare_they_are() -> None:
    """By hand: a term in both texts weighs 1, one in one of them 1 + log(3/2), none nothing; rows have length 1."""
    (bag,) = learn_bags(matrix([[0, 1, 3], [0, 3, 3]], features(3)), 100)
    rare = 1.0 + np.log(1.5)
    assert bag.idf == pytest.approx([1.0, rare, 1.0 + np.log(3.0)])
    length = np.sqrt(1.0 + rare**2)
    found = bag.matrix(np.array([[1.0, 0.0, 3.0], [3.0, 3.0, 3.0]])).toarray()
    np.testing.assert_allclose(found, [[1 / length, rare / length, 0.0], [0.0, 0.0, 0.0]])


def test_the_expression_is_the_product() -> None:
    """Terms that are there twice, codes that are none, beyond all levels or missing: one answer."""
    rows = np.random.default_rng(0).integers(0, 4, (50, 5)).astype(float)
    (bag,) = learn_bags(matrix(rows, features(5)), 100)
    rows[:5, 0], rows[5:9, 1], rows[9:12, 2] = np.nan, 99.0, -1.0
    weights = np.random.default_rng(1).normal(size=(3, 2))
    found = evaluate({"out": bag.product_expression(weights)}, {}, features=rows)["out"]
    np.testing.assert_allclose(found, bag.matrix(rows) @ weights, rtol=1e-12)


def test_bags_have_their_own_places_and_share_what_may_be_known() -> None:
    """Of two bags of 9 and 3 terms, 4 may be known: 3 and 1 of them, the most frequent, whose codes are lowest."""
    given = (*features(2, bag="a", levels=10), FeatureInfo(name="x", kind="number"), *features(1, bag="b"))
    rows = np.random.default_rng(2).integers(0, 4, (30, 4)).astype(float)
    first, second = learn_bags(matrix(rows, given), 4)
    assert (first.columns, first.terms) == ((0, 1), 3)
    assert (second.columns, second.terms) == ((3,), 1)
    assert learn_bags(matrix(rows[:, 2:3], given[2:3]), 4) == ()
