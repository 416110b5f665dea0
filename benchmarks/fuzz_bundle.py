"""Harms a bundle in thousands of ways and counts what is refused: each trial in a child, so that a crash is counted.

    python benchmarks/fuzz_bundle.py BUNDLE [--flips 2000] [--archives 500] [--graphs 2000] [--seed 1]

- flips: one bit anywhere in any file. All must be refused (B06).
- archives: zips with hostile names, modes, sizes, directories, damage. All must be refused (B03, B04, B05).
- graphs: the graph mutated and every hash computed again, as an attacker would. The child verifies it; it may be
  refused or, where nothing is answered otherwise, pass; it may never die (B09).

Results are appended to benchmarks/results/fuzz_bundle.jsonl; the table is written to fuzz_bundle.md beside it.
"""

from __future__ import annotations

import argparse
import hashlib
import io
import json
import multiprocessing
import shutil
import stat
import struct
import sys
import tempfile
import time
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from multiprocessing.connection import Connection
from pathlib import Path

import numpy as np

from automl.bench.records import append, markdown

RESULTS = Path(__file__).parent / "results"
PATIENCE = 60  # seconds for one trial: a hang is counted as one
Trial = Callable[[Path, np.random.Generator], Path]  # harms a copy of the bundle; what to verify


def main() -> None:
    """Run the three kinds and write the table; exit 1 if a process died or a harm that must be refused passed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("bundle", type=Path)
    parser.add_argument("--flips", type=int, default=2_000)
    parser.add_argument("--archives", type=int, default=500)
    parser.add_argument("--graphs", type=int, default=2_000)
    parser.add_argument("--seed", type=int, default=1)
    chosen = parser.parse_args()
    kinds = {"flips": (flip, chosen.flips), "archives": (archive, chosen.archives), "graphs": (graph, chosen.graphs)}
    records = []
    for name, (harm, trials) in kinds.items():
        start = time.monotonic()
        found = run(chosen.bundle, harm, trials, chosen.seed)
        records.append(
            {"kind": name, "trials": trials, **found, "seconds": round(time.monotonic() - start, 1)}
            | {"seed": chosen.seed, "date": datetime.now(UTC).date().isoformat()}
        )
        print(records[-1], flush=True)
    for record in records:
        append(RESULTS / "fuzz_bundle.jsonl", record)
    (RESULTS / "fuzz_bundle.md").write_text(table(records), encoding="utf-8")
    bad = any(record["died"] or record["hung"] or record["bug"] for record in records)
    sys.exit(bad or any(record["passed"] for record in records if record["kind"] != "graphs"))


def run(bundle: Path, harm: Trial, trials: int, seed: int) -> dict[str, int]:
    """How many trials were refused, passed, showed a bug, died, hung."""
    ends: Counter[str] = Counter()
    with tempfile.TemporaryDirectory(prefix="fuzz-") as scratch:
        judge = Judge()
        for number in range(trials):
            copy = Path(scratch) / "copy.bundle"
            shutil.copytree(bundle, copy)
            ends[judge.verdict(harm(copy, np.random.default_rng((seed, number))))] += 1
            shutil.rmtree(copy)
        judge.close()
    return {name: ends[name] for name in ("refused", "passed", "bug", "died", "hung")}


class Judge:
    """A child that verifies; a new one is started where one died."""

    def __init__(self) -> None:
        self.context = multiprocessing.get_context("spawn")
        self._start()

    def _start(self) -> None:
        self.pipe, other = self.context.Pipe()
        self.child = self.context.Process(target=_judge, args=(other,), daemon=True)
        self.child.start()
        other.close()

    def verdict(self, path: Path) -> str:
        """How the child's look at `path` ended."""
        try:
            self.pipe.send(str(path))
            if self.pipe.poll(PATIENCE):
                return str(self.pipe.recv())
            end = "hung"
        except (EOFError, OSError):
            end = "died"
        self.close()
        self._start()
        return end

    def close(self) -> None:
        """End the child that we started."""
        self.child.kill()
        self.child.join()


def _judge(pipe: Connection) -> None:
    from automl.bundle.verify import verify
    from automl.errors import BundleError

    while True:
        path = Path(pipe.recv())
        try:
            verify(path)
            pipe.send("passed")
        except BundleError:
            pipe.send("refused")
        except Exception as error:  # noqa: BLE001  # anything else would be a traceback for the user
            print(f"a bug: {error!r}", flush=True)
            pipe.send("bug")


def flip(copy: Path, draw: np.random.Generator) -> Path:
    """One bit of one file, each file as often as another."""
    files = sorted(path for path in copy.rglob("*") if path.is_file())
    path = files[int(draw.integers(len(files)))]
    path.write_bytes(_flipped(path.read_bytes(), draw))
    return copy


def _flipped(content: bytes, draw: np.random.Generator) -> bytes:
    broken = bytearray(content)
    broken[int(draw.integers(len(content)))] ^= 1 << int(draw.integers(8))
    return bytes(broken)


def graph(copy: Path, draw: np.random.Generator) -> Path:
    """The graph with some bytes changed, cut, doubled or moved, and all hashes made right."""
    path = copy / "model.onnx"
    content = bytearray(path.read_bytes())
    for _ in range(int(draw.integers(1, 5))):
        start, size = int(draw.integers(len(content))), int(draw.integers(1, 40))
        way = int(draw.integers(4))
        if way == 0:
            content[start] = int(draw.integers(256))
        elif way == 1:
            del content[start : start + size]
        elif way == 2:
            content[start:start] = content[start : start + size]
        else:
            content[start : start + size] = draw.bytes(size)
    path.write_bytes(bytes(content))
    _reseal(copy)
    return copy


def _reseal(copy: Path) -> None:
    from automl.bundle.content_hash import content_hash
    from automl.bundle.scorer import seal

    content = json.loads((copy / "manifest.json").read_bytes())
    content["files"] = {name: hashlib.sha256((copy / name).read_bytes()).hexdigest() for name in content["files"]}
    content["content_hash"] = content_hash(content)
    text = json.dumps(content).encode()
    (copy / "manifest.json").write_bytes(text)
    (copy / "manifest.sha256").write_bytes(seal(text))


def archive(copy: Path, draw: np.random.Generator) -> Path:
    """A zip of the bundle with one thing in it that no zip of ours has."""
    harms = list(_harms())
    content = harms[int(draw.integers(len(harms)))](copy, draw)
    path = copy / "harm.zip"
    path.write_bytes(content)
    return path


def _harms() -> Iterator[Callable[[Path, np.random.Generator], bytes]]:
    for name in ("../x.json", "/etc/x.json", "C:\\x.json", "a\\..\\x.json", "x.so", "golden/", "\0.json", "X.JSON"):
        yield lambda copy, draw, name=name: _zip(copy, [(_entry(name), draw.bytes(9))])
    for mode in (stat.S_IFLNK, stat.S_IFCHR, stat.S_IFIFO, stat.S_IFDIR):
        yield lambda copy, draw, mode=mode: _zip(copy, [(_entry("more.json", mode | 0o777), draw.bytes(9))])
    yield lambda copy, draw: _zip(copy, [(_entry("card.md"), draw.bytes(9))])  # twice
    yield lambda copy, draw: _zip(copy, [(_entry("zeros.json"), bytes(2**20 * int(draw.integers(150, 300))))])
    yield lambda copy, draw: _zip(
        copy, [(_entry(f"f{n}.json"), b"") for n in range(int(draw.integers(10_001, 11_000)))]
    )
    yield lambda copy, draw: _flipped_end(_zip(copy, []), draw)
    yield lambda copy, draw: _zip(copy, [])[: -int(draw.integers(1, 2_000))]
    yield lambda copy, draw: _zip(copy, []) + draw.bytes(int(draw.integers(1, 100)))
    yield lambda copy, draw: draw.bytes(int(draw.integers(1, 100))) + _zip(copy, [])
    yield lambda copy, draw: _lying(_zip(copy, []), draw)


def _entry(name: str, mode: int = stat.S_IFREG | 0o644) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo("x", (1980, 1, 1, 0, 0, 0))
    info.filename, info.external_attr, info.compress_type = name, mode << 16, zipfile.ZIP_DEFLATED
    return info


def _zip(copy: Path, more: list[tuple[zipfile.ZipInfo, bytes]]) -> bytes:
    import warnings

    buffer = io.BytesIO()
    with warnings.catch_warnings(), zipfile.ZipFile(buffer, "w") as whole:
        warnings.simplefilter("ignore")  # a name that stands twice is the harm
        for path in sorted(path for path in copy.rglob("*") if path.is_file()):
            whole.writestr(_entry(path.relative_to(copy).as_posix()), path.read_bytes())
        for info, content in more:
            whole.writestr(info, content)
    return buffer.getvalue()


def _flipped_end(content: bytes, draw: np.random.Generator) -> bytes:
    """A bit of the offsets, sizes or names of the directory, and of the sums of the content."""
    start = content.index(b"PK\x01\x02")
    place = int(draw.choice([16, 20, 24, 28, 42, 46]))  # sum, sizes, length of the name, offset, name
    return (
        content[: start + place]
        + bytes([content[start + place] ^ 1 << int(draw.integers(8))])
        + content[start + place + 1 :]
    )


def _lying(content: bytes, draw: np.random.Generator) -> bytes:
    """An end record with other numbers."""
    end = list(struct.unpack("<4s4H2LH", content[-22:]))
    place = int(draw.choice([3, 4, 5, 6, 7]))
    end[place] = (end[place] + int(draw.integers(1, 60_000))) % (1 << 16)
    return content[:-22] + struct.pack("<4s4H2LH", *end)


def table(records: list[dict[str, object]]) -> str:
    """The records as a page."""
    names = ("kind", "trials", "refused", "passed", "bug", "died", "hung", "seconds")
    lines = markdown(names, [[record[name] for name in names] for record in records])
    about = f"Seed {records[0]['seed']}, {records[0]['date']}. `python benchmarks/fuzz_bundle.py BUNDLE`."
    passed = (
        "Graphs that pass answer the golden rows as before: the changed bytes were in names or in leaves not reached."
    )
    return "\n".join(["# Harmed bundles", "", about, "", *lines, "", passed, ""])


if __name__ == "__main__":
    main()
