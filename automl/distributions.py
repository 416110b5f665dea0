"""Which version of a library is installed, whichever of its distributions brought it."""

from __future__ import annotations

from contextlib import suppress
from importlib.metadata import PackageNotFoundError, version
from typing import Final

ALSO: Final = {  # each brings modules of the same names, so one of a row is installed, or files overwrite each other
    "automl": ("automl-score",),  # without what trains
    "xgboost": ("xgboost-cpu",),  # without 680 MB that only NVIDIA's cards need
}


def brought_by(library: str) -> tuple[str, ...]:
    """The installed distributions that bring a library, the one of its own name first."""
    return tuple(name for name in (library, *ALSO.get(library, ())) if _there(name))


def version_of(library: str) -> str:
    """The version that is installed. Raises `PackageNotFoundError` where no distribution brings it.

    >>> version_of("numpy").count(".") >= 1
    True
    """
    return version((*brought_by(library), library)[0])


def extra(name: str) -> str:
    """The command that installs an extra of the distribution that brought this package.

    >>> extra("lake")
    "pip install 'automl[lake]'"
    """
    return f"pip install '{(*brought_by('automl'), 'automl')[0]}[{name}]'"


def _there(distribution: str) -> bool:
    with suppress(PackageNotFoundError):
        return bool(version(distribution))
    return False
