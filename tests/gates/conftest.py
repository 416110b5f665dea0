"""Here all rows are timed, as a user's fit times them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from automl.gates import measure

ROWS = measure.ROWS  # as it is before a fixture of the session makes it less


@pytest.fixture(scope="module", autouse=True)
def all_rows_are_timed(fewer_rows_are_timed: None) -> Iterator[None]:
    """The number of rows of a fit that no test made quicker."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("automl.gates.measure.ROWS", ROWS)
        yield
