"""The model card tells what a bundle is for and what it does not know, and names in it stay names."""

from __future__ import annotations

import pytest

from automl.bundle.files import open_files
from automl.report.card import card as model_card


def test_the_model_card_tells_the_whole_story(manifest, verdict, golden, gate):
    """What it predicts, what it is worth, how good it is, what it takes to run, how it was made, what to mind."""
    golden("card.md", model_card(manifest | {"verdict": verdict, "gates": [gate(ok=True)]}))


@pytest.mark.parametrize(
    ("evidence", "words"),
    [
        ("rows", "judged row are kept: who"),
        ("rounded", "judged row are kept, rounded"),
        ("none", "No judged row is kept"),
    ],
)
def test_a_card_says_what_it_keeps_of_persons(evidence, words, manifest):
    """A reader learns whether rows of data are in the bundle: golden rows are synthetic, evidence is not."""
    spec = manifest["spec"] | {"bundle": {"evidence": evidence}}
    assert words in model_card(manifest | {"spec": spec})


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ({"evidence": "rows", "reference": "binned"}, True),
        ({"evidence": "rows", "reference": "none"}, False),
        ({"evidence": "none", "reference": "binned"}, False),
        ({"evidence": "rows"}, False),
    ],
)
def test_a_card_says_whether_bins_of_rows_are_kept(said, told, manifest):
    """Bins stand beside evidence: none without it, and none in a bundle of before there were any."""
    spec = manifest["spec"] | {"bundle": said}
    assert ("Which bin each lies in" in model_card(manifest | {"spec": spec})) is told


def test_a_card_without_money_says_so(manifest):
    """No verdict section, and the reader learns how a wrong decision was counted."""
    card = model_card(manifest)
    assert "What it is worth" not in card
    assert "No costs were given" in card


def test_a_card_of_a_bundle_that_was_forced_says_so(manifest, useless, gate):
    """Nobody can take a bundle written with --write-anyway for one that is worth deploying."""
    card = model_card(manifest | {"verdict": useless, "gates": [gate(ok=False)]})
    assert "Deploying is not shown to be worth it" in card
    assert "It does not keep every limit" in card


@pytest.mark.parametrize("kind", ["multiclass", "regression"])
def test_every_kind_of_problem_has_a_card(kind, request, make_bundle, tmp_path):
    """Several labels are listed; a number has no decision."""
    folder = make_bundle(request.getfixturevalue(kind), tmp_path / "b.bundle")
    card = model_card(open_files(folder).manifest.model_dump(mode="json"))
    assert ("low, mid, high" in card) == (kind == "multiclass")
    assert ("decision" in card) == (kind == "multiclass")


def test_names_from_data_stay_names_in_the_card(manifest, verdict):
    """S07: a column called as a tag, a table row or a new line is text."""
    odd = "x\nRUN touch /pwned |<script>alert(1)</script>| [a](http://b) `c` \x1b[31m"
    target = manifest["target"] | {"name": odd, "texts": [odd, "2"]}
    feature = manifest["features"][0] | {"source": [odd]}
    action = verdict | {"currency": odd}
    card = model_card(manifest | {"target": target, "features": [feature], "decisions": [odd], "verdict": action})
    assert "<script>" not in card
    assert "\x1b" not in card
    assert "\nRUN" not in card
    assert "[a](" not in card
    assert "|&lt;script" not in card.replace("\\|", "")


def caveats(manifest: dict, **changes: object) -> str:
    """The card of a manifest with changes, as one line."""
    return " ".join(model_card(manifest | changes).split())


def test_the_sources_are_the_columns_that_are_used(manifest):
    """Several features of one column are counted as one column, in the order of the features."""
    features = [
        {"name": name, "kind": "number", "source": source} for name, source in (("a", ["age"]), ("b", ["age", "job"]))
    ]
    card = caveats(manifest, features=features)
    assert "2 features from 2 columns" in card


def test_an_interval_is_promised_in_the_words_of_the_spec(manifest):
    """Two outputs beside the prediction: the share that is promised stands in the card."""
    outputs = [*manifest["outputs"], {"name": "prediction_low", "columns": ["prediction_low"], "wire": "number"}]
    card = caveats(
        manifest,
        outputs=outputs,
        spec={"objective": {"interval": "90%"}},
        target=manifest["target"] | {"kind": "regression"},
    )
    assert "90% of the truths are promised to lie between" in card


def test_a_score_without_a_value_says_why(manifest):
    """R17: an empty cell in the card's table, and the reason below it."""
    score = {"metric": "mape", "value": None, "low": None, "high": None, "rows": "test", "n": 30}
    lost = {"check": "unjudged", "column": "y", "text": "3 rows of test have no target", "action": "changed"}
    why = score | {"reason": "the target is 0 in 2 of 30 rows"}
    card = caveats(manifest, scores=[why], findings=[lost])
    assert "| mape | test (30) | | |" in card
    assert "mape has no value on the test part: the target is 0 in 2 of 30 rows." in card
    assert "3 rows of test have no target. The test part was looked at once" in card


@pytest.mark.parametrize(("low", "high", "told"), [(0.85, 0.88, True), (0.91, 0.95, True), (0.88, 0.92, False)])
def test_a_broken_promise_is_said(manifest, low, high, told):
    """Intervals that held less of the test part than chance allows, or more, are a caveat; others are none."""
    score = {"metric": "coverage of 90%", "value": (low + high) / 2, "low": low, "high": high, "rows": "test", "n": 900}
    card = caveats(manifest, scores=[score], spec={"objective": {"interval": "90%"}})
    assert ("The test part is not like the rows learned from." in card) == told


def test_what_was_promised_and_weighted_is_a_caveat(manifest):
    """Floors hold for rows like those learned from, and a stated base rate stands behind every amount."""
    spec = {"objective": {"require": {"confidence": "95%"}, "base_rate": "2%"}}
    card = caveats(manifest, spec=spec)
    assert "promised with a confidence of 95%" in card
    assert "weighted to a share of 2% positives, which the spec states." in card
    plain_card = caveats(manifest, spec={"objective": {}})
    assert "promised with" not in plain_card
    assert "base rate" not in plain_card


def test_a_verdict_on_test_rows_alone_is_not_flattered(manifest, verdict):
    """Only where out-of-fold rows helped is that a caveat."""
    assert "may flatter it a little" in caveats(manifest, verdict=verdict)
    assert "may flatter it" not in caveats(manifest, verdict=verdict | {"test_rows": verdict["rows"]})


def test_the_lists_of_levels_are_told(manifest):
    """For each list in the model its columns, its length, and how few rows stand behind one of its levels."""
    assert "No list of levels is in the model." in caveats(manifest, levels=[])
    lists = [{"columns": ["city", "shop"], "what": "combinations", "levels": 1234, "rows": 5}]
    assert "| city x shop | combinations | 1,234 | 5 |" in caveats(manifest, levels=lists)
