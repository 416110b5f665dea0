"""Arrow files and streams are told apart by their bytes, and measured before they are read."""

from __future__ import annotations

import polars as pl
import pytest

from automl.data.read.arrow_files import is_arrow_file, read_arrow
from automl.errors import DataError

ROWS = pl.DataFrame({"a": [1.0, 2.0], "b": ["x", None]})


@pytest.mark.parametrize("file", [True, False])
def test_files_and_streams_are_read_whole(tmp_path, file):
    """A name in brackets is no pattern of other files."""
    path = tmp_path / "rows[1].arrow"
    (ROWS.write_ipc if file else ROWS.write_ipc_stream)(path)
    assert is_arrow_file(path) is file
    assert read_arrow(path).equals(ROWS)


@pytest.mark.parametrize("file", [True, False])
def test_what_is_cut_is_refused(tmp_path, file):
    """D11: at whichever byte, with the name of the file."""
    path = tmp_path / "rows.arrow"
    (ROWS.write_ipc if file else ROWS.write_ipc_stream)(path)
    whole = path.read_bytes()
    for size in (0, 5, len(whole) // 2, len(whole) - 20):
        path.write_bytes(whole[:size])
        with pytest.raises(DataError, match=r"rows\.arrow"):
            read_arrow(path)
