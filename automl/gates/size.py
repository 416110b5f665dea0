"""The gate on the bytes that scoring needs."""

from __future__ import annotations

from automl.gates._limit import against
from automl.gates.base import Gate, GateVerdict, Limit, Measured

NEEDED = ("manifest.json", "manifest.sha256", "model.onnx", "score.py", "relational.json")
PROTOCOL = (
    f"bytes of the files that scoring reads: {', '.join(NEEDED)}, score_tables, where present; golden rows and reports "
    "do not count"
)


def _judge(measured: Measured, limit: Limit) -> tuple[GateVerdict, ...]:
    copies = sorted(path.relative_to(measured.folder).as_posix() for path in measured.folder.glob("score_tables/*.py"))
    files = {name: measured.folder / name for name in (*NEEDED, *copies)}
    sizes = {name: path.stat().st_size for name, path in files.items() if path.is_file()}
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


size = Gate(name="size", judge=_judge)
