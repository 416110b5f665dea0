"""A run is that of its spec and its data."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from automl.errors import SpecError
from automl.pipeline.run_folder import identity_of, open_folder, run_of
from automl.spec import Spec, parse


def spec_of(**more: object) -> Spec:
    return parse({"objective": {"target": "bad"}, **more})


def test_more_time_and_workers_are_the_same_run(loans) -> None:
    """Anything else in the spec is another one, and so is other data."""
    plain = identity_of(spec_of(), loans)
    assert identity_of(spec_of(budget={"time": "9min", "workers": 3}), loans) == plain
    assert identity_of(spec_of(budget={"seed": 9}), loans)["spec"] != plain["spec"]
    assert identity_of(spec_of(), replace(loans, digests={"train": "1"})) | {"data": ""} == plain | {"data": ""}
    assert identity_of(spec_of(), replace(loans, digests={"train": "1"}))["data"] != plain["data"]


def test_the_folder_stands_beside_the_bundle(loans, tmp_path: Path) -> None:
    """It is resumed for the same spec and data, and for no other."""
    place = tmp_path / "loans.bundle"
    with open_folder(spec_of(), loans, place, resume=False) as folder:
        assert folder.path == tmp_path / "loans.run"
        folder.append({"kind": "x"})
    with open_folder(spec_of(budget={"time": "9min"}), loans, place, resume=True) as folder:
        assert [line["kind"] for line in folder.records] == ["x"]
    with pytest.raises(SpecError, match="its spec differ"):
        open_folder(spec_of(budget={"seed": 9}), loans, place, resume=True)


def test_each_bundle_has_a_run_folder_of_its_own() -> None:
    """Names with a dot in them do not share one, and no bundle's run folder is its own place."""
    names = ["v1", "v1.0", "v1.1", "v1.bundle", "x.run", "a.b.bundle"]
    found = [run_of(Path(name)).name for name in names]
    assert found == ["v1.run", "v1.0.run", "v1.1.run", "v1.run", "x.run.run", "a.b.run"]
    assert all(name != place for name, place in zip(found, names, strict=True))
