"""A bundle holds what its stages made, and its golden rows are answered by the ops."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from automl.bundle.contents import Contents
from automl.bundle.golden_tables import read_golden
from automl.bundle.verify import verify
from automl.bundle.write import finish, stage, staging
from automl.data.rows import Prepared
from automl.decide.policy.decision_policy import make_policy
from automl.features.plan import Plan
from automl.pipeline import pack as pack_module
from automl.pipeline.choose import choose, score_rows
from automl.pipeline.judge import judge
from automl.pipeline.pack import pack
from automl.spec import parse

CREATED = datetime(2026, 11, 23, tzinfo=UTC)


def packed(data: Prepared, outcome_of: Callable, **given) -> Contents:
    spec = parse({"objective": {"target": data.labels.name, **given}, "data": {"key": ["id"]}})
    choice = choose(outcome_of(data), data, make_policy(spec.objective, data), seed=1)
    return pack(spec, data, choice, judge(data, choice, asked=(), seed=1), created=CREATED)


def answered(contents: Contents) -> dict[str, np.ndarray]:
    """What the graph says to the golden rows, by output column."""
    frame = read_golden(contents.reader, contents.golden, None, {})
    outputs = score_rows(contents.model, frame, threads=1)
    return {
        name: outputs[output.name][:, place] for output in contents.outputs for place, name in enumerate(output.columns)
    }


def written(contents: Contents, folder: Path) -> Path:
    out = folder / "a.bundle"
    stage(contents, staging(out))
    return finish(staging(out), out, gates=(), verdict=None, card="# A card\n")


def test_golden_rows_have_the_answers_of_the_graph(loans, outcome_of, tmp_path):
    """The ops give the same within 1e-9 and on every decision, and the bundle verifies."""
    found = packed(loans, outcome_of, costs={"false_positive": "fee", "false_negative": 5})
    graph = answered(found)
    assert set(found.native) == {"probability", "decision", "expected_cost"} == set(graph)
    assert len(found.golden) == len(found.native["decision"]) > 10
    assert (found.native["decision"] == graph["decision"]).all()
    for name in ("probability", "expected_cost"):
        assert found.native[name].astype(float) == pytest.approx(graph[name].astype(float), rel=1e-9)
    assert verify(written(found, tmp_path))


def test_outputs_are_what_the_graph_answers(loans, outcome_of):
    """With a capacity each action has its cost, by the words of the spec."""
    plain = packed(loans, outcome_of)
    assert [output.name for output in plain.outputs] == ["probability", "decision"]
    found = packed(
        loans,
        outcome_of,
        costs={"false_positive": 1, "false_negative": 5},
        capacity={"act": "30%"},
        names={"act": "call", "pass": "leave"},
    )
    assert found.decisions == ("leave", "call")
    assert [output.columns for output in found.outputs[2:]] == [("expected_cost",), ("cost_leave", "cost_call")]


def test_a_number_has_its_bounds_and_its_decision(prices, outcome_of, tmp_path):
    """All numbers; there is no list of decisions."""
    found = packed(prices, outcome_of, costs={"under": 3, "over": 1}, interval="80%")
    assert [(output.name, output.wire) for output in found.outputs] == [
        ("prediction", "number"),
        ("prediction_low", "number"),
        ("prediction_high", "number"),
        ("decision", "number"),
        ("expected_cost", "number"),
    ]
    assert found.decisions == ()
    assert verify(written(found, tmp_path))


def test_rows_that_are_refused_are_no_golden_rows(loans, outcome_of):
    """They have no answer; with a mean in their place they have one."""
    costs = {"false_positive": "fee", "false_negative": 5}
    filled = packed(loans, outcome_of, costs=costs)
    refused = packed(loans, outcome_of, costs={**costs, "missing": "refuse"})
    fee = read_golden(filled.reader, filled.golden, None, {})["fee"].to_numpy()
    assert (~np.isfinite(fee)).any()
    assert len(refused.golden) == np.isfinite(fee).sum()
    assert "" not in refused.native["decision"]


def test_evidence_has_both_parts_with_what_money_names(loans, outcome_of):
    """The train rows that a fold predicted, all test rows, and the columns of costs and rule."""
    costs = {"false_positive": "fee", "false_negative": 5}
    found = packed(loans, outcome_of, costs=costs, today={"act": "x > 0"}).evidence
    assert found["part"].value_counts().sort("part").rows() == [("oof", 390), ("test", 1_200)]
    assert {"y", "p", "cost:fee", "cost:x"} <= set(found.columns)
    assert not any(name.startswith("cost:") for name in packed(loans, outcome_of).evidence.columns)


def test_members_features_and_spec_are_told(loans, outcome_of):
    """What was made of what, and by which spec."""
    found = packed(loans, outcome_of)
    (member,) = found.members
    assert (member.learner, member.params, member.weight) == ("linear", {"l2": 2.0}, 1.0)
    assert [(feature.name, feature.source) for feature in found.features] == [("x", ("x",))]
    assert (found.keys, found.spec["objective"]["target"], found.split) == (("id",), "bad", "a random part")
    assert (found.created, found.relational, found.golden_tables) == (CREATED, None, None)
    assert list(found.profile.columns) == ["x"]


def test_a_bag_is_told_once(loans, outcome_of):
    """Its places are one feature of the bundle, among those that stand alone."""
    choice = choose(
        outcome_of(loans), loans, make_policy(parse({"objective": {"target": "bad"}}).objective, loans), seed=1
    )
    (x,) = choice.outcome.plan.features
    places = tuple(replace(x, name=f"x: place {k}", kind="token", bag="x: bag", levels=9) for k in range(3))
    outcome = replace(choice.outcome, plan=Plan(features=(places[0], x, *places[1:])))
    assembly = replace(choice.assembly, features_used=(0, 1, 2, 3))
    told = pack_module._features(replace(choice, outcome=outcome, assembly=assembly))
    assert [(one.name, one.kind) for one in told] == [("x: bag", "token"), ("x", "number")]


def test_what_was_not_judged_has_evidence_out_of_fold_only(loans, outcome_of):
    """A model that is only measured never looks at the test part."""
    spec = parse({"objective": {"target": "bad"}})
    choice = choose(outcome_of(loans), loans, make_policy(spec.objective, loans), seed=1)
    found = pack(spec, loans, choice, None, created=CREATED)
    assert found.evidence["part"].unique().to_list() == ["oof"]
    assert (found.scores, found.groups) == ((), ())
