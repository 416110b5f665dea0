"""The life of the process that a stranger's bundle is tried in: read it, cap itself, replay, say one line, end."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from automl.bundle.quarantine import READY
from automl.bundle.replay import replay, scorer_of
from automl.errors import AutomlError

try:
    import resource
except ImportError:  # Windows has none: there only the time by the wall is capped
    resource = None  # type: ignore[assignment]  # asked for at each use

GRACE = 5  # seconds of a processor between the signal that can be named and the one that nobody survives


def main() -> None:
    """Answer the one question on stdin; what a library prints on stdout is no part of the answer."""
    answer = os.dup(1)
    os.dup2(2, 1)
    os.write(answer, READY)
    question = json.loads(sys.stdin.buffer.readline())
    cap(**question["caps"])
    files = {name: sys.stdin.buffer.read(size) for name, size in question["sizes"].items()}
    os.write(answer, json.dumps(_verdict(question, files)).encode())
    os._exit(0)  # unloading the libraries would take longer than all else


def cap(*, data: int, seconds: int, wall: float) -> None:
    """Let the kernel end or refuse whatever takes more; the parent looks at the `wall`."""
    del wall
    if resource is None:
        return
    for kind, soft, hard in (
        (resource.RLIMIT_DATA, data, data),
        (resource.RLIMIT_CPU, seconds, seconds + GRACE),
        (resource.RLIMIT_CORE, 0, 0),
    ):
        before = resource.getrlimit(kind)[1]
        most = hard if before == resource.RLIM_INFINITY else min(hard, before)
        with suppress(ValueError, OSError):  # a system that does not know this one
            resource.setrlimit(kind, (min(soft, most), most))


def _verdict(question: Mapping[str, Any], files: Mapping[str, bytes]) -> dict[str, object]:
    where = Path(question["where"])
    try:
        scorer = scorer_of(where, question["manifest"], files)
        return {"golden_rows": replay(scorer, files, protocol=question["protocol"], where=where)}
    except AutomlError as error:
        return {"refused": {"what": error.what, "where": error.where, "hint": error.hint}}
    except Exception as error:  # noqa: BLE001  # ONNX Runtime has its own family of errors; a file can hold anything
        return {"refused": {"what": f"the bundle cannot be opened: {error}", "where": str(where), "hint": None}}
