"""A library is found by whichever distribution brought it."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version
from types import MappingProxyType

import pytest

from automl import distributions
from automl.distributions import brought_by, version_of


def test_a_library_may_come_by_another_name(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where only the other distribution is installed, its version is the library's."""
    monkeypatch.setattr(distributions, "ALSO", MappingProxyType({"no-such-library-1": ("nothing-2", "numpy")}))
    assert brought_by("no-such-library-1") == ("numpy",)
    assert version_of("no-such-library-1") == version("numpy")


def test_its_own_name_goes_first(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where both are there, the one of the library's own name is told."""
    monkeypatch.setattr(distributions, "ALSO", MappingProxyType({"polars": ("numpy",)}))
    assert brought_by("polars") == ("polars", "numpy")
    assert version_of("polars") == version("polars")


def test_what_nobody_brought_is_not_found() -> None:
    """The error is that of `importlib.metadata`, under the library's name."""
    with pytest.raises(PackageNotFoundError, match="no-such-library-1"):
        version_of("no-such-library-1")
