"""pyarrow, or how to get it."""

from __future__ import annotations

import sys
from pathlib import Path

import pyarrow as pa
import pytest

from automl.data.read.arrow_library import arrow_library
from automl.errors import DataError


def test_it_is_there() -> None:
    """The module itself."""
    assert arrow_library("a stream") is pa


def test_where_it_is_not_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """What needs it, for which file, what to install, and what else would do."""
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(DataError, match="a stream needs pyarrow") as caught:
        arrow_library("a stream", Path("in.arrows"), hint=", or write csv")
    assert caught.value.where == "in.arrows"
    assert caught.value.hint == "pip install 'automl[arrow]', or write csv"
