"""[bundle] says what the bundle is called and what it keeps; nothing said is everything kept."""

from __future__ import annotations

import pytest

from automl.errors import SpecError
from automl.spec import parse


def test_nothing_said_keeps_the_rows() -> None:
    """The bundle has no name, no serial, and its evidence."""
    found = parse({"objective": {"target": "y"}}).bundle
    assert (found.name, found.serial, found.evidence) == (None, None, "rows")


def test_what_is_said_is_resolved() -> None:
    """Name and serial stand in the manifest's spec, which a signature covers."""
    said = {"name": "credit", "serial": 17, "evidence": "none", "reference": "none"}
    assert parse({"objective": {"target": "y"}, "bundle": said}).resolved()["bundle"] == said


@pytest.mark.parametrize(
    "said",
    [
        {"evidence": "all"},
        {"serial": -1},
        {"serial": 1.5},
        {"name": ""},
        {"name": "x" * 201},
        {"nmae": "x"},
        {"reference": "rows"},
    ],
)
def test_what_cannot_be_is_refused(said: dict[str, object]) -> None:
    """S01: unknown keys and values are told with their place."""
    with pytest.raises(SpecError, match="bundle"):
        parse({"objective": {"target": "y"}, "bundle": said})
