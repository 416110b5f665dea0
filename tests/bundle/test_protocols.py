"""Bundles of every protocol that ever was are read, by the golden bundle that was kept of each."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from automl.bundle import protocols
from automl.bundle.layout import MANIFEST
from automl.bundle.manifest import PROTOCOL
from automl.bundle.protocols import UPGRADES, upgraded
from automl.bundle.read import Bundle
from automl.bundle.verify import verify
from automl.errors import BundleError

KEPT = Path(__file__).parents[1] / "golden" / "bundles"


def test_a_bundle_of_each_protocol_is_kept():
    """B11: who raises the protocol keeps a bundle of the last one, and writes how it is read."""
    assert sorted(path.stem for path in KEPT.iterdir()) == [f"protocol_{n}" for n in range(1, PROTOCOL + 1)]
    assert set(UPGRADES) == set(range(1, PROTOCOL))


@pytest.mark.parametrize("protocol", range(1, PROTOCOL + 1))
def test_bundles_of_each_protocol_are_read(protocol, raw):
    """B11: the kept bundle verifies, its golden rows have the answers of the day, and it scores a frame."""
    path = KEPT / f"protocol_{protocol}.zip"
    assert verify(path).golden_rows == 76
    model = Bundle.load(path)
    assert model.manifest.protocol == PROTOCOL
    assert model.predict(raw).height == raw.height


def test_an_older_bundle_is_upgraded_step_by_step(bundle, raw, reseal, monkeypatch, tmp_path):
    """B11: a manifest with a field of another name passes two upgrades, then scores; what was read stays as it was."""
    copy = shutil.copytree(bundle, tmp_path / "old.bundle")
    content = json.loads((copy / MANIFEST).read_bytes())
    split = content.pop("split")
    (copy / MANIFEST).write_text(json.dumps(content), encoding="utf-8")
    reseal(copy, parted=split)
    text = json.loads((copy / MANIFEST).read_bytes())
    steps = {
        PROTOCOL: lambda old: {key: old[key] for key in old if key != "parted"} | {"split": old["parted"]},
        PROTOCOL + 1: lambda old: old | {"split": old["split"] + ", as ever"},
    }
    new = upgraded(text, where="x", upgrades=steps, newest=PROTOCOL + 2)
    assert (new["protocol"], new["split"]) == (PROTOCOL + 2, "a random fifth, as ever")
    assert (text["protocol"], text["parted"]) == (PROTOCOL, "a random fifth")

    def today(content, *, where):
        return upgraded(content, where=where, upgrades=steps, newest=PROTOCOL + 2) | {"protocol": PROTOCOL}

    with pytest.raises(BundleError, match="parted"):
        Bundle.load(copy)
    expected = Bundle.load(bundle).predict(raw)
    monkeypatch.setattr("automl.bundle.files.upgraded", today)
    model = Bundle.load(copy)
    model.files.read_all()
    assert model.manifest.split == "a random fifth, as ever"
    assert model.predict(raw).equals(expected)


def test_a_newer_bundle_is_refused():
    """B11: what a later automl wrote is refused with the range that is read, never guessed at."""
    for protocol in (4, 0, None):
        with pytest.raises(BundleError, match="this automl reads protocols 1 to 3"):
            upgraded({"protocol": protocol}, where="x", upgrades={1: dict, 2: dict}, newest=3)


def test_the_procedure_is_written():
    """B11: docs/bundle.md says how a protocol is changed."""
    page = (Path(__file__).parents[2] / "docs" / "bundle.md").read_text(encoding="utf-8")
    assert "## When the protocol changes" in page
    assert Path(protocols.__file__).name in page
