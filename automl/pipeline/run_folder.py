"""The run folder beside the bundle: a run is that of its spec and its data, and is resumed for no other."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING

from automl.spec import Spec

if TYPE_CHECKING:
    from automl.data.rows import Prepared
    from automl.search.rundir import RunDir

FREE = {"time", "workers", "patience"}  # of the budget: a run may be resumed with others


def open_folder(spec: Spec, data: Prepared, place: Path, *, resume: bool) -> RunDir:
    """Take the run folder of the bundle at `place` for this process; errors as those of `RunDir.open`."""
    from automl.search.rundir import RunDir

    return RunDir.open(run_of(place), identity=identity_of(spec, data), resume=resume)


def run_of(place: Path) -> Path:
    """The run folder of the bundle at `place`: another one for each bundle."""
    return place.with_name(place.name.removesuffix(".bundle") + ".run")


def identity_of(spec: Spec, data: Prepared) -> dict[str, str]:
    """The hashes of the spec (but for time, workers and patience) and of the data, by name."""
    from automl.bundle.manifest import canonical

    said = spec.resolved()
    said["budget"] = {key: value for key, value in said["budget"].items() if key not in FREE}
    return {"spec": _digest(canonical(said)), "data": _digest(canonical(dict(data.digests)))}


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
