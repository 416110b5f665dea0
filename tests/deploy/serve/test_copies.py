"""What is served is copied whole: a bundle, or the versions that a pointer names, and every file of a table."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from automl.bundle.files import open_files
from automl.bundle.signature import make_keys, sign
from automl.data.read.open_tables import open_table
from automl.deploy.serve.copies import Serving, Source, copied, pinned, with_key
from automl.deploy.serve.settings import Settings
from automl.errors import BundleError
from automl.model_registry.promote import promote, start_canary
from automl.model_registry.register import register
from automl.model_registry.state import CURRENT, place


@pytest.fixture
def registered(versions, tmp_path):
    """A registry of two versions, none of them promoted, and their hashes."""
    folder = tmp_path / "models" / "credit"
    return folder, [register(path, folder) for path in versions[:2]]


def test_a_registry_is_its_champion_and_its_canary(registered, tmp_path):
    """Both are copied; a pointer that moves is seen, one that cannot be read has not moved."""
    folder, (first, second) = registered
    source = Source(folder)
    with pytest.raises(BundleError, match="no champion"):
        source.look()
    promote(folder, first)
    seen = source.look()
    assert seen == Serving(bundle=place(folder, first), version=first)
    assert not source.has_moved(seen)
    canary = start_canary(folder, second, share=0.25).canary
    assert source.has_moved(seen)
    copy = copied(source.look(), {}, tmp_path / "room")
    assert [open_files(path).manifest.content_hash for path in (copy.bundle, copy.challenger)] == [first, second]
    assert (copy.serving.canary, copy.order()["share"]) == (canary, "0.25")
    (folder / CURRENT).write_text("{")
    assert not source.has_moved(seen)
    copy.remove()
    assert not (tmp_path / "room").exists()


def test_a_bundle_is_itself(versions, tmp_path):
    """It is copied when it is asked for, and nothing is followed; what is not there is named."""
    source = Source(versions[0])
    assert not source.is_followed
    assert "challenger" not in copied(source.look(), {}, tmp_path / "room").order()
    with pytest.raises(BundleError, match="no such bundle"):
        copied(Serving(bundle=tmp_path / "none"), {}, tmp_path / "other")


def test_the_key_of_a_registry_is_asked_for(versions, tmp_path):
    """A server of a registry with a key opens no version that its owner did not sign; a key that is named stands."""
    private = tmp_path / "key"
    public = make_keys(private)
    signed = Path(shutil.copytree(versions[0], tmp_path / "signed.bundle"))
    sign(signed, private)
    register(signed, tmp_path / "credit", key=public)
    settings = with_key(Settings(), tmp_path / "credit")
    assert settings.key is not None
    assert Path(settings.key).read_bytes() == public.read_bytes()
    assert with_key(Settings(key="mine"), tmp_path / "credit").key == "mine"
    assert with_key(Settings(), versions[0]).key is None


@pytest.mark.parametrize("where", ["store", "days", "store/part-*.csv", "store/part[1].csv", "link.csv"])
def test_all_files_of_a_table_are_copied(where, tmp_path):
    """V08: a folder, what a pattern matches, a name that is none, and what links lead to: what was read stays."""
    for name in ("store/part-1.csv", "store/part-2.csv", "store/part[1].csv", "days/day=1/a.csv", "days/day=2/a.csv"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(f"name,x\n{name},1\n")
    (tmp_path / "store" / "part-3.csv").symlink_to("part-2.csv")
    (tmp_path / "link.csv").symlink_to(tmp_path / "store" / "part-1.csv")
    (tmp_path / "room").mkdir()
    before = open_table(tmp_path / where)
    found = pinned({"purchases": str(tmp_path / where)}, tmp_path / "room")
    for name in ("store", "days"):
        shutil.rmtree(tmp_path / name)
    after = open_table(found["purchases"])
    assert after.frame.equals(before.frame)
    assert list(after.digests.values()) == list(before.digests.values())
