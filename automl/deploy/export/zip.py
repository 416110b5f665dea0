"""The bundle as one file, which `automl predict`, `serve` and `Bundle.load` open as they open the folder."""

from __future__ import annotations

from pathlib import Path

from automl.bundle.archive import pack
from automl.deploy.export.base import Exporter, Source


def write(source: Source, out: Path) -> None:
    """All files of the bundle, with seal and signature."""
    files = source.bundle.files
    pack(files.names, files.read, out)


EXPORTER = Exporter(name="zip", purpose="one file that loads as the folder does", makes="file", write=write)
