"""Files of every kind become frames, or an error that names file and place."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest

from automl.data.read.source import batches, frame_digest, load
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
    assert [part.height for part in batches(path, 2)] == [2, 1]
    assert pl.concat(batches(path, 2)).equals(FRAME)


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
    with pytest.raises(DataError, match=r"c.parquet.*differ"):
        load(tmp_path)


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
from automl.data.read.source import load
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


def test_too_many_rows_are_sampled(tmp_path: Path) -> None:
    """D16: of more cells than fit a share of the rows is read, in their order and evenly; all if they fit."""
    frame = pl.DataFrame({"row": range(20_000), "text": [f"a,{i % 7}" for i in range(20_000)]})
    frame.write_parquet(tmp_path / "a.parquet")
    frame.write_csv(tmp_path / "a.csv")
    for name in ("a.parquet", "a.csv"):
        source = load(tmp_path / name, cells=10_000)
        assert source.rows == pytest.approx(20_000, rel=0.05)
        assert source.frame.height == pytest.approx(5_000, rel=0.05)
        assert source.frame["row"].is_sorted()
        assert (source.frame["row"].cast(pl.Int64) // 1_000).value_counts()["count"].min() > 200
        assert (source.frame["row"].cast(pl.Int64) % 7).value_counts()["count"].min() > 600
        assert source.frame["text"][0].startswith("a,")
        assert source.frame.equals(load(tmp_path / name, cells=10_000).frame)
        whole = load(tmp_path / name, cells=100_000)
        assert whole.rows is None
        assert whole.frame.height == 20_000


def test_many_files_are_sampled_alike(tmp_path: Path) -> None:
    """D16: each file gives the same share of its rows."""
    for name, height in (("a", 8_000), ("b", 2_000)):
        pl.DataFrame({"file": [name] * height, "x": range(height)}).write_parquet(tmp_path / f"{name}.parquet")
    counts = dict(load(tmp_path, cells=2_000).frame["file"].value_counts().iter_rows())
    assert counts == {"a": pytest.approx(800, rel=0.02), "b": pytest.approx(200, rel=0.02)}
