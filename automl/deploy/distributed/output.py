"""Where answers go: a part for each chunk, and of all parts one file, or a folder that says that it is whole.

Either is on the disk or in an object store. Parts that become one file lie beside the manifest until then.
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import polars as pl

from automl import disk
from automl.addresses import Address
from automl.data.read.remote.objects import listed, put
from automl.deploy.distributed.manifest import Manifest
from automl.deploy.distributed.notes import Complete, Result, index_of, put_shared
from automl.deploy.parquet_file import write_parquet
from automl.deploy.scoring import Scoring
from automl.errors import MachineError

PARTS, SUCCESS = "parts", "_SUCCESS"
ENDINGS = {"csv": "csv", "parquet": "arrow", "folder": "parquet"}


def part_name(manifest: Manifest, chunk: str) -> str:
    """The name of the part of a chunk."""
    return f"part-{chunk}.{ENDINGS[manifest.form]}"


def parts_of(folder: Path, manifest: Manifest) -> Path | Address:
    """Where the parts lie: they are the output, or beside the manifest until they become one file."""
    return manifest.place if manifest.form == "folder" else folder / PARTS


def rendered_part(manifest: Manifest, scoring: Scoring, frames: Sequence[pl.DataFrame]) -> bytes:
    """The scored rows of a chunk as its part: lines of csv, an Arrow file, or a parquet file."""
    if manifest.form != "folder":
        return scoring.rendered(pl.concat(frames))
    buffer = io.BytesIO()
    write_parquet(buffer, frames)
    return buffer.getvalue()


def put_part(where: Path | Address, name: str, content: bytes, worker: str) -> None:
    """Let the part `name` hold `content` in one step: the only place that knows how parts are stored."""
    if isinstance(where, Address):
        put(content, where.below(name))
        return
    with disk.machine_errors(where):
        disk.make_folder(where)
        put_shared(where / name, content, worker)


def get_part(where: Path, result: Result) -> bytes:
    """The bytes of a part. `MachineError` where they are not those that were written."""
    path = where / result.part
    with disk.machine_errors(path):
        content = path.read_bytes()
    if hashlib.sha256(content).hexdigest() != result.digest:
        raise MachineError(
            "the part is not the one that was written",
            where=str(path),
            hint="Begin anew with a new manifest, and look at the disk.",
        )
    return content


def assemble(folder: Path, manifest: Manifest, results: Sequence[Result], worker: str) -> None:
    """Let the output be one file of all parts, in one step, if it is to be one."""
    if manifest.form == "folder":
        return
    where = folder / PARTS
    filled = [result for result in results if result.rows] or list(results[:1])
    parts = (get_part(where, result) for result in filled)
    with _whole(manifest.place, where, worker) as aside, disk.writing(aside) as file:
        if manifest.form == "csv":
            file.writelines(_lines(filled, parts))
        else:
            write_parquet(file, (pl.read_ipc(io.BytesIO(part)) for part in parts))


@contextmanager
def _whole(out: Path | Address, beside: Path, worker: str) -> Iterator[Path]:
    """A path to write to; what stands there becomes the output, in one step, when the block ends well."""
    if isinstance(out, Path):
        with disk.machine_errors(out), disk.whole_file(out, out.with_name(f".{out.name}.{worker}.part")) as aside:
            yield aside
        return
    aside = beside / f".whole.{worker}.part"
    try:
        yield aside
        put(aside, out)
    finally:
        disk.discard(aside)


def _lines(filled: Sequence[Result], parts: Iterable[bytes]) -> Iterator[bytes]:
    yield filled[0].head.encode()
    yield from parts


def declare(manifest: Manifest, results: Sequence[Result], found: Complete, worker: str) -> None:
    """Write ``_SUCCESS`` into a folder whose parts are all there. MachineError where one is gone or of another size."""
    if manifest.form != "folder":
        return
    out = manifest.place
    with disk.machine_errors(Path(manifest.out)):
        there = _sizes(out)
    if lost := [result.part for result in results if there.get(result.part) != result.size]:
        hint = "Begin anew with a new manifest, and look who else writes there."
        raise MachineError(f"the part {lost[0]} is not there as it was written", where=manifest.out, hint=hint)
    put_part(out, SUCCESS, index_of(found), worker)


def _sizes(where: Path | Address) -> dict[str, int]:
    """The bytes of what lies in a folder, by name."""
    if isinstance(where, Address):
        begin = len(where.below("").key)
        return {found.key[begin:]: found.size for found in listed(where, where.key)}
    return {path.name: path.stat().st_size for path in where.glob("part-*")}


def tidy(folder: Path, manifest: Manifest) -> None:
    """Remove what nobody needs once the output is whole: the parts of a file, and what killed workers left aside."""
    if manifest.form != "folder":
        disk.discard(folder / PARTS)
    elif isinstance(manifest.place, Path):
        for aside in manifest.place.glob(".part-*.part"):
            disk.discard(aside)
