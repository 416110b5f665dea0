"""pyarrow, where rows come by it: an extra, since it takes more room than most of the rest together."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from automl.distributions import extra
from automl.errors import DataError


def arrow_library(purpose: str, where: str | Path | None = None, *, hint: str = "") -> Any:
    """The module `pyarrow`. DataError where it is not installed, with how to get it, or else what `hint` says."""
    try:
        import pyarrow as pa
    except ImportError:
        place = None if where is None else str(where)
        raise DataError(f"{purpose} needs pyarrow", where=place, hint=f"{extra('arrow')}{hint}") from None
    return pa
