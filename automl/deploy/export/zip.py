"""The bundle as one file, which `automl predict`, `serve` and `Bundle.load` open as they open the folder."""

from __future__ import annotations

from pathlib import Path

from automl.bundle.archive import pack
from automl.bundle.read import names_of
from automl.deploy.export.base import Exporter, Source


def write(source: Source, out: Path) -> None:
    """All files of the bundle, with seal and signature."""
    pack(source.bundle.path, names_of(source.bundle.path, source.bundle.manifest), out)


EXPORTER = Exporter(name="zip", purpose="one file that loads as the folder does", makes="file", write=write)
