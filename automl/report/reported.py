"""What a bundle's or a refused run's report stands on, read back from its files."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from automl.bundle.manifest import plain
from automl.bundle.opening import bundle_errors, take
from automl.errors import SpecError
from automl.report._words import Facts
from automl.report.bundle_report import bundle_report
from automl.report.run import is_run

NUMBERS: Final = "report.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reported:
    """The manifest as JSON values, and report.json."""

    manifest: Facts
    report: Facts


def reported(path: Path, *, require_signature: Path | None = None) -> Reported:
    """Read what a page is made of. Raises SpecError where there is no report, BundleError as opening a bundle does."""
    if is_run(path):
        if not (path / NUMBERS).is_file():
            raise SpecError(
                "this run has no report", where=str(path), hint="A run that was refused in the end has one."
            )
        report = json.loads((path / NUMBERS).read_text(encoding="utf-8"))
        return Reported(manifest=report["manifest"], report=report)
    taken = take(path, require_signature=require_signature)
    if NUMBERS not in taken.content:
        hint = "[report] html = false was asked for, or it is older than reports. Fit again for one."
        raise SpecError("this bundle has no report", where=str(path), hint=hint)
    with bundle_errors("reported", path):
        report = json.loads(taken.content[NUMBERS])
        return Reported(manifest=plain(taken.files.manifest), report={**report, "name": path.name})


def html(found: Reported, path: Path) -> str:
    """The page."""
    with bundle_errors("reported", path):
        return bundle_report(found.manifest, found.report)
