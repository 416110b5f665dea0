"""Archives built to harm are refused as a whole; a bundle's own zip loads as its folder does."""

from __future__ import annotations

import io
import stat
import struct
import subprocess
import sys
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from automl.bundle import archive
from automl.bundle.archive import pack, unpack
from automl.bundle.files import open_files
from automl.bundle.read import Bundle
from automl.bundle.verify import verify
from automl.errors import BundleError, MachineError


@pytest.fixture(scope="module")
def packed(bundle, tmp_path_factory):
    """The bundle as a zip."""
    path = tmp_path_factory.mktemp("zips") / "credit.zip"
    pack(open_files(bundle).names, open_files(bundle).read, path)
    return path


def test_a_zip_loads_as_its_folder(packed, bundle, raw):
    """The zip verifies, loads, and answers as the folder; the temporary folder goes with the bundle."""
    model = Bundle.load(packed)
    assert model.predict(raw).equals(Bundle.load(bundle).predict(raw))
    scratch = model.path
    copy = model.given({})
    del model
    assert scratch.is_dir(), "who holds a part of the bundle holds its folder"
    assert copy.manifest.content_hash == verify(packed).content_hash
    del copy
    assert not scratch.exists()


def test_equal_bundles_give_equal_zips(packed, bundle, tmp_path):
    """No clock and no order of the disk enters the zip."""
    again = tmp_path / "again.zip"
    pack(open_files(bundle).names[::-1], open_files(bundle).read, again)
    assert again.read_bytes() == packed.read_bytes()


def entry(name: str, mode: int = stat.S_IFREG | 0o644, **changes: object) -> zipfile.ZipInfo:
    """An entry as an archive has it."""
    info = zipfile.ZipInfo("x", (1980, 1, 1, 0, 0, 0))
    info.filename, info.external_attr = name, mode << 16
    for key, value in changes.items():
        setattr(info, key, value)
    return info


def zipped(*entries: tuple[zipfile.ZipInfo, bytes]) -> bytes:
    """An archive of these entries, written without a check."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as whole:
        for info, content in entries:
            whole.writestr(info, content)
    return buffer.getvalue()


NAMES = (
    "../manifest.json", "../../etc/passwd", "/etc/cron.d/x.json", "a/../../b.json", "./manifest.json", "a//b.json",
    "C:\\x.json", "C:/x.json", "\\\\host\\share\\x.json", "..\\x.json", "golden\\rows.json", "//x.json", "~/x.json",
    "golden/", "manifest.json/", "model.pkl", "model.onnx.zip", "Manifest.json", "MODEL.ONNX", "a b.json",
    "\u2025/x.json", "..", ".", "", ".json", "x.so", "\uff0e\uff0e/x.json",
    "nul\0.json", "model.onnx\0.exe", "x" * 5000 + ".json",
)  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
def test_names_that_no_bundle_has(name, tmp_path):
    """B03, B05: a path that leads outside, a drive, a folder, a NUL, capitals, another ending: all of it is refused."""
    assert len(NAMES) == 30
    (tmp_path / "x.zip").write_bytes(zipped((entry("manifest.json"), b"{}"), (entry(name), b"x")))
    with pytest.raises(BundleError) as raised:
        unpack(tmp_path / "x.zip", tmp_path / "deep" / "out")
    assert raised.value.exit_code == 7
    assert [path.name for path in tmp_path.rglob("*")] == ["x.zip"], "nothing is written before all names are checked"


@pytest.mark.parametrize("kind", [stat.S_IFLNK, stat.S_IFCHR, stat.S_IFBLK, stat.S_IFIFO, stat.S_IFSOCK, stat.S_IFDIR])
def test_links_and_devices(kind, tmp_path):
    """B03: an entry that is a link, a device, a pipe or a folder is refused, under whatever name."""
    (tmp_path / "x.zip").write_bytes(zipped((entry("card.md", kind | 0o777), b"/etc/passwd")))
    with pytest.raises(BundleError, match="no plain file"):
        unpack(tmp_path / "x.zip", tmp_path / "out")


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_names_that_stand_twice(tmp_path):
    """B05: two entries of one name are refused: readers would disagree on which one counts."""
    (tmp_path / "x.zip").write_bytes(zipped((entry("card.md"), b"a"), (entry("card.md"), b"b")))
    with pytest.raises(BundleError, match="twice"):
        unpack(tmp_path / "x.zip", tmp_path / "out")


def bomb(size: int, told: int | None = None) -> bytes:
    """An archive of one entry of zeros, which may lie about its size."""
    content = zipped((entry("card.md", compress_type=zipfile.ZIP_DEFLATED), b"\0" * size))
    if told is None:
        return content
    return content.replace(struct.pack("<L", size), struct.pack("<L", told))


def test_bombs_stop_while_they_unpack(tmp_path):
    """B04: an entry that unpacks to a thousand times its size ends at the cap, also where it says that it is small."""
    for told in (None, 10):
        (tmp_path / "x.zip").write_bytes(bomb(8 * 2**20, told))
        with pytest.raises(BundleError):
            unpack(tmp_path / "x.zip", tmp_path / f"out{told}")
        assert sum(path.stat().st_size for path in tmp_path.rglob("card.md")) <= archive.SLACK + archive.BLOCK


def test_the_total_is_capped(tmp_path, monkeypatch):
    """B04: many entries that are each in order stop at the cap of them all."""
    monkeypatch.setattr(archive, "TOTAL", 100_000)
    many = [(entry(f"score_tables/f{number}.py"), bytes(1000)) for number in range(200)]
    (tmp_path / "x.zip").write_bytes(zipped(*many))
    with pytest.raises(BundleError, match="far more"):
        unpack(tmp_path / "x.zip", tmp_path / "out")


@pytest.mark.skipif(not Path("/proc/self/status").is_file(), reason="peak memory is read from /proc")
def test_a_million_entries_take_no_memory(tmp_path):
    """B04: an archive of a million entries is refused by its size alone: 200 MB are enough to say so."""
    path = tmp_path / "x.zip"
    record = struct.pack("<4s6H3L5H2L", b"PK\x01\x02", 20, 20, 0, 0, 0, 0, 0, 0, 0, 6, 0, 0, 0, 0, 0, 0) + b"a.json"
    directory = record * 1_000_000
    with path.open("wb") as file:
        file.write(b"PK\x03\x04" + bytes(26) + directory)
        file.write(struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, 65535, 65535, len(directory), 30, 0))
    code = (
        "import sys; from pathlib import Path; from automl.bundle.archive import unpack\n"
        "from automl.errors import BundleError\n"
        "try: unpack(Path(sys.argv[1]), Path(sys.argv[1] + '.out'))\n"
        "except BundleError as error: print(error.what)\n"
        "print(*(line.split()[1] for line in open('/proc/self/status') if line.startswith('VmHWM')))"
    )
    done = subprocess.run([sys.executable, "-c", code, path], capture_output=True, text=True, check=True)
    what, peak = done.stdout.splitlines()
    assert "more than 10,000 entries" in what
    assert int(peak) < 200_000, "kilobytes"


def overlapping() -> Iterator[bytes]:
    """Archives whose directory does not tell the truth."""
    good = zipped((entry("card.md"), b"a" * 50), (entry("score.py"), b"b" * 50))
    first, second = (good.index(b"PK\x01\x02"), good.rindex(b"PK\x01\x02"))
    offset = slice(second + 42, second + 46)
    yield good[: offset.start] + bytes(4) + good[offset.stop :]  # both at one place
    yield good + b"more"
    yield b"#!/bin/sh\n" + good
    yield good[:-2] + b"\x04\x00note"
    yield good[:first] + good[second:]
    yield good[:60]
    yield good[:-1]
    yield good[: first + 8] + b"\x01\x00" + good[first + 10 :]  # encrypted
    yield good[: first + 10] + b"\x0e\x00" + good[first + 12 :]  # LZMA
    crc = zlib.crc32(b"a" * 50)
    yield good.replace(struct.pack("<L", crc), struct.pack("<L", crc ^ 1))
    yield b"PK\x05\x06" + bytes(18)


@pytest.mark.parametrize("content", list(overlapping()))
def test_archives_that_lie(content, tmp_path):
    """B04: entries over each other, bytes before and after, other ways to pack, wrong sums: refused, nothing loads."""
    (tmp_path / "x.zip").write_bytes(content)
    with pytest.raises(BundleError) as raised:
        Bundle.load(tmp_path / "x.zip")
    assert raised.value.exit_code == 7


def test_a_full_folder_for_temporary_files_is_the_machines(full_disk, packed, tmp_path, monkeypatch):
    """R08: where there is no room to unpack, exit 6 and what to do; the bundle is as good as it was."""
    with full_disk(), pytest.raises(MachineError, match="disk is full"):
        unpack(packed, tmp_path / "x")
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "nowhere"))
    with pytest.raises(MachineError, match="the machine refused"):
        Bundle.load(packed)
