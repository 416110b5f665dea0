"""On the path of a test run this takes from Python what only Linux or POSIX has; see `make portable`.

Fork stays in `os`, since the standard library uses it; AUTOML_PORTABLE=1, which that target sets, keeps us from it.
"""

import os
import signal
import sys

for _module in ("fcntl", "resource"):
    sys.modules[_module] = None  # type: ignore[assignment]  # an import of it fails

for _owner, _names in (
    (os, ("memfd_create", "pread", "geteuid", "O_NOFOLLOW", "O_NONBLOCK", "sched_getaffinity")),
    (signal, ("SIGXCPU",)),
):
    for _name in _names:
        if hasattr(_owner, _name):
            delattr(_owner, _name)
