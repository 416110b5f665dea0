"""What only some operating systems can do, asked by what there is and not by name: each thing with a plain way beside.

Nothing else in the package asks for fork, /proc, sessions, locks of the kernel or signals of POSIX. On Linux the first
way of each is taken. ``AUTOML_PORTABLE=1`` in the environment takes the plain ways on any system.
"""

from __future__ import annotations

import os


def portable() -> bool:
    """Whether the plain ways are to be taken though this system may have better ones."""
    return os.environ.get("AUTOML_PORTABLE", "") not in {"", "0"}
