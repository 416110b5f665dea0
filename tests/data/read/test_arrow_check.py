"""What is measured and passes is read without a crash, and what lies about a length does not pass."""

from __future__ import annotations

import io
import random
import struct
import subprocess
import sys
from datetime import date, time, timedelta
from decimal import Decimal
from pathlib import Path

import numpy as np
import polars as pl
import pyarrow as pa
import pytest

from automl.data.read import arrow_check
from automl.data.read.arrow_check import BATCH, DICTIONARY, Batch, file_batches, stream_batches

N = 40
FRAME = pl.DataFrame(
    {
        "int": range(N),
        "text": ["x" * (place % 30) for place in range(N)],
        "word": pl.Series(["a", "b"] * (N // 2), dtype=pl.Categorical),
        "level": pl.Series(["a", "b"] * (N // 2), dtype=pl.Enum(["a", "b"])),
        "flag": [True, None] * (N // 2),
        "day": [date(2020, 1, 1)] * N,
        "time": [time(1)] * N,
        "span": [timedelta(1)] * N,
        "nothing": [None] * N,
        "price": [Decimal("1.5")] * N,
        "bytes": [b"x"] * N,
        "list": [[1, 2]] * N,
        "pair": pl.Series([[1, 2]] * N, dtype=pl.Array(pl.Int8, 2)),
        "record": [{"a": 1, "b": "x"}] * N,
    }
)
MUTANTS = 2_000
READ = """
import sys
from pathlib import Path
import numpy as np
import polars as pl
for path in sorted(Path(sys.argv[1]).iterdir()):
    print(path.name, flush=True)
    try:
        frame = (pl.read_ipc if path.suffix == ".file" else pl.read_ipc_stream)(path.read_bytes())
        [column.to_list() for column in frame]
    except BaseException:
        pass
print("all", flush=True)
"""


def written(
    frame: pl.DataFrame, *, file: bool = False, compression: str = "uncompressed", newest: bool = True
) -> bytes:
    out = io.BytesIO()
    level = pl.CompatLevel.newest() if newest else pl.CompatLevel.oldest()
    write = frame.write_ipc if file else frame.write_ipc_stream
    write(out, compression=compression, compat_level=level)
    return out.getvalue()


def arrow(table: pa.Table, *, file: bool = False, compression: str | None = None) -> bytes:
    out = io.BytesIO()
    new = pa.ipc.new_file if file else pa.ipc.new_stream
    with new(out, table.schema, options=pa.ipc.IpcWriteOptions(compression=compression)) as writer:
        writer.write_table(table)
    return out.getvalue()


def batches(content: bytes, *, file: bool) -> list[Batch]:
    return list((file_batches if file else stream_batches)(content))


@pytest.mark.parametrize("file", [False, True])
@pytest.mark.parametrize("compression", ["uncompressed", "lz4", "zstd"])
@pytest.mark.parametrize("newest", [True, False])
def test_what_polars_writes_passes(file: bool, compression: str, newest: bool) -> None:
    """Each type, without rows, sliced and in several batches, with and without views."""
    for frame in (FRAME, FRAME[:0], FRAME[3:9], pl.concat([FRAME, FRAME], rechunk=False)):
        found = batches(written(frame, file=file, compression=compression, newest=newest), file=file)
        assert sum(batch.rows for batch in found if batch.kind == BATCH) == frame.height
        assert {batch.compressed for batch in found if batch.rows} <= {compression != "uncompressed"}


@pytest.mark.parametrize("file", [False, True])
@pytest.mark.parametrize("compression", [None, "lz4", "zstd"])
def test_what_pyarrow_writes_passes(file: bool, compression: str | None) -> None:
    """Types that only pyarrow writes: maps, half floats, views, dictionaries within lists."""
    table = pa.table(
        {
            "map": pa.array([[("a", 1)]] * 5, pa.map_(pa.string(), pa.int8())),
            "half": pa.array(np.ones(5, np.float16)),
            "view": pa.array(["x" * 30, None, "", "y", "z"], pa.string_view()),
            "word": pa.array(["a", None, "a", "b", "a"]).dictionary_encode(),
            "words": pa.array([["a"]] * 5, pa.list_(pa.dictionary(pa.int8(), pa.string()))),
            "fixed": pa.array([b"ab"] * 5, pa.binary(2)),
        }
    )
    for part in (table, table.slice(1, 2), table.slice(0, 0), pa.concat_tables([table, table])):
        found = batches(arrow(part, file=file, compression=compression), file=file)
        assert sum(batch.rows for batch in found if batch.kind == BATCH) == part.num_rows
        assert sum(batch.kind == DICTIONARY for batch in found) <= 2


@pytest.mark.parametrize("file", [False, True])
@pytest.mark.parametrize("lie", [1 << 47, (1 << 63) - 1, -1, -(1 << 63), 1 << 20])
def test_each_length_is_held_against_the_bytes(file: bool, lie: int) -> None:
    """V01: the lengths of rows, nodes, missing values and buffers, each in turn a lie, do not pass."""
    content = arrow(pa.table({"a": [1.0] * 1_000}), file=file)
    for honest in (1_000, 8_000):
        places = [at for at in range(0, len(content) - 8, 8) if struct.unpack_from("<q", content, at)[0] == honest]
        assert places
        for at in places:
            mutant = bytearray(content)
            struct.pack_into("<q", mutant, at, lie)
            with pytest.raises(ValueError, match=r"^(a|the) "):
                batches(bytes(mutant), file=file)


@pytest.mark.parametrize(
    ("column", "offset"),
    [
        (pa.array(["abc", "def"]), "<i"),
        (pa.array(["abc", "def"], pa.large_string()), "<q"),
        (pa.array([[1, 2, 3], [4, 5, 6]]), "<i"),
    ],
)
@pytest.mark.parametrize("lie", [-3, 2_000_000_000, 7])
def test_offsets_rise_within_what_they_point_into(column: pa.Array, offset: str, lie: int) -> None:
    """V02: a text or a list that begins after it ends, or lies outside, does not pass."""
    content = arrow(pa.table({"a": column}))
    at = content.index(struct.pack(f"<3{offset[1]}", 0, 3, 6)) + struct.calcsize(offset)
    mutant = bytearray(content)
    struct.pack_into(offset, mutant, at, lie)
    with pytest.raises(ValueError, match="offsets of a column do not rise"):
        batches(bytes(mutant), file=False)


@pytest.mark.parametrize(("place", "lie"), [(0, -1), (0, 1_000), (8, 1), (8, -1), (12, 1), (12, -1)])
def test_a_view_lies_in_its_buffer(place: int, lie: int) -> None:
    """V02: the length, the buffer and the place of a long text are within what is there."""
    content = arrow(pa.table({"a": pa.array(["x" * 30], pa.string_view())}))
    at = content.index(struct.pack("<i4sii", 30, b"xxxx", 0, 0)) + place
    mutant = bytearray(content)
    struct.pack_into("<i", mutant, at, lie)
    with pytest.raises(ValueError, match="out of its buffers"):
        batches(bytes(mutant), file=False)


@pytest.mark.parametrize("file", [False, True])
def test_compressed_batches_do_not_grow_without_end(file: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """V01: what a compressed buffer says of its size counts, before anything is decompressed."""
    content = arrow(pa.table({"a": [0.0] * 100_000}), file=file, compression="zstd")
    assert batches(content, file=file)[0].rows == 100_000
    monkeypatch.setattr(arrow_check, "LARGEST", 1_000)
    with pytest.raises(ValueError, match="too much to open"):
        batches(content, file=file)


def mutant(seed: int) -> tuple[bytes, bool]:
    """A stream or a file with a few numbers in it changed to what a length should not be."""
    draw = random.Random(seed)  # noqa: S311  # mutants, no secrets
    frame = FRAME.select(draw.sample(FRAME.columns, draw.randint(1, 5)))[: draw.randint(0, N)]
    file, compression = draw.random() < 0.5, draw.choice(["uncompressed", "uncompressed", "lz4", "zstd"])
    content = bytearray(written(frame, file=file, compression=compression, newest=draw.random() < 0.5))
    for _ in range(draw.randint(1, 3)):
        form = draw.choice(["<b", "<h", "<i", "<i", "<q", "<q"])
        at = draw.randrange(len(content) - 8) // 4 * 4
        bits = 8 * struct.calcsize(form) - 1
        old: int = struct.unpack_from(form, content, at)[0]
        power = 1 << draw.randrange(bits)
        new = draw.choice([0, 1, -1, (1 << bits) - 1, -(1 << bits), old + 1, old - 1, 2 * old, old ^ power, power])
        struct.pack_into(form, content, at, new if -(1 << bits) <= new < 1 << bits else 0)
    return bytes(content), file


def test_what_passes_is_read_without_a_crash(tmp_path: Path) -> None:
    """V02: polars reads, or refuses with words, each mutant that has been measured; the process lives on."""
    passed = 0
    for seed in range(MUTANTS):
        content, file = mutant(seed)
        try:
            batches(content, file=file)
        except ValueError:
            continue
        (tmp_path / f"{seed:05}.{'file' if file else 'stream'}").write_bytes(content)
        passed += 1
    assert MUTANTS / 10 < passed < MUTANTS / 2
    command = [sys.executable, "-I", "-c", READ, str(tmp_path)]
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=False, text=True)
    assert (done.returncode, done.stdout.splitlines()[-1]) == (0, "all")
