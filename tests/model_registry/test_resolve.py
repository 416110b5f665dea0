"""A registry stands where a bundle is asked for, and means the version that it should."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from automl.errors import BundleError, SpecError
from automl.model_registry.promote import promote, start_canary
from automl.model_registry.register import register
from automl.model_registry.resolve import bundle_of
from automl.model_registry.state import place


def test_a_registry_is_its_champion(credit, hashes):
    """Or the version behind an @: a role, or the begin of a hash."""
    assert bundle_of(credit) == place(credit, hashes[0])
    assert bundle_of(Path(f"{credit}@{hashes[1][:6]}")) == place(credit, hashes[1])
    promote(credit, hashes[1])
    start_canary(credit, hashes[0], share=0.5)
    roles = {"champion": hashes[1], "canary": hashes[0], "parent": hashes[0], "newest": hashes[1]}
    assert {role: bundle_of(Path(f"{credit}@{role}")) for role in roles} == {
        role: place(credit, version) for role, version in roles.items()
    }


def test_a_path_is_itself(versions, tmp_path):
    """A bundle, a name with an @, and what is not there."""
    odd = Path(shutil.copytree(versions[0], tmp_path / "a@b.bundle"))
    for path in (versions[0], odd, tmp_path / "none", tmp_path / "none@champion"):
        assert bundle_of(path) == path


@pytest.mark.parametrize("text", ["0", "", "zzzz", "../../etc", "..%2f..%2f", "champions"])
def test_a_version_is_one_that_was_registered(text, credit):
    """V06: what is not the begin of a registered hash is no part of a path."""
    with pytest.raises(SpecError, match="no version"):
        bundle_of(Path(f"{credit}@{text}"))


def test_another_bundle_in_its_place_is_refused(credit, hashes):
    """The hash in the name is the one of the content."""
    shutil.rmtree(place(credit, hashes[0]))
    shutil.copytree(place(credit, hashes[1]), place(credit, hashes[0]))
    with pytest.raises(BundleError, match="in place of version"):
        bundle_of(credit)


def test_nothing_was_promoted_yet(versions, tmp_path):
    """It says so."""
    register(versions[0], tmp_path / "credit")
    with pytest.raises(BundleError, match="no champion version"):
        bundle_of(tmp_path / "credit")
