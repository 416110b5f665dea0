"""On the path of a test run this takes from the package what only Linux or POSIX has; see `make portable`.

Tests and the standard library keep it. The locks of `automl.host.files` stay the kernel's, as a system without any
would fail the tests of locks; its own tests take them away. AUTOML_PORTABLE=1 keeps the package from fork and /proc.
"""

import builtins
import os
import signal
from typing import Any

BLOCKED = frozenset({"fcntl", "resource", "termios", "pwd", "grp"})
_import = builtins.__import__


def _blocking(name: str, globals: Any = None, *rest: Any, **more: Any) -> Any:  # noqa: A002  # its name in Python
    importer = str((globals or {}).get("__name__", ""))
    if name in BLOCKED and importer.startswith("automl.") and not importer.startswith("automl.testing."):
        message = f"{name} is not on every system"
        raise ModuleNotFoundError(message, name=name)
    return _import(name, globals, *rest, **more)


builtins.__import__ = _blocking
for _name in ("memfd_create", "pread"):
    if hasattr(os, _name):
        delattr(os, _name)
if hasattr(signal, "SIGXCPU"):
    del signal.SIGXCPU
