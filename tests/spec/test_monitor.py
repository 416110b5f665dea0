"""[monitor] is read with its units, and what contradicts itself is refused."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from automl.spec.monitor import Monitor


def test_the_units_are_those_of_people() -> None:
    """Times and shares are written as everywhere, and come back so."""
    asked = Monitor.model_validate({"window": "30d", "every": "1d", "tolerance": "20%", "label_delay": "90d"})
    assert (asked.window, asked.step, asked.tolerance, asked.label_delay) == (30 * 86_400, 86_400, 0.2, 90 * 86_400)
    assert asked.model_dump(mode="json")["label_delay"] == "90d"


def test_without_every_no_row_is_looked_at_twice() -> None:
    """The windows follow upon each other."""
    asked = Monitor()
    assert asked.step == asked.window


@pytest.mark.parametrize(
    ("given", "match"),
    [
        ({"window": "1d", "every": "7d"}, "longer than window"),
        ({"alpha": 0}, "greater than 0"),
        ({"labels": "some"}, "'all', 'acted' or 'passed'"),
        ({"odds_ratio": 0.5}, "greater than or equal to 1"),
        ({"least": 3}, "greater than or equal to 20"),
    ],
)
def test_what_makes_no_sense_is_refused(given: dict[str, object], match: str) -> None:
    """Each with what was expected."""
    with pytest.raises(ValidationError, match=match):
        Monitor.model_validate(given)
