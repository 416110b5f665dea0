"""The gate on the bytes that scoring needs."""

from __future__ import annotations

from pathlib import Path

from automl.gates._limit import against
from automl.gates.base import Gate, GateVerdict, Limit, Measured

NEEDED = ("manifest.json", "manifest.sha256", "model.onnx", "score.py", "relational.json")
PROTOCOL = (
    f"bytes of the files that scoring reads: {', '.join(NEEDED)}, score_tables, where present; golden rows and reports "
    "do not count"
)


def _judge(measured: Measured, limit: Limit) -> tuple[GateVerdict, ...]:
    sizes = sizes_of(measured.folder)
    return (
        against(
            gate="size",
            value=sum(sizes.values()) / 1e6,
            limit=limit,
            unit="MB",
            words=f"of {len(sizes)} files",
            protocol=PROTOCOL,
            raw=sizes,
        ),
    )


def sizes_of(folder: Path) -> dict[str, int]:
    """Bytes by file."""
    copies = sorted(path.relative_to(folder).as_posix() for path in folder.glob("score_tables/*.py"))
    files = {name: folder / name for name in (*NEEDED, *copies)}
    return {name: path.stat().st_size for name, path in files.items() if path.is_file()}


size = Gate(name="size", judge=_judge)
