"""Only a bundle that verifies, and that the rules of the registry let in, becomes a version."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from automl.bundle.signature import make_keys, sign
from automl.bundle.verify import verify
from automl.errors import BundleError, SpecError
from automl.model_registry.history import history
from automl.model_registry.register import key_of, register
from automl.model_registry.state import is_registry, place, read_state


def test_a_version_is_the_bundle_and_its_line_says_on_what_it_stands(credit, versions, hashes):
    """It verifies where it lies; verdict, scores, gates, data hashes, name and serial stand in the history."""
    assert register(versions[2], credit) == hashes[2]
    assert verify(place(credit, hashes[2])).content_hash == hashes[2]
    last = history(credit)[-1]
    assert (last.what, last.version) == ("register", hashes[2])
    assert last.facts["bundle"] == {"name": "credit", "serial": 3}
    assert last.facts["data"] == {"rows.csv": "0" * 64}
    assert last.facts["scores"] == {"roc_auc": 0.81}
    assert read_state(credit).champion == hashes[0]


def test_registering_again_changes_nothing(credit, versions):
    """Neither pointer nor history; a version that was damaged is mended."""
    before = read_state(credit), history(credit)
    register(versions[0], credit)
    assert (read_state(credit), history(credit)) == before
    model = place(credit, before[0].versions[0]) / "model.onnx"
    model.write_bytes(b"broken")
    register(versions[0], credit)
    assert verify(model.parent).content_hash == before[0].versions[0]


def test_what_does_not_verify_is_refused(versions, tmp_path):
    """A byte that changed: exit code 7, and no registry is begun."""
    copy = Path(shutil.copytree(versions[0], tmp_path / "copy.bundle"))
    (copy / "model.onnx").write_bytes(b"x")
    with pytest.raises(BundleError, match="not the one that was written"):
        register(copy, tmp_path / "credit")
    assert not (tmp_path / "credit").exists()


@pytest.mark.parametrize("name", ["Credit", "a_b", "..", "x y", "-a", "a--b", "ü", "a%2fb", "a.b"])
def test_a_name_that_no_path_or_label_can_hold_is_refused(name, versions, tmp_path):
    """V06: names are letters a to z, digits and single hyphens."""
    folder = tmp_path / "models" / name
    with pytest.raises(SpecError, match="no name of a model"):
        register(versions[0], folder)
    assert not is_registry(folder)


@pytest.fixture
def keys(tmp_path):
    """A private key and its public one."""
    return tmp_path / "key", make_keys(tmp_path / "key")


def test_a_key_asks_for_signature_name_and_serial(make_version, keys, tmp_path):
    """The first key stays: unsigned, signed by another, called otherwise, older or equal ones are refused (B07)."""
    private, public = keys
    folder = tmp_path / "models" / "credit"

    def made(serial, name="credit", by=private):
        path = make_version(tmp_path / f"{serial}-{name}-{by and by.name}.bundle", serial, name)
        if by is not None:
            sign(path, by)
        return path

    with pytest.raises(BundleError, match="not signed"):
        register(made(1, by=None), folder, key=public)
    with pytest.raises(BundleError, match=r"has no name, the registry 'credit'"):
        register(made(2, name=None), folder, key=public)
    assert key_of(folder) is None
    register(made(5), folder, key=public)
    assert key_of(folder).read_bytes() == public.read_bytes()
    other = tmp_path / "other"
    make_keys(other)
    for path, words in (
        (made(6, by=None), "not signed"),
        (made(7, by=other), "by the owner of"),
        (made(8, name="fraud"), "is called 'fraud'"),
        (made(4), "has the serial number 4, and 6 is the least"),
    ):
        with pytest.raises(BundleError, match=words):
            register(path, folder)
    register(made(9), folder)
    assert read_state(folder).serial == 9


def test_a_link_in_place_of_a_version_is_refused(credit, versions, hashes, tmp_path):
    """What is behind it is left alone."""
    (tmp_path / "elsewhere").mkdir()
    place(credit, hashes[2]).symlink_to(tmp_path / "elsewhere")
    with pytest.raises(SpecError, match="a link stands"):
        register(versions[2], credit)
    assert not list((tmp_path / "elsewhere").iterdir())
