"""The order of proposals, and those that Featuretools does not know."""

from __future__ import annotations

from automl.features.relational.definition import Aggregation, Base, Condition, Direct, Hop, Transform
from automl.features.relational.propose.candidates import ranked, weight

LOG = Hop(table="log", on=(("k", "k"),))
OTHER = Hop(table="other", on=(("k", "k"),))
COUNT = Aggregation(op="count", path=(LOG,))
MEAN = Aggregation(op="mean", path=(LOG,), of=Base(column="x"))
SKEW = Aggregation(op="skew", path=(LOG,), of=Base(column="x"))


def test_the_simple_comes_before_the_complex() -> None:
    """A looked-up column, a count, a mean; then conditions, windows, aggregations of aggregations."""
    within = Aggregation(op="count", path=(LOG,), window=7.0)
    often = Aggregation(op="count", path=(LOG,), where=Condition(column="c", value="a"))
    nested = Aggregation(op="mean", path=(LOG,), of=Aggregation(op="count", path=(OTHER,)))
    ratio = Transform(op="divide", of=(MEAN, COUNT))
    found = [Direct(hop=LOG, of=Base(column="x")), COUNT, MEAN, within, often, ratio, nested]
    assert sorted(found, key=weight) == found


def test_each_way_through_the_tables_has_its_turn() -> None:
    """The one feature of a second table is not behind all those of the first; nothing comes twice."""
    other = Aggregation(op="max", path=(OTHER,), of=Base(column="x"))
    assert list(ranked([SKEW, MEAN, COUNT, other, COUNT])) == [COUNT, other, MEAN, SKEW]
