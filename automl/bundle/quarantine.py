"""A stranger's bundle is first tried in a process of its own: a model that ends that process is never opened here.

That process is a fresh interpreter, no fork, as the host may have threads. It gets the bytes that were checked, not
their place, has caps on its memory and its time, and says in one line of JSON what became of it.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from importlib.util import find_spec
from pathlib import Path

from automl.bundle.scorer import Document
from automl.errors import BundleError, MachineError

READY = b"ready\n"  # said before a byte of the bundle is read: what goes wrong until then is not its fault
LONGEST = 100_000  # bytes that are read of what is said
START = "import json, sys; sys.path += json.loads(sys.argv[1]); from automl.bundle._tried import main; main()"
LIBRARIES = ("automl", "numpy", "onnxruntime", "polars")
QUIET = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "POLARS_MAX_THREADS"), "1")
TRUST = "Don't use it, unless you know who made it and how: --require-signature opens what that one signed."


@dataclass(frozen=True, slots=True, kw_only=True)
class Caps:
    """The most of `data` memory in bytes (libraries included), of processor `seconds`, and of seconds by the `wall`."""

    data: int
    seconds: int
    wall: float

    @classmethod
    def of(cls, size: int) -> Caps:
        """For a bundle of `size` bytes: some twenty times what graphs of that size take."""
        return cls(data=2 * 2**30 + 40 * size, seconds=30 + size // 2**20, wall=300.0 + 10 * size / 2**20)


def try_out(
    manifest: Document, files: Mapping[str, bytes], *, protocol: int, where: Path, caps: Caps | None = None
) -> int:
    """The number of golden rows that a fresh process answered as they should be, with the bundle's `files` (by name).

    `manifest` is that of today's protocol, `protocol` the one that the bundle was written in.

    Raises `BundleError` where the process refuses the bundle, is ended by it, or meets its `caps`; `MachineError`
    where there is no such process.
    """
    caps = caps or Caps.of(sum(map(len, files.values())))
    sizes = {name: len(content) for name, content in files.items()}
    told = {"where": str(where), "protocol": protocol, "manifest": manifest, "sizes": sizes, "caps": asdict(caps)}
    body = b"".join((json.dumps(told).encode(), b"\n", *files.values()))
    said, code, late = _asked(body, caps.wall)
    if not said.startswith(READY):
        raise MachineError(
            f"a process to try a stranger's bundle in did not start: it ended with code {code}",
            where=str(where),
            hint="Look for a limit on processes or memory; a bundle that a key of yours signed needs no such process.",
        )
    return _judged(said.removeprefix(READY), _ending(code, caps, late=late), where)


def _judged(said: bytes, ending: str, where: Path) -> int:
    """What the process said, which its model may have said in its place: it is JSON, or nothing."""
    try:
        verdict = json.loads(said)
        if "refused" in verdict:
            refused = {key: text and str(text) for key, text in verdict["refused"].items()}
            raise BundleError(refused["what"] or "", where=refused["where"], hint=refused["hint"])
        return int(verdict["golden_rows"])
    except (ValueError, TypeError, KeyError, AttributeError):
        raise BundleError(ending, where=str(where), hint=TRUST) from None


def _ending(code: int, caps: Caps, *, late: bool) -> str:
    """How a process ended that did not say what it found."""
    if late:
        return f"the model did not answer its golden rows within {caps.wall:g} s"
    if code == -getattr(signal, "SIGXCPU", 0) and code:
        return f"the model took more than {caps.seconds} s of a processor for its golden rows"
    if code < 0:
        with suppress(ValueError):
            return f"the model ended the process that tried it: {signal.Signals(-code).name}"
    return f"the model ended the process that tried it: code {code}"


def _asked(body: bytes, wall: float) -> tuple[bytes, int, bool]:
    """What a fresh process said to `body`, the code that it ended with, and whether it was ended as it was late."""
    late = threading.Event()
    with _started() as process:

        def end() -> None:
            late.set()
            process.kill()

        timer = threading.Timer(wall, end)
        feeder = threading.Thread(target=_feed, args=(process, body))  # it may talk before it listens
        for thread in (timer, feeder):
            thread.daemon = True
            thread.start()
        try:
            assert process.stdout is not None  # noqa: S101  # it is a pipe
            said = process.stdout.read(LONGEST)
            if len(said) == LONGEST:
                process.kill()
            code = process.wait()
        finally:
            process.kill()
            timer.cancel()
            feeder.join()
    return said, code, late.is_set()


def _feed(process: subprocess.Popen[bytes], body: bytes) -> None:
    assert process.stdin is not None  # noqa: S101  # it is a pipe
    with suppress(OSError), process.stdin as pipe:  # it may have ended
        pipe.write(body)


@contextmanager
def _started() -> Iterator[subprocess.Popen[bytes]]:
    """The process, which is gone when the block ends."""
    if not sys.executable or getattr(sys, "frozen", False):
        raise MachineError(
            "there is no Python interpreter to try a stranger's bundle in",
            hint="Open a bundle that is signed, with the key of who signed it (require_signature).",
        )
    command = [sys.executable, "-I", "-B", "-c", START, json.dumps(_places())]  # -I: no path of the user's, no -P
    try:
        process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={**os.environ, **QUIET, "ORT_DISABLE_TELEMETRY": "1"},
            start_new_session=True,  # Ctrl-C is for the parent, who decides
        )
    except OSError as error:
        what = f"a process to try a stranger's bundle in could not be started: {error.strerror or error}"
        raise MachineError(what, hint="Look for a limit on processes or memory.") from error
    try:
        yield process
    finally:
        process.kill()
        process.wait()
        if process.stdout is not None:
            process.stdout.close()


def _places() -> list[str]:
    """The folders that this process has its libraries from: they come last, so that nothing in them hides another."""
    found = (find_spec(name) for name in LIBRARIES)
    origins = (spec.origin for spec in found if spec is not None and spec.origin)
    return list(dict.fromkeys(str(Path(origin).resolve().parents[1]) for origin in origins))
