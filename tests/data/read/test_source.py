"""Files of every kind become frames, or an error that names file and place."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest

from automl.data.read import csv_files, streams, weight
from automl.data.read.source import batches, extents, frame_digest, load, probe_all
from automl.data.read.weight import extent_of
from automl.errors import DataError

FRAME = pl.DataFrame({"a": [1, 2, 3], "b": ["x", None, "z"], "c": [0.5, None, 1.5]})


@pytest.mark.parametrize("content", ["", "\n\n", "  "])
@pytest.mark.parametrize("name", ["rows.csv", "rows.parquet", "rows.ndjson", "rows.arrow"])
def test_empty_files(write: Callable[..., Path], content: str, name: str) -> None:
    """An empty file of any kind is refused by name."""
    with pytest.raises(DataError, match=name):
        load(write(content, name))


@pytest.mark.parametrize("names", ["a,b,a", "a, b, a ", "a,,b"])
def test_names(write: Callable[..., Path], names: str) -> None:
    """D05: columns with one name twice, or none, are refused and named."""
    with pytest.raises(DataError, match=r"same name: 'a'|column 2 has no name"):
        load(write(f"{names}\n1,2,3\n"))


@pytest.mark.parametrize("name", ["rows.parquet", "rows.ndjson", "rows.arrow", "rows.feather"])
def test_formats(tmp_path: Path, name: str) -> None:
    """Parquet, ndjson and arrow files hold what was written, whole and in batches."""
    path = tmp_path / name
    {".parquet": FRAME.write_parquet, ".ndjson": FRAME.write_ndjson}.get(path.suffix, FRAME.write_ipc)(path)
    assert load(path).frame.equals(FRAME)
    assert [(file, part.height) for file, part in batches(path, 2)] == [(path, 2), (path, 1)]
    assert pl.concat(part for _, part in batches(path, 2)).equals(FRAME)


def test_arrow_stream(tmp_path: Path) -> None:
    """An arrow stream is read like an arrow file."""
    FRAME.write_ipc_stream(tmp_path / "rows.arrow")
    assert load(tmp_path / "rows.arrow").frame.equals(FRAME)


def test_many_files(tmp_path: Path) -> None:
    """A folder and a glob are the rows of their files in the order of names; odd columns are refused."""
    FRAME.write_parquet(tmp_path / "b.parquet")
    FRAME.reverse().write_parquet(tmp_path / "a.parquet")
    both = pl.concat([FRAME.reverse(), FRAME])
    assert load(tmp_path).frame.equals(both)
    source = load(str(tmp_path / "*.parquet"))
    assert source.frame.equals(both)
    assert len(source.digests) == 2
    FRAME.drop("c").write_parquet(tmp_path / "c.parquet")
    with pytest.raises(DataError, match=r"c.parquet: the file lacks the column 'c', which .*a.parquet has"):
        load(tmp_path)


def test_the_file_that_is_unlike_the_others_is_named(tmp_path: Path) -> None:
    """Be it the first, and be it the one that has more."""
    for name in "abc":
        FRAME.write_parquet(tmp_path / f"{name}.parquet")
    FRAME.drop("c").write_parquet(tmp_path / "a.parquet")
    with pytest.raises(DataError, match=r"a.parquet: the file lacks the column 'c', which .*b.parquet has") as told:
        load(tmp_path)
    assert "2 of 3 have it" in str(told.value)
    FRAME.with_columns(d=1).write_parquet(tmp_path / "a.parquet")
    with pytest.raises(DataError, match=r"a.parquet: the file has a column 'd', which .*b.parquet lacks"):
        load(tmp_path)


@pytest.mark.parametrize("ending", ["csv", "parquet", "ndjson", "arrow"])
def test_empty_parts_are_skipped(tmp_path: Path, ending: str) -> None:
    """A part without a byte, and one without a row, whose columns have no types, change nothing."""
    whole = tmp_path / f"b.{ending}"
    _write(FRAME, whole)
    want = load(whole).frame
    (tmp_path / f"a.{ending}").write_bytes(b"")
    if ending != "ndjson":
        empty = FRAME.head(0).cast(pl.String)
        for name in "0z":
            _write(empty, tmp_path / f"{name}.{ending}")
    assert load(tmp_path).frame.equals(want)
    assert load(str(tmp_path / f"*.{ending}")).frame.equals(want)
    assert sum(part.height for _, part in batches(tmp_path, 2)) == FRAME.height


@pytest.mark.parametrize("ending", ["csv", "parquet"])
def test_folders_are_columns(tmp_path: Path, ending: str) -> None:
    """What Hive and Spark write as `key=value` is a column of all rows below, a whole number where all are."""
    for place, folders in enumerate(("year=2020/in a=x%2Fy", "year=2021/in a=__HIVE_DEFAULT_PARTITION__")):
        (tmp_path / folders).mkdir(parents=True)
        path = tmp_path / folders / f"part.{ending}"
        FRAME[place:].write_csv(path) if ending == "csv" else FRAME[place:].write_parquet(path)
    (tmp_path / "_temporary").mkdir()
    (tmp_path / "_temporary" / f"part.{ending}").write_bytes(b"of a job that was killed")
    want = {"year": [2020] * 3 + [2021] * 2, "in a": ["x/y"] * 3 + [None] * 2}
    for where in (tmp_path, str(tmp_path / "year=*")):
        frame = load(where).frame
        assert frame.columns == [*FRAME.columns, "year", "in a"]
        assert frame.select("year", "in a").to_dict(as_series=False) == want
        parts = pl.concat((part for _, part in batches(where, 2)), how="vertical_relaxed")
        assert parts["year"].cast(pl.Int64).to_list() == want["year"]
        assert parts["in a"].to_list() == want["in a"]
    assert load(tmp_path / "year=2020" / "in a=x%2Fy").frame.columns == FRAME.columns


def test_what_the_file_says_stands(tmp_path: Path) -> None:
    """A column that is in the file too is the file's."""
    (tmp_path / "a=9").mkdir()
    FRAME.write_parquet(tmp_path / "a=9" / "part.parquet")
    assert load(tmp_path).frame.equals(FRAME)
    assert [part["a"].to_list() for _, part in batches(tmp_path, 10)] == [FRAME["a"].to_list()]


def test_digest(tmp_path: Path) -> None:
    """D12: every file's SHA-256 is kept, and a frame's own; one changed value changes it."""
    for name in ("rows.csv", "rows.parquet"):
        path = tmp_path / name
        FRAME.write_csv(path) if path.suffix == ".csv" else FRAME.write_parquet(path)
        assert load(path).digests == {str(path): hashlib.sha256(path.read_bytes()).hexdigest()}
    changed = FRAME.with_columns(a=pl.Series([1, 2, 4]))
    assert load(FRAME, name="train").digests == {"frame:train": frame_digest(FRAME)}
    assert frame_digest(FRAME) == frame_digest(pl.concat([FRAME[:1], FRAME[1:]], rechunk=False))
    odd = pl.DataFrame({"a": [[1], None], "b": [True, None], "c": pl.Series([1, "x"], dtype=pl.Object)})
    odd = odd.with_columns(
        d=pl.Series(["x", None], dtype=pl.Categorical), e=pl.Series([None, "y"]).cast(pl.Enum(["y"]))
    )
    assert frame_digest(odd) == frame_digest(odd.clone())
    assert len({frame_digest(f) for f in (FRAME, changed, FRAME.rename({"a": "d"}))}) == 3


@pytest.mark.parametrize("name", ["nowhere.csv", "none*.csv", "rows.xls"])
def test_no_file(tmp_path: Path, name: str) -> None:
    """A path that leads nowhere and a kind that is not known are refused by name."""
    (tmp_path / "rows.xls").write_text("x")
    with pytest.raises(DataError, match=r"nowhere|none|\.xls"):
        load(tmp_path / name)


def test_control_characters(write: Callable[..., Path]) -> None:
    """S08: names in a file cannot forge a line or a colour in an error."""
    with pytest.raises(DataError) as error:
        load(write('"a\nfake: done\x1b[31m","a\nfake: done\x1b[31m"\n1,2\n'))
    assert "\x1b" not in str(error.value)
    assert "\nfake" not in str(error.value)


MUTANTS = """
import random, sys
from pathlib import Path
from automl.data.read.source import batches, extents, frame_digest, load, probe_all
from automl.errors import DataError
source, out, count = Path(sys.argv[1]).read_bytes(), Path(sys.argv[2]), int(sys.argv[3])
for seed in range(count):
    draw = random.Random(seed)
    data = bytearray(source)
    if draw.random() < 0.2:
        data = data[: draw.randrange(len(data))]
    for _ in range(draw.choice([1, 2, 8])):
        at = draw.randrange(len(data)) if draw.random() < 0.5 else -draw.randrange(1, min(len(data), 2000) + 1)
        data[at] = draw.randrange(256)
    out.write_bytes(data)
    try:
        load(out, probed=True)
    except DataError as error:
        assert str(out) in str(error)
"""


def _mutants(tmp_path: Path, count: int) -> None:
    path = tmp_path / "rows.parquet"
    pl.DataFrame({name: range(100) for name in "abcd"}).with_columns(pl.col("d").cast(pl.String)).write_parquet(path)
    command = [sys.executable, "-c", MUTANTS, str(path), str(tmp_path / "mutant.parquet"), str(count)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""


def test_damaged_parquet(tmp_path: Path) -> None:
    """D11: a damaged or cut parquet file is refused by name; panics are neither raised nor printed."""
    _mutants(tmp_path, 150)


@pytest.mark.slow
def test_damaged_parquet_at_length(tmp_path: Path) -> None:
    """D11: so are 2,000 of them."""
    _mutants(tmp_path, 2000)


def test_batches_of_a_damaged_file(tmp_path: Path) -> None:
    """D11: a cut file is refused in batches too."""
    path = tmp_path / "rows.parquet"
    FRAME.write_parquet(path)
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(DataError, match=r"rows\.parquet"):
        list(batches(path, 10))


@pytest.mark.parametrize("name", ["a.parquet", "a.csv", "a.ndjson", "a.arrow", "stream.arrow"])
def test_too_many_rows_are_sampled(tmp_path: Path, name: str) -> None:
    """D16: a share of the rows is read, in their order and evenly."""
    frame = pl.DataFrame({"row": range(20_000), "text": [f"a,{i % 7}" for i in range(20_000)]})
    path = tmp_path / name
    if name == "stream.arrow":
        frame.write_ipc_stream(path)
    else:
        _write(frame, path)
    source = load(path, share=0.25)
    assert source.frame.height == pytest.approx(5_000, rel=0.05)
    assert source.frame["row"].is_sorted()
    assert (source.frame["row"].cast(pl.Int64) // 1_000).value_counts()["count"].min() > 200
    assert (source.frame["row"].cast(pl.Int64) % 7).value_counts()["count"].min() > 600
    assert source.frame["text"][0].startswith("a,")
    assert source.frame.equals(load(path, share=0.25).frame)
    assert load(path).frame.height == 20_000


@pytest.mark.parametrize("name", ["a.parquet", "a.csv", "a.ndjson", "a.arrow", "stream.arrow", "a.xlsx"])
def test_parts_are_bounded_in_bytes(tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """D16: a part of a file with long texts has fewer rows than it may have."""
    for module in (weight, streams, csv_files):
        monkeypatch.setattr(module, "PART", 1 << 20)
    monkeypatch.setattr(weight, "FIRST", 16)
    texts = [" ".join(map(str, range(7 * row, 7 * row + 8_000)))[:30_000] for row in range(200)]
    frame = pl.DataFrame({"text": texts, "row": range(200)})
    path = tmp_path / name
    if name == "stream.arrow":
        frame.write_ipc_stream(path)
    else:
        _write(frame, path)
    parts = [part for _, part in batches(path, 10_000)]
    assert pl.concat(parts)["text"].equals(frame["text"])
    assert max(extent_of(part).text for part in parts) <= (1 << 20) + 31_000
    assert [part.height for _, part in batches(path, 10) if part.height] == [10] * 20


def test_many_files_are_sampled_alike(tmp_path: Path) -> None:
    """D16: each file gives the same share of its rows; together they are as much as all of them."""
    for name, height in (("a", 8_000), ("b", 2_000)):
        pl.DataFrame({"file": [name] * height, "x": range(height)}).write_parquet(tmp_path / f"{name}.parquet")
    counts = dict(load(tmp_path, share=0.1).frame["file"].value_counts().iter_rows())
    assert counts == {"a": pytest.approx(800, rel=0.02), "b": pytest.approx(200, rel=0.02)}
    assert [extent.rows for extent in extents(tmp_path, probe_all(tmp_path))] == [8_000, 2_000]
    assert [extent.rows for extent in extents(tmp_path, {})] == [8_000, 2_000]


@pytest.mark.parametrize("ending", ["csv", "parquet", "ndjson", "arrow"])
def test_signs_in_the_name_of_a_file(tmp_path: Path, ending: str) -> None:
    """A file whose name could be a pattern of other files is itself, and so is the one whose digest is told."""
    _write(FRAME[:2], tmp_path / f"rows[1].{ending}")
    _write(FRAME, tmp_path / f"rows1.{ending}")
    path = tmp_path / f"rows[1].{ending}"
    assert load(path).frame.height == sum(part.height for _, part in batches(path, 10)) == 2
    assert load(path).digests == {str(path): hashlib.sha256(path.read_bytes()).hexdigest()}


def _write(frame: pl.DataFrame, path: Path) -> None:
    write = {"csv": frame.write_csv, "parquet": frame.write_parquet, "ndjson": frame.write_ndjson}
    (write | {"arrow": frame.write_ipc, "xlsx": frame.write_excel})[path.suffix[1:]](path)
