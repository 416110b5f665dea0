"""The content hash is of everything that a bundle answers by, and of nothing else."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import pytest

from automl.bundle.content_hash import ANSWERS, BY_PROTOCOL, content_hash
from automl.bundle.layout import DESCRIBING, MANIFEST
from automl.bundle.manifest import PROTOCOL, Manifest

KEPT = Path(__file__).parents[1] / "golden" / "bundles"
TOLD = {
    "provisional",
    "created",
    "engine",
    "content_hash",
    "scores",
    "gates",
    "verdict",
    "members",
    "features",
    "findings",
    "split",
    "versions",
    "parity",
    "sources",
    "files",
    "parent",
    "twin",
    "retrained",
    "tried",
    "ages",
    "shelf_life",
    "in_use",
    "execution",
    "groups",
    "levels",
}
"""What a manifest tells of how the bundle came to be."""


@pytest.fixture
def written(bundle):
    """The manifest of a bundle, as JSON."""
    return json.loads((bundle / MANIFEST).read_bytes())


def test_each_field_answers_or_tells():
    """R12: whoever adds a field to the manifest says whether it decides what is answered."""
    assert set(Manifest.model_fields) == {*ANSWERS, *TOLD}


@pytest.mark.parametrize("field", [name for name in ANSWERS if name != "protocol"])
def test_what_answers_is_hashed(written, field):
    """R12: labels, keys, dialect, chunk size and all others: another value is another bundle."""
    assert content_hash(written | {field: "another"}) != written["content_hash"] == content_hash(written)


@pytest.mark.parametrize("field", sorted(TOLD - {"files", "content_hash"}))
def test_what_is_told_is_not_hashed(written, field):
    """R12: when a bundle was written and how it was judged changes nothing that it answers."""
    assert content_hash(written | {field: "another"}) == written["content_hash"]


def test_files_that_answer_are_hashed(written):
    """R12: the graph, golden rows and answers, the definitions and all code count; card and evidence do not."""
    files = written["files"]
    for name in files:
        found = content_hash(written | {"files": files | {name: "0" * 64}})
        assert (found == written["content_hash"]) is (name in DESCRIBING), name
    assert content_hash(written | {"files": files | {"numpy.py": "0" * 64}}) != written["content_hash"]


def test_the_order_of_keys_is_none_of_its_business(written):
    """R12: equal manifests have equal hashes however their keys stand."""
    assert content_hash(dict(reversed(written.items()))) == written["content_hash"]


def test_each_protocol_keeps_its_rule():
    """B11: the content hash of a kept bundle is still the one that it was written with."""
    assert set(BY_PROTOCOL) == set(range(1, PROTOCOL + 1))
    for protocol in BY_PROTOCOL:
        with zipfile.ZipFile(KEPT / f"protocol_{protocol}.zip") as kept:
            old = json.loads(kept.read(MANIFEST))
        assert old["protocol"] == protocol
        assert content_hash(old) == old["content_hash"]
