"""Bundles are measured here as they are for users."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from automl.gates import measure


@pytest.fixture(scope="module", autouse=True)
def _all_timed_rows() -> Iterator[None]:
    """As many rows as a bundle is timed on, where other tests time a few."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(measure, "ROWS", 2_000)
        yield
