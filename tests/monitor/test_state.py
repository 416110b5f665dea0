"""What a watch remembers is whole, or refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from automl.errors import DataError
from automl.monitor.state import State, read_state, write_state


def test_it_comes_back_as_it_was(tmp_path: Path) -> None:
    """Numbers and all; where there is no file a life begins."""
    state = State(bundle="abc", looks=3, until=1.5e15, money={"courses": [1, 2.5]})
    write_state(tmp_path / "watch.json", state)
    assert read_state(tmp_path / "watch.json", "abc") == state
    assert read_state(tmp_path / "none.json", "abc") == State(bundle="abc")


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"format": 1, "odd": 2}', '{"format": 9, "bundle": "abc"}'])
def test_what_is_no_state_is_refused(tmp_path: Path, content: str) -> None:
    """Nothing begins anew over something else."""
    (tmp_path / "watch.json").write_text(content)
    with pytest.raises(DataError):
        read_state(tmp_path / "watch.json", "abc")


def test_another_bundle_has_another_life(tmp_path: Path) -> None:
    """Its looks are not counted with those of the old one."""
    write_state(tmp_path / "watch.json", State(bundle="old"))
    with pytest.raises(DataError, match="another bundle"):
        read_state(tmp_path / "watch.json", "new")
