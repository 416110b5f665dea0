"""A pointer that is damaged is told, and leads nowhere."""

from __future__ import annotations

import json

import pytest

from automl.errors import BundleError, SpecError
from automl.model_registry.state import CURRENT, State, read_state, state_of, version_of

A, B = "a" * 64, "a" * 4 + "b" * 60
SOUND = {"champion": A, "parents": [B], "canary": None, "versions": [A, B], "serial": 1, "history": 0, "protocol": 1}


@pytest.mark.parametrize(
    "changes",
    [
        {"champion": "../../etc"},
        {"champion": "c" * 64},
        {"parents": ["/etc"]},
        {"versions": [A, B, "x"]},
        {"canary": {"version": "c" * 64, "share": 0.1, "loss_budget": None, "since": ""}},
        {"protocol": 2},
        {"more": 1},
        {"versions": None},
    ],
)
def test_what_names_no_version_is_refused(changes, tmp_path):
    """V06: hashes that are none, that were not registered, another protocol, other fields; never a path."""
    state_of(json.dumps(SOUND).encode(), tmp_path)
    with pytest.raises(BundleError, match="damaged"):
        state_of(json.dumps(SOUND | changes).encode(), tmp_path)


@pytest.mark.parametrize("content", [b"", b"[]", b"{", b"null", b"\xff", b"[" * 100_000])
def test_other_bytes_are_refused(content, tmp_path):
    """Torn, empty, deep or no text."""
    (tmp_path / CURRENT).write_bytes(content)
    with pytest.raises(BundleError, match="damaged"):
        read_state(tmp_path)


def test_what_is_written_is_read(tmp_path):
    """To the last field."""
    state = State(champion=A, parents=(B,), versions=(A, B), serial=3, history=17)
    assert state_of(state.to_bytes(), tmp_path) == state


def test_a_begin_of_two_hashes_is_none(tmp_path):
    """More of it is asked for; a slip of the pen is answered with the nearest name."""
    state = State(champion=A, versions=(A, B))
    with pytest.raises(SpecError, match="2 versions begin"):
        version_of(state, "aaaa", tmp_path)
    assert version_of(state, "aaaab", tmp_path) == B
    with pytest.raises(SpecError, match="no version 'champ'") as raised:
        version_of(state, "champ", tmp_path)
    assert raised.value.hint == "Did you mean 'champion'?"
