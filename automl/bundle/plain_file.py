"""The bytes of a plain file inside a bundle: links and devices are refused."""

from __future__ import annotations

import stat
from pathlib import Path

from automl.bundle.layout import MANIFEST, SEAL, SIGNATURE
from automl.errors import BundleError

_LARGEST = 64 * 2**20  # of a manifest: more is an attack, not a model


def read_file(folder: Path, name: str) -> bytes:
    """The bytes of the file `name` of the bundle in `folder`; `BundleError` where it is not plain or cannot be read."""
    path = folder
    try:
        for part in name.split("/"):
            path = path / part
            if stat.S_ISLNK(path.lstat().st_mode):
                raise BundleError("a link stands where a bundle has a file", where=str(path))
        if not stat.S_ISREG(path.lstat().st_mode):
            raise BundleError("this is no plain file", where=str(path))
        if name in {MANIFEST, SEAL, SIGNATURE} and path.stat().st_size > _LARGEST:
            raise BundleError("the file is too large for what it is", where=str(path))
        return path.read_bytes()
    except OSError as error:
        raise BundleError(f"a file of the bundle cannot be read: {error.strerror}", where=str(path)) from error
