"""A finished bundle measured again, on the machine where it will run."""

from __future__ import annotations

import platform
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from automl.bundle import disk
from automl.bundle.files import Files
from automl.bundle.opening import check_code
from automl.bundle.read import Bundle
from automl.errors import LimitRefusal, SpecError
from automl.gates.base import GateVerdict
from automl.gates.measure import measure
from automl.spec import parse


@dataclass(frozen=True, slots=True, kw_only=True)
class Again:
    """What every gate says of the bundle at `path` now, on `machine`."""

    path: Path
    machine: str
    gates: tuple[GateVerdict, ...]

    @property
    def ok(self) -> bool:
        """Whether every limit is kept."""
        return all(gate.ok for gate in self.gates)

    @property
    def exit_code(self) -> int:
        """0, or 4 where a limit is not kept."""
        return 0 if self.ok else LimitRefusal.exit_code


def again(path: Path, overrides: Sequence[str] = (), *, require_signature: Path | None = None) -> Again:
    """Measure the bundle at `path`, a folder or a zip, against its limits, or those that `overrides` (key=value) set.

    Everything is measured, whether it has a limit or not. Raises `BundleError` for a bundle that is not the one that
    was written, `SpecError` for an override of anything but a limit. `require_signature` is a public key, whose owner
    must have signed the bundle.
    """
    for text in overrides:
        if not text.strip().startswith("limits."):
            raise SpecError("only a limit can be set here", where=f"--set {text}", hint="--set limits.latency_p99=2ms")
    bundle = Bundle.load(path, require_signature=require_signature)
    check_code(bundle.files)  # its scorer runs
    limits = parse(bundle.spec, overrides=overrides).limits
    machine = f"{platform.machine()}, {platform.system()}, Python {platform.python_version()}"
    with TemporaryDirectory(prefix="automl-gates-") as room:
        copy = _copied(bundle.files, Path(room) / "bundle")
        return Again(path=path, machine=machine, gates=measure(copy, limits, everything=True))


def _copied(files: Files, folder: Path) -> Path:
    """The bundle as it was checked, in a folder that nobody else changes while it is measured."""
    for name in files.names:
        target = folder / name
        content = files.read(name)
        with disk.machine_errors(target):
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content)
    return folder
