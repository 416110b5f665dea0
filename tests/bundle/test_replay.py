"""Golden rows are answered as the protocol of their bundle has them."""

from __future__ import annotations

import json

import pytest

from automl.bundle.opening import take
from automl.bundle.replay import replay
from automl.errors import BundleError


@pytest.fixture
def replayed(bundle):
    """Replays the shared bundle, some of its golden files changed."""
    taken = take(bundle)

    def call(protocol=2, **changed):
        files = {
            **taken.content,
            **{f"golden/{name}.json": json.dumps(rows).encode() for name, rows in changed.items()},
        }
        return replay(taken.open(), files, protocol=protocol, where=bundle)

    return call


def test_decisions_have_the_type_of_their_protocol(replayed, bundle):
    """D21: labels that are whole numbers are text in protocol 1, whole numbers since; neither passes as the other."""
    expected = json.loads((bundle / "golden" / "expected.json").read_bytes())
    as_text = {**expected, "decision": [str(label) for label in expected["decision"]]}
    assert replayed(2) == replayed(1, expected=as_text) == len(expected["decision"])
    for protocol, answers in ((1, expected), (2, as_text)):
        with pytest.raises(BundleError, match="golden answers differ; row 0: decision is"):
            replayed(protocol, expected=answers)


def test_no_golden_row_is_no_proof(replayed):
    """B13: a bundle that says nothing of what it answers is refused."""
    with pytest.raises(BundleError, match="there is no golden row"):
        replayed(rows=[], expected={})
