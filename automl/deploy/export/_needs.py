"""The packages that scoring with a bundle needs, in the versions that judged it."""

from __future__ import annotations

import re

from automl.bundle.read import Bundle
from automl.errors import BundleError

_VERSION = re.compile(r"\d+(?:\.\d+){1,3}(?:(?:a|b|rc|\.post|\.dev)\d+)?")


def needs(bundle: Bundle) -> dict[str, str]:
    """Versions by package: Python first, then numpy and onnxruntime, and polars for several tables.

    They come from the manifest, which anybody may have written: a `BundleError` for what is no version.
    """
    packages = ("python", "numpy", "onnxruntime", *(["polars"] if bundle.tables else []))
    found = {name: bundle.manifest.versions.get(name, "") for name in packages}
    for name, version in found.items():
        if not _VERSION.fullmatch(version):
            raise BundleError(f"the manifest names no version of {name}, but {version!r}", where="manifest.json")
    return found
