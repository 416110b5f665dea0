"""[retrain] is read with its units, and what makes no sense is refused."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from automl.spec.retrain import RUNGS, Retrain


def test_the_units_are_those_of_people() -> None:
    """Times, rates and shares are written as everywhere, and come back so."""
    asked = Retrain.model_validate({"window": "180d", "rows": "200 per 1d", "search": "20%", "rungs": ["refit"]})
    assert (asked.window, asked.search, asked.rungs) == (180 * 86_400, 0.2, ("refit",))
    assert asked.rows is not None
    assert asked.rows.count == 200
    assert asked.model_dump(mode="json", exclude_none=True)["rows"] == "200 per 1d"


def test_without_a_word_all_rungs_are_tried() -> None:
    """The cheapest first."""
    assert Retrain().rungs == RUNGS
    assert RUNGS[0] == "recalibrate"
    assert RUNGS[-1] == "search"


@pytest.mark.parametrize(
    ("given", "match"),
    [
        ({"price": -1}, "greater than or equal to 0"),
        ({"least": 10}, "greater than or equal to 40"),
        ({"rungs": ["polish"]}, "'recalibrate'"),
        ({"promote": "never"}, "'auto' or 'ask'"),
        ({"alpha": 0}, "greater than 0"),
    ],
)
def test_what_makes_no_sense_is_refused(given: dict[str, object], match: str) -> None:
    """Each with what was expected."""
    with pytest.raises(ValidationError, match=match):
        Retrain.model_validate(given)
