"""What scoring with the bundle needs, as a CycloneDX 1.6 bill of materials: equal bundles give equal bytes."""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Mapping
from pathlib import Path

from automl.bundle.layout import MANIFEST
from automl.bundle.read import Bundle
from automl.deploy.export._needs import needs
from automl.deploy.export.base import Exporter, Source

NAMESPACE = uuid.UUID("6f1c6c3e-2b5e-5d5c-9a53-4f5a1f0c6b7e")  # of our serial numbers


def write(source: Source, out: Path) -> None:
    """The document. It has no time of writing: that of the bundle stands in its manifest."""
    document = bill(source.bundle)
    out.write_text(json.dumps(document, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def bill(bundle: Bundle) -> dict[str, object]:
    """The bundle as a model made of files, and the packages that it runs on, in the versions that judged it."""
    manifest = bundle.manifest
    packages = needs(bundle)
    return {
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": f"urn:uuid:{uuid.uuid5(NAMESPACE, manifest.content_hash)}",
        "version": 1,
        "metadata": {
            "component": {
                "type": "machine-learning-model",
                "bom-ref": "bundle",
                "name": manifest.target.name,
                "version": manifest.content_hash[:12],
                "description": f"A {manifest.target.kind} model of {manifest.target.name}.",
                "hashes": [_hash(_sha256(bundle.files.read(MANIFEST)))],
                "components": [
                    {"type": "file", "bom-ref": f"file:{name}", "name": name, "hashes": [_hash(digest)]}
                    for name, digest in sorted(manifest.files.items())
                ],
            },
        },
        "components": [_package(name, version) for name, version in packages.items()],
        "dependencies": [
            {"ref": "bundle", "dependsOn": [_reference(name, version) for name, version in packages.items()]},
        ],
    }


def _package(name: str, version: str) -> Mapping[str, object]:
    found = {"type": "library", "bom-ref": _reference(name, version), "name": name, "version": version}
    if name == "python":
        return found | {"type": "platform", "cpe": f"cpe:2.3:a:python:python:{version}:*:*:*:*:*:*:*"}
    return found | {"purl": _reference(name, version)}


def _reference(name: str, version: str) -> str:
    return f"pkg:{'generic' if name == 'python' else 'pypi'}/{name}@{re.sub(r'[^0-9A-Za-z.]', '_', version)}"


def _hash(digest: str) -> Mapping[str, str]:
    return {"alg": "SHA-256", "content": digest}


def _sha256(content: bytes) -> str:
    import hashlib

    return hashlib.sha256(content).hexdigest()


EXPORTER = Exporter(name="sbom", purpose="a CycloneDX bill of what scoring needs", makes="file", write=write)
