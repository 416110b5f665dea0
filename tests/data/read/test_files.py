"""What stands behind a path, and why there is nothing."""

from __future__ import annotations

from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from typing import ClassVar

import pytest

from automl.data.read.file_kinds import kind
from automl.data.read.files import files, said_by_folders
from automl.data.read.open_tables import open_table
from automl.errors import DataError


def _touch(folder: Path, *names: str) -> None:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text("a\n1\n")


def test_files_come_in_the_order_of_their_names(tmp_path: Path) -> None:
    """Of a folder those that are read, of its folders those that are columns; hidden and unfinished ones are not."""
    _touch(tmp_path, "b.csv", "a.csv", ".c.csv", "note.md", "x=1/d.csv", "x=1/y=2/e.csv", "other/f.csv", "_x=3/g.csv")
    found = [path.relative_to(tmp_path).as_posix() for path in files(tmp_path)]
    assert found == ["a.csv", "b.csv", "x=1/d.csv", "x=1/y=2/e.csv"]
    assert files(tmp_path / "x=*") == files(tmp_path / "x=1")
    assert files(tmp_path / "?.csv") == (tmp_path / "a.csv", tmp_path / "b.csv")
    assert files(tmp_path / "a.csv") == (tmp_path / "a.csv",)


def test_files_without_a_byte(tmp_path: Path) -> None:
    """They are left out beside others; where there are no others they are there, and told of by who reads them."""
    _touch(tmp_path, "b.csv")
    (tmp_path / "a.csv").touch()
    assert files(tmp_path) == files(tmp_path / "*.csv") == (tmp_path / "b.csv",)
    (tmp_path / "b.csv").write_bytes(b"")
    assert files(tmp_path) == (tmp_path / "a.csv", tmp_path / "b.csv")


def test_what_folders_say(tmp_path: Path) -> None:
    """Only those below what was named; a name that polars takes for a pattern is called as we call it."""
    _touch(tmp_path, "a=1/*=2%203/x.csv")
    file = tmp_path / "a=1" / "*=2%203" / "x.csv"
    assert said_by_folders(file, tmp_path) == {"a": "1", "column *": "2 3"}
    assert said_by_folders(file, tmp_path / "a=*") == {"a": "1", "column *": "2 3"}
    assert said_by_folders(file, tmp_path / "a=1") == {"column *": "2 3"}
    assert said_by_folders(file, file) == {}


@pytest.mark.parametrize(
    "where",
    [
        "https://host/rows.csv",
        "abfss://u:hunter2@host/x",
        "hdfs:///x.csv",
    ],
)
def test_an_address_is_no_file(where: str, tmp_path: Path) -> None:
    """Told as what it is, with what to do, and without what may be secret; as text, and as a path made of it."""
    for given in (where, Path(where), tmp_path / where):
        with pytest.raises(DataError, match="no rows are read from addresses of this kind") as told:
            files(given)
        assert "download it" in str(told.value)
        assert f"{where.partition(':')[0]}://" in str(told.value)
        assert "host" not in str(told.value)
        assert told.value.exit_code == 3


def test_a_folder_that_is_called_as_an_address(tmp_path: Path) -> None:
    """What is there is read, whatever it is called."""
    _touch(tmp_path, "s3:/x.csv")
    assert files(tmp_path / "s3:" / "x.csv") == (tmp_path / "s3:" / "x.csv",)


def test_folders_without_a_file_that_is_read(tmp_path: Path) -> None:
    """The folders in it are named, for the rows may be there."""
    _touch(tmp_path, "march/x.csv", "april/x.csv")
    with pytest.raises(DataError, match="has no file that is read, but folders: 'april', 'march'"):
        files(tmp_path)
    with pytest.raises(DataError, match="there is no such file"):
        files(tmp_path / "may")


def test_formats_by_name() -> None:
    """By the end of the name, in capitals too; another one is told with those that are known."""
    assert [kind(Path(name)) for name in ("a.CSV", "a.pq", "a.jsonl", "a.feather", "a.xls")] == [
        "csv", "parquet", "ndjson", "arrow", "excel",
    ]  # fmt: skip
    with pytest.raises(DataError, match=r"files ending in \.doc are not known"):
        kind(Path("a.doc"))


class _Redirect(BaseHTTPRequestHandler):
    """Sends every visitor to an address within, and notes the visit."""

    visits: ClassVar[list[str]] = []

    def do_GET(self) -> None:
        self.visits.append(self.path)
        self.send_response(302)
        self.send_header("Location", "http://127.0.0.1:1/secret.csv")
        self.end_headers()

    do_HEAD = do_GET  # noqa: N815  # so the library calls it

    def log_message(self, *_: object) -> None:
        pass


@pytest.mark.parametrize("name", ["rows.csv", "rows.parquet", "rows.ndjson", "rows.arrow", "rows.xlsx", "*.parquet"])
def test_no_address_is_visited(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """S04: rows are read from files; an address is refused before anybody is asked, so none redirects within."""
    monkeypatch.chdir(tmp_path)
    with HTTPServer(("127.0.0.1", 0), _Redirect) as server:
        Thread(target=server.serve_forever).start()
        try:
            here = f"127.0.0.1:{server.server_port}/{name}"
            for address in (f"http://{here}", f"HTTP://{here}", f"http://user:secret@{here}"):
                for read in (files, open_table):
                    with pytest.raises(DataError) as refused:
                        read(address)
                    assert "address" in refused.value.what
                    assert "secret" not in str(refused.value)
        finally:
            server.shutdown()
    assert _Redirect.visits == []


@pytest.mark.parametrize(
    "address",
    [
        "http://169.254.169.254/latest/rows.csv",
        "https://localhost/rows.csv",
        "hf://datasets/a/rows.parquet",
        "ftp://host/rows.csv",
    ],
)
def test_no_other_address_is_read(address: str, tmp_path: Path) -> None:
    """S04: none but those of object stores, also where a spec makes a path of it beside its folder."""
    for said in (address, str(tmp_path / address)):
        with pytest.raises(DataError, match="address"):
            files(said)


def test_a_spec_of_ones_own_reads_where_it_says(tmp_path: Path) -> None:
    """S03: a path above the folder and a link are read for who wrote the spec: it is no more than what they may do."""
    _touch(tmp_path, "above/rows.csv", "project/spec.toml")
    (tmp_path / "project" / "link.csv").symlink_to(tmp_path / "above" / "rows.csv")
    for said in ("../above/rows.csv", "link.csv"):
        assert open_table(tmp_path / "project" / said).frame.height == 1
