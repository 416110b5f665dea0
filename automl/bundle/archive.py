"""The zip form of a bundle: written the same each time, read entry by entry under caps, never extracted as a whole."""

from __future__ import annotations

import os
import shutil
import stat
import struct
import tempfile
import weakref
import zipfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from automl.bundle import disk
from automl.bundle.layout import is_member
from automl.errors import BundleError, MachineError

MEMBERS = 10_000
TOTAL = 2 * 2**30  # bytes, unpacked
RATIO = 100  # unpacked to packed; a graph of constant leaves comes to 30
SLACK = 2**20  # bytes that may be packed at any ratio: small files of one word
BLOCK = 2**20
_EPOCH = (1980, 1, 1, 0, 0, 0)  # the first moment that a zip can write: no clock in it
_WAYS = {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}
_ENCRYPTED = 0x1
_END = struct.Struct("<4s4H2LH")  # the last record: signature, disks, entries here and in all, size, start, comment
_LONGEST_NAME = 200
_HEADER = 30  # bytes in front of an entry's name
_LONGEST = 46 + 512  # bytes of an entry of the directory: what it always has, and a name


class Scratch:
    """The content of the zip at `path` as a temporary `folder`, which goes when nobody holds this any more."""

    def __init__(self, path: Path) -> None:
        with disk.machine_errors(Path(tempfile.gettempdir())):
            scratch = tempfile.mkdtemp(prefix="automl-bundle-")
        self.remove = weakref.finalize(self, shutil.rmtree, scratch, ignore_errors=True)
        self.folder = Path(scratch) / "bundle"
        unpack(path, self.folder)


def is_archive(path: Path) -> bool:
    """Whether `path` is a file that begins as a zip does."""
    if not path.is_file():
        return False
    with disk.machine_errors(path), path.open("rb") as file:
        return file.read(4) in {b"PK\x03\x04", b"PK\x05\x06"}


def pack(names: Iterable[str], read: Callable[[str], bytes], out: Path) -> None:
    """Write the files `names` of a bundle, as `read` gives them, to the zip `out`: equal bundles give equal bytes."""
    with disk.machine_errors(out), zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name in sorted(names):
            entry = zipfile.ZipInfo(name, _EPOCH)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = (stat.S_IFREG | 0o644) << 16
            archive.writestr(entry, read(name))


def unpack(path: Path, folder: Path) -> None:
    """Put the files of the zip at `path` into `folder`, which is made.

    Raises `BundleError` for the whole archive where a single entry is not a plain file under a name that a bundle has,
    stands twice, is encrypted, lies over another one, or where it unpacks to more than the caps (B03, B04, B05).
    The caps are counted while it is read: what an entry says of its own size is not believed. A disk that refuses is a
    `MachineError`.
    """
    try:
        with path.open("rb") as file:
            promised = _check_directory(file, path)
            with zipfile.ZipFile(file) as archive:
                entries = archive.infolist()
                _check(entries, path)
                _check_places(entries, promised, archive.start_dir, path)
                with disk.machine_errors(folder):
                    folder.mkdir(parents=True)
                _copy(archive, entries, folder, path)
    except (BundleError, MachineError):
        raise
    except OSError as error:
        raise BundleError(f"the archive cannot be read: {error.strerror or error}", where=str(path)) from error
    except Exception as error:  # zipfile and zlib meet damage with many kinds of errors
        raise BundleError(f"the archive is damaged: {error}", where=str(path)) from error


def _check_directory(file: BinaryIO, path: Path) -> int:
    """The number of entries. The directory is read into memory as a whole, so its size is checked first."""
    length = file.seek(0, os.SEEK_END)
    file.seek(-min(length, _END.size), os.SEEK_END)
    end = file.read()
    if len(end) < _END.size or not end.startswith(b"PK\x05\x06"):
        raise _refused("it does not end with a directory", path)
    _, disk_number, first_disk, here, entries, size, start, comment = _END.unpack(end)
    if entries > MEMBERS or size > MEMBERS * _LONGEST:
        raise _refused(f"it has more than {MEMBERS:,} entries", path)
    if comment or start + size + _END.size != length or (disk_number, first_disk, here) != (0, 0, entries):
        raise _refused("there is more in it than its entries", path)
    return int(entries)


def _check(entries: list[zipfile.ZipInfo], path: Path) -> None:
    if len(entries) > MEMBERS:
        raise _refused(f"it has more than {MEMBERS:,} entries", path)
    names: set[str] = set()
    for entry in entries:
        kind = stat.S_IFMT(entry.external_attr >> 16)
        name = entry.orig_filename
        if not is_member(name) or name != entry.filename or len(name) > _LONGEST_NAME:
            raise _refused(f"no bundle has a file of the name {name[:_LONGEST_NAME]!r}", path)
        if kind not in {0, stat.S_IFREG}:
            raise _refused(f"{entry.filename} is no plain file", path)
        if entry.filename.lower() in names:
            raise _refused(f"{entry.filename} stands in it twice", path)
        if entry.flag_bits & _ENCRYPTED or entry.compress_type not in _WAYS:
            raise _refused(f"{entry.filename} is encrypted or packed in a way that we never use", path)
        names.add(entry.filename.lower())


def _check_places(entries: list[zipfile.ZipInfo], promised: int, directory: int, path: Path) -> None:
    """Entries stand one after the other, in front of the directory."""
    if len(entries) != promised:
        raise _refused("its directory has not as many entries as it says", path)
    end, name = 0, ""
    for entry in sorted(entries, key=lambda entry: entry.header_offset):
        if entry.header_offset < end:
            raise _refused(f"{name} lies over another file", path)
        end, name = entry.header_offset + _HEADER + len(entry.filename) + entry.compress_size, entry.filename
    if end > directory:
        raise _refused(f"{name} lies over the directory", path)


def _copy(archive: zipfile.ZipFile, entries: list[zipfile.ZipInfo], folder: Path, path: Path) -> None:
    total, packed = 0, 0
    for entry in entries:
        packed += entry.compress_size
        before = total
        target = folder / entry.filename
        with archive.open(entry) as source, _written(target) as copy:
            while block := source.read(BLOCK):
                total += len(block)
                if total > TOTAL or total > SLACK + RATIO * packed:
                    raise _refused("it unpacks to far more than it holds", path)
                copy(block)
        if total - before != entry.file_size:
            raise _refused(f"{entry.filename} is not as long as it says", path)


@contextmanager
def _written(target: Path) -> Iterator[Callable[[bytes], None]]:
    """What writes blocks to a new file; only what the disk refuses here is the machine's fault."""
    with disk.machine_errors(target):
        target.parent.mkdir(parents=True, exist_ok=True)
        file = target.open("xb")

    def write(block: bytes) -> None:
        with disk.machine_errors(target):
            file.write(block)
            file.flush()

    try:
        yield write
    finally:
        with disk.machine_errors(target):
            file.close()


def _refused(why: str, path: Path) -> BundleError:
    return BundleError(
        f"the archive is refused: {why}", where=str(path), hint="Write it again with `automl export --to zip`."
    )
