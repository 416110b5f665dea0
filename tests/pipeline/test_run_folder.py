"""A run is that of its spec and its data."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from automl.errors import SpecError
from automl.pipeline.run_folder import identity_of, open_folder
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
