"""Standard streams that a caller closed: no file may take their place. Copied into every `score.py`."""

import os
import sys


def open_closed_streams() -> None:
    """Give the null device to each of stdin, stdout and stderr that is closed.

    Else the next file that is opened gets its number, and whatever a library says is written into that file.
    """
    for number, (name, mode) in enumerate((("stdin", "r"), ("stdout", "w"), ("stderr", "w"))):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # takes the lowest number that is free: this one
            setattr(sys, name, os.fdopen(number, mode, encoding="utf-8", closefd=False))
