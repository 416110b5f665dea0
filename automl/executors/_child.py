"""The life of a forked job: call its function, write the answer, end without cleaning up."""

from __future__ import annotations

import importlib
import os
import pickle
import struct

from automl.executors.base import failure
from automl.host.files import read_at
from automl.host.processes import leave_session

HEADER = struct.Struct("!Q")  # the length of a frame


def frames(buffer: bytearray) -> list[bytes]:
    """Take the whole frames off the front of `buffer`."""
    found = []
    while len(buffer) >= HEADER.size:
        (size,) = HEADER.unpack_from(buffer)
        if len(buffer) < HEADER.size + size:
            break
        found.append(bytes(buffer[HEADER.size : HEADER.size + size]))
        del buffer[: HEADER.size + size]
    return found


def work(function: str, blob: bytes, answer: int, output: int) -> None:
    """The life of a child: call the function, write the answer, end without cleaning up."""
    try:
        leave_session()
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        os.dup2(output, 1)
        os.dup2(output, 2)
        body = pickle.dumps(outcome(function, blob), protocol=5)
        with os.fdopen(answer, "wb") as pipe:
            pipe.write(HEADER.pack(len(body)))
            pipe.write(body)
    finally:
        os._exit(0)


def outcome(function: str, blob: bytes) -> tuple[str, bytes, str]:
    """Call ``module:function`` and say how it went."""
    try:
        module, _, name = function.partition(":")
        call = getattr(importlib.import_module(module), name)
        return ("ok", pickle.dumps(call(**pickle.loads(blob)), protocol=5), "")  # noqa: S301  # our own parent wrote it
    except BaseException as error:  # noqa: BLE001  # whatever a job raises is its answer
        status, detail = failure(error)
        return (status, b"", detail)


def last_words(output: int) -> str:
    """The last line that a job printed to the file with this descriptor, or nothing."""
    size = os.fstat(output).st_size
    text = read_at(output, 2000, max(0, size - 2000)).decode(errors="replace").strip()
    return f": {text.splitlines()[-1][:300]}" if text else ""
