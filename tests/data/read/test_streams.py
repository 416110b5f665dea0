"""Files are read a part at a time."""

from __future__ import annotations

import struct

import polars as pl
import pytest

from automl.data.read.source import batches, load
from automl.data.read.streams import arrow, ndjson, read_ndjson
from automl.errors import DataError


def test_a_key_that_comes_and_goes_is_one_column(tmp_path):
    """A line may lack what earlier ones had, and bring what they had not."""
    path = tmp_path / "in.ndjson"
    path.write_text('{"a": 1}\n\n{"a": 2, "b": "x"}\n{"b": "y"}\n')
    parts = list(ndjson(path, 1))
    assert [part.to_dicts() for part in parts] == [[{"a": 1}], [{"a": 2, "b": "x"}], [{"a": None, "b": "y"}]]


def test_arrow_without_rows_has_its_columns(tmp_path):
    """An empty file gives one frame without rows."""
    pl.DataFrame({"a": []}, schema={"a": pl.Int64}).write_ipc(tmp_path / "in.arrow")
    (only,) = arrow(tmp_path / "in.arrow", 10)
    assert (only.height, only.columns) == (0, ["a"])


def test_a_key_that_comes_late_is_a_column(tmp_path):
    """The whole file decides: a key of line 151, and a whole number that becomes one with decimals."""
    path = tmp_path / "in.ndjson"
    path.write_text('{"a": 1}\n' * 150 + '{"a": 1.5, "b": "x"}\n')
    frame = load(path).frame
    assert frame.columns == ["a", "b"]
    assert (frame["a"].dtype, frame["a"][-1], frame["b"][-1]) == (pl.Float64, 1.5, "x")


@pytest.mark.parametrize(
    ("values", "read"),
    [
        (["1", "true"], ["1", "true"]),
        (["true", "2.0", "null"], ["true", "2", None]),
        (["1", '"x"'], ["1", "x"]),
        (["1", "[1, 2]"], ["1", "[1, 2]"]),
        (['{"k": 1}', "false"], ['{"k": 1}', "false"]),
    ],
)
def test_mixed_kinds_are_text(tmp_path, values, read):
    """D13: one column, one kind: what no type holds is the text that the reader makes of each value."""
    path = tmp_path / "in.ndjson"
    path.write_text("\n".join(f'{{"a": {value}}}' for value in values) + "\n")
    assert read_ndjson(path)["a"].to_list() == read


@pytest.mark.parametrize(("line", "words"), [("[1]", "line 2 is no JSON object"), ('{"a": ', "line 2 is no JSON")])
def test_a_line_that_is_no_row_is_told(tmp_path, line, words):
    """D11: the line is named; the others may be of mixed kinds."""
    path = tmp_path / "in.ndjson"
    path.write_text(f'{{"a": true}}\n{line}\n{{"a": 2}}\n')
    with pytest.raises(DataError, match=words):
        read_ndjson(path)


@pytest.mark.parametrize("file", [True, False])
@pytest.mark.parametrize("lie", [1 << 47, -1])
def test_lengths_of_arrow_are_measured(tmp_path, file, lie):
    """D11: a buffer that says it is larger than the file is an error with the file's name, for fit and for predict."""
    path, frame = tmp_path / "in.arrow", pl.DataFrame({"a": [1.0] * 100})
    (frame.write_ipc if file else frame.write_ipc_stream)(path, compression="uncompressed")
    content = bytearray(path.read_bytes())
    (at, *_) = (at for at in range(0, len(content) - 16, 8) if struct.unpack_from("<qq", content, at) == (0, 800))
    struct.pack_into("<q", content, at + 8, lie)
    path.write_bytes(content)
    for read in (load, lambda where: list(batches(where, 10))):
        with pytest.raises(DataError, match=r"in\.arrow.*does not lie in its body"):
            read(path)


def test_texts_of_a_stream_are_checked(tmp_path):
    """D11: bytes that are no UTF-8 are an error of the data, not a text that fails later."""
    path = tmp_path / "in.arrow"
    pl.DataFrame({"a": ["some text"] * 3}).write_ipc_stream(path, compression="uncompressed")
    path.write_bytes(path.read_bytes().replace(b"some text", b"some\xff\xfetxt"))
    with pytest.raises(DataError, match=r"in\.arrow"):
        list(batches(path, 10))
