"""Opens ONNX Runtime: on one thread, and without its telemetry. Its text is copied into every `score.py`."""

import ctypes
import os
import sys
import warnings
from typing import Any

SWITCH = "ORT_DISABLE_TELEMETRY"
EARLY = "onnxruntime" in sys.modules and SWITCH not in os.environ  # somebody imported it before this module
os.environ.setdefault(SWITCH, "1")


def open_runtime(model: bytes, *, arena: bool = True) -> Any:
    """An `InferenceSession` for the graph in `model`; without `arena` a large chunk leaves no memory behind."""
    onnxruntime = _without_telemetry()
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.log_severity_level = 3  # errors only: no line for each request (V15)
    options.enable_cpu_mem_arena = arena
    session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    if sys.platform == "linux" and hasattr(libc := ctypes.CDLL(None), "malloc_trim"):
        libc.malloc_trim(0)  # reading a large graph leaves as much memory free, but not given back, as it holds
    return session


def _without_telemetry() -> Any:
    """The library with its telemetry off.

    It looks at the switch once, when it is first imported: then it writes a device id and an event database into the
    home folder and asks for its maker's host. The call alone would come after the first event.
    """
    import onnxruntime

    if EARLY:
        warnings.warn(
            f"onnxruntime was imported before this with its telemetry on: set {SWITCH}=1 before that import",
            stacklevel=2,
        )
    if hasattr(onnxruntime, "disable_telemetry_events"):
        onnxruntime.disable_telemetry_events()
    return onnxruntime
