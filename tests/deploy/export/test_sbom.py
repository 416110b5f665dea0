"""The bill of materials: what scoring needs, file by file and package by package, and no time."""

from __future__ import annotations

import json
import re
from dataclasses import replace

import pytest

from automl.bundle.read import Bundle
from automl.deploy.export.base import export
from automl.deploy.export.sbom import bill
from automl.errors import BundleError


def test_versions_of_strangers_are_refused(bundle):
    """S07: a manifest that names a command for a version ends the bill."""
    model = Bundle.load(bundle)
    tampered = model.manifest.model_copy(
        update={"versions": model.manifest.versions | {"numpy": "2\nRUN touch /pwned"}}
    )
    with pytest.raises(BundleError, match="names no version of numpy"):
        bill(Bundle(replace(model.files, manifest=tampered), model._scorer, model._origin))


def test_the_bill_of_materials(bundle, tmp_path):
    """The CycloneDX document names what scoring needs with versions, every file with its hash, and no time."""
    export(bundle, "sbom", tmp_path / "bom.json")
    bom = json.loads((tmp_path / "bom.json").read_bytes())
    manifest = Bundle.load(bundle).manifest
    assert (bom["bomFormat"], bom["specVersion"], bom["version"]) == ("CycloneDX", "1.6", 1)
    assert re.fullmatch(r"urn:uuid:[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", bom["serialNumber"])
    packages = {part["name"]: part["version"] for part in bom["components"]}
    assert packages == {name: manifest.versions[name] for name in ("python", "numpy", "onnxruntime")}
    files = {part["name"]: part["hashes"][0]["content"] for part in bom["metadata"]["component"]["components"]}
    assert files == manifest.files
    references = [part["bom-ref"] for part in bom["components"]]
    assert bom["dependencies"] == [{"ref": "bundle", "dependsOn": references}]
    assert "timestamp" not in json.dumps(bom)


def test_words_of_strangers_are_values(evil, tmp_path):
    """A target that is written to harm is a string of the document, which stays JSON."""
    export(evil, "sbom", tmp_path / "bom.json")
    component = json.loads((tmp_path / "bom.json").read_bytes())["metadata"]["component"]
    assert component["name"] == Bundle.load(evil).manifest.target.name
    assert component["type"] == "machine-learning-model"


def test_another_bundle_has_another_number(bundle, evil):
    """The serial number is that of the content, so that equal bundles have one and others do not."""
    one, again, other = (bill(Bundle.load(path))["serialNumber"] for path in (bundle, bundle, evil))
    assert one == again != other


def test_packages_can_be_looked_up(bundle):
    """Each package has the address that scanners know it by, and Python its name of the platform."""
    manifest = Bundle.load(bundle).manifest
    parts = {part["name"]: part for part in bill(Bundle.load(bundle))["components"]}
    assert parts["numpy"]["purl"] == f"pkg:pypi/numpy@{manifest.versions['numpy']}"
    assert parts["python"]["cpe"].startswith(f"cpe:2.3:a:python:python:{manifest.versions['python']}:")
    assert "purl" not in parts["python"]
