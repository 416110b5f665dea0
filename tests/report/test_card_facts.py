"""What a card says in words follows the manifest: uses, oversight, groups, robustness."""

from __future__ import annotations

from automl.report.card import card


def test_the_sections_are_those_of_the_published_template(manifest, verdict) -> None:
    """Each heading that a hub's reader looks for is there, in the order of huggingface_hub's template."""
    text = card(manifest | {"verdict": verdict})
    wanted = (
        "# Model Card for bad",
        "## Model Details",
        "### Model Description",
        "## Uses",
        "### Direct Use",
        "### Out-of-Scope Use",
        "## Bias, Risks, and Limitations",
        "### Recommendations",
        "## How to Get Started with the Model",
        "## Training Details",
        "### Training Data",
        "### Training Procedure",
        "## Evaluation",
        "### Testing Data, Factors & Metrics",
        "#### Testing Data",
        "#### Factors",
        "#### Metrics",
        "### Results",
        "## Technical Specifications",
    )
    places = [text.index(f"\n{heading}\n") for heading in wanted]
    assert places == sorted(places)


def test_metrics_by_group_are_told(manifest) -> None:
    """Where limits on fairness were asked for, their figures stand in the card, and no caveat denies them."""
    groups = [{"column": "sex", "group": "f|m", "metric": "recall", "value": 0.71, "n": 1200}]
    text = card(manifest | {"groups": groups})
    assert "| sex | f\\|m | recall | 1,200 | 0.7100 |" in text
    assert "Nobody has checked it for fairness" not in text
    bare = card(manifest)
    assert "No metric was asked for by group." in bare
    assert "Nobody has checked it for fairness" in bare


def test_oversight_is_what_the_spec_says(manifest) -> None:
    """With a price for a review rows go to a person; without one the card says that none does."""
    assert "It hands no row to a person by itself" in card(manifest)
    objective = manifest["spec"]["objective"] | {"costs": {"review": {"cost": 5}}}
    text = card(manifest | {"spec": manifest["spec"] | {"objective": objective}})
    assert "answered with a review: a person decides them" in text


def test_technical_documentation_is_answered_or_left_to_people(manifest) -> None:
    """Every point of Annex IV is named once; what a fit cannot know is marked as missing, and not made up."""
    table = card(manifest).partition("## Technical Documentation under the EU AI Act")[2]
    points = [row.split("|")[1].strip() for row in table.splitlines() if row.startswith("| ")][2:]
    assert points == ["1", "2", "2 (e), 3", "3", "4", "6", "5, 7, 8, 9"]
    assert "[More Information Needed]" in table


def test_robustness_is_measured(manifest, verdict) -> None:
    """How often deploying still pays where an amount is off is counted from the verdict's cases."""
    text = card(manifest | {"verdict": verdict})
    assert "Deploying pays in 1 of 2 cases where one amount is half or twice" in text
