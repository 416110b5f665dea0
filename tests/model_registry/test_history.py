"""What happened is read as it was written, or refused."""

from __future__ import annotations

import pytest

from automl.errors import BundleError
from automl.model_registry.history import Event, history
from automl.model_registry.state import HISTORY


def test_a_history_that_was_cut_or_changed_is_told(credit):
    """Fewer bytes than the pointer counts, or a line that is none."""
    path = credit / HISTORY
    content = path.read_bytes()
    path.write_bytes(content[:-1])
    with pytest.raises(BundleError, match="shorter than it was"):
        history(credit)
    path.write_bytes(b"x" * len(content))
    with pytest.raises(BundleError, match="cannot be read"):
        history(credit)
    path.unlink()
    with pytest.raises(BundleError, match="cannot be read"):
        history(credit)


def test_a_line_is_one_line():
    """Whatever stands in a reason: no text of a person forges another line (S08)."""
    event = Event(what="promote", version="a", when="now", who="eve\n{}", why="line\u2028two\r\nthree")
    assert event.to_bytes().splitlines() == [event.to_bytes()[:-1]]
    assert event.to_bytes().isascii()
