"""A bundle's explanations are those of its graph: they add up, agree with enumeration, and their changes replay."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from automl.bundle.read import Bundle
from automl.errors import DataError
from automl.testing._explain_oracles import gaps, row_of, smallest_of_all

KEPT = Path(__file__).parents[1] / "golden" / "bundles"


@pytest.fixture(scope="module", params=["binary", "multiclass", "regression"])
def model(request, make_bundle, tmp_path_factory):
    """An opened bundle of each kind of problem."""
    labels = request.getfixturevalue(request.param)
    return Bundle.load(make_bundle(labels, tmp_path_factory.mktemp(request.param) / "a.bundle"))


def test_values_add_to_the_score_and_to_the_money(model, raw):
    """Within 1e-9 of what `predict` says of the row, and of the difference of the expected costs."""
    frame = raw[:12]
    scored = model.predict(frame)
    for place, found in enumerate(model.explain(frame).each):
        name = f"probability_{found.score.of}"
        name = name if name in scored.columns else model.columns[0]
        assert found.score.value == pytest.approx(scored[name][place], abs=1e-9)
        added = found.score.base + sum(reason.score for reason in found.reasons)
        assert added == pytest.approx(found.score.value, abs=1e-9 * max(1.0, abs(found.score.value)))
        assert (found.money is None) == (model.manifest.target.kind == "regression")
        if found.money is not None:
            assert found.money.cost == pytest.approx(scored["expected_cost"][place], abs=1e-9)
            assert found.money.value == pytest.approx(found.money.other_cost - found.money.cost, abs=1e-9)
            money = found.money.base + sum(reason.money for reason in found.reasons)
            assert money == pytest.approx(found.money.value, abs=1e-9)


def test_values_agree_with_all_coalitions(model, raw):
    """At least 99 % lie within t(.995) standard errors of the enumeration over the same background."""
    frame = raw[:20]
    _, columns, _ = model.inputs_of(frame)
    found = model.explain(frame, seconds=60).each
    looked = [gaps(model.explainer, row_of(columns, place), one) for place, one in enumerate(found)]
    assert np.mean([flag for one in looked for flag in one.within]) >= 0.99


def test_the_smallest_change_of_the_grid_is_told(model, raw):
    """Of one column where one suffices, else of two, as trying every cell of the grids finds: never a larger one."""
    explainer = model.explainer
    frame = raw[:12]
    _, columns, _ = model.inputs_of(frame)
    for place, found in enumerate(model.explain(frame, seconds=60).each):
        if found.counterfactual is None:
            continue
        best = smallest_of_all(explainer, row_of(columns, place), found.decision)
        assert (len(found.counterfactual.changes), found.counterfactual.size) == (best[0], pytest.approx(best[1]))
        assert found.counterfactual.complete


def test_changes_replay(model, raw):
    """A raw row with the cells of the counterfactual is decided as it says."""
    frame = raw[:12]
    replayed = 0
    for place, found in enumerate(model.explain(frame).each):
        if found.counterfactual is None:
            assert model.manifest.target.kind == "regression"
            continue
        changed = {change.column: change.cell for change in found.counterfactual.changes}
        if changed:
            answer = model.decide(frame.row(place, named=True) | changed)
            assert str(answer["decision"]) == found.counterfactual.decision != found.decision
            replayed += 1
    assert replayed or model.manifest.target.kind == "regression"


def test_the_same_is_said_of_any_frame(bundle, raw):
    """Polars, pandas and arrow: the same values, and keys where the data has them."""
    model = Bundle.load(bundle)
    found = model.explain(raw[:2])
    assert found.each[0].keys == {"id": "c0000"}
    assert model.explain(raw[:2].to_pandas()).as_json() == found.as_json()
    assert model.explain(raw[:2].to_arrow()).as_json() == found.as_json()
    assert model.explain(raw[1:2], first=2).each == found.each[1:]


def test_the_error_is_within_what_was_asked(bundle, raw):
    """5 % of the spread over the background, told with the pairs that it took; of few columns none, and exact."""
    for found in Bundle.load(bundle).explain(raw[:5]).each:
        assert found.score.error <= 0.05 * found.score.spread
        assert found.background == 64
        assert found.pairs >= 8 or not (found.pairs or found.score.error)


@pytest.mark.parametrize("protocol", [1, 2])
def test_older_bundles_are_explained(protocol, raw):
    """Their golden rows are the background, their quantiles the grid, and the values add up."""
    model = Bundle.load(KEPT / f"protocol_{protocol}.zip")
    (found,) = model.explain(raw[:1]).each
    assert found.background == 64
    assert found.score.base + sum(reason.score for reason in found.reasons) == pytest.approx(
        found.score.value, abs=1e-9
    )


def test_what_the_spec_wants_is_kept(bundle, raw, reseal, tmp_path):
    """Fixed columns do not change, words stand for names, and as many reasons as were asked for are told."""
    import shutil

    copy = shutil.copytree(bundle, tmp_path / "copy.bundle")
    spec = json.loads((copy / "manifest.json").read_bytes())["spec"]
    spec["objective"]["explain"] = {
        "fixed": ["age", "job"],
        "reasons": 2,
        "words": {"income": "what they earn"},
        "levels": {"job": {"clerk": "works in an office"}},
    }
    reseal(copy, spec=spec)
    found = Bundle.load(copy).explain(raw[:40])
    changed = {change.column for each in found.each for change in each.counterfactual.changes}
    assert changed
    assert not changed & {"age", "job"}
    assert "what they earn = $" in found.story()
    assert "works in an office" in json.dumps(found.as_json())
    assert "reason_3" not in found.codes()[0]


def test_another_table_is_one_player(tables_bundle, purchases):
    """All that is computed from it is exchanged at once; its reason is what the model makes of the whole history."""
    rows = pl.DataFrame({"age": ["30", "", "5"], "customer": ["anna", "ben", "nobody"]})
    model = Bundle.load(tables_bundle, tables={"purchases": purchases})
    found = model.explain(rows).each
    for each, price in zip(found, [100 * 45 + 10_000 * 10, 100 * 10 + 10_000, 0], strict=True):
        values = {reason.names: reason.score for reason in each.reasons}
        assert set(values) == {("age",), ("purchases",)}
        assert values["purchases",] == pytest.approx(price)
        assert each.score.base + sum(values.values()) == pytest.approx(each.score.value)


def test_rows_that_lack_a_column_are_refused(bundle, raw):
    """As `predict` does, with the names of all that lack."""
    with pytest.raises(DataError, match="'income'"):
        Bundle.load(bundle).explain(raw.drop("income"))
    assert Bundle.load(bundle).explain(pl.DataFrame()).each == ()
