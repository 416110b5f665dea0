"""One real server: workers die, bundles are swapped, and it ends tidily."""

from __future__ import annotations

import io
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import httpx
import psutil
import pytest
from click.testing import CliRunner

from automl.cli import cli
from automl.deploy.serve.settings import Settings
from automl.deploy.serve.supervise import serve
from automl.disk import replace_folder
from automl.errors import BundleError

PATIENCE = 60.0  # seconds for anything to happen on a busy machine


@pytest.fixture
def place(bundle, tmp_path):
    """A bundle that may be replaced."""
    return Path(shutil.copytree(bundle, tmp_path / "credit.bundle"))


def test_a_life(place, make_bundle, regression, raw, tmp_path, running, until):
    """V08, V10: a bad bundle changes nothing, a good one is swapped in, a killed worker comes back; it ends tidily."""
    row = raw.row(0, named=True)
    log = tmp_path / "log"
    with running(place, log, "--workers", "2") as server:
        first = server.predict(row).json()
        assert first["rows"][0]["decision"] in {1, 2}

        model = place / "model.onnx"
        good = model.read_bytes()
        model.write_bytes(good[:-1] + b"x")
        server.process.send_signal(signal.SIGHUP)
        assert "not the one that was written" in server.wait("swap refused")["what"]
        assert server.predict(row).json() == first

        killed = server.workers()[0]
        killed.kill()
        server.wait("worker ended")
        until(lambda: len(server.workers()) == 2)
        assert all(server.predict(row).json() == first for _ in range(10))

        new = make_bundle(regression, tmp_path / "new.bundle")
        replace_folder(Path(shutil.copytree(new, tmp_path / "staged")), place)
        server.process.send_signal(signal.SIGHUP)
        swapped = server.wait("swapped")["bundle"]
        answers = [server.predict(row).json() for _ in range(10)]
        assert {answer["bundle"] for answer in answers} == {swapped}
        assert "prediction" in answers[0]["rows"][0]

        workers = server.workers()
        with begun(server, row) as finish:
            server.process.terminate()
            time.sleep(0.5)
            assert finish().startswith(b"HTTP/1.1 200 ")
        assert server.process.wait(PATIENCE) == 0
        assert not [worker for worker in workers if worker.is_running()]
        server_log = [line["event"] for line in server.lines]
    assert server_log[-1] == "stopped"


def test_a_stranger_that_takes_the_machine_changes_nothing(place, hungry_at_once, raw, tmp_path, running):
    """V10: a swap to a bundle whose graph takes gigabytes is refused in its trial; the old one and all workers stay."""
    row = raw.row(0, named=True)
    with running(place, tmp_path / "log", "--workers", "2") as server:
        first = server.predict(row).json()
        workers = server.workers()
        replace_folder(Path(shutil.copytree(hungry_at_once, tmp_path / "staged")), place)
        server.process.send_signal(signal.SIGHUP)
        assert re.search(r"allocate|bad.alloc|ended the process", server.wait("swap refused")["what"])
        assert server.workers() == workers
        assert all(worker.memory_info().rss < 10**9 for worker in workers)
        assert all(server.predict(row).json() == first for _ in range(5))


def test_tables_are_those_that_the_workers_began_with(shop, tmp_path, running, until):
    """V08: a worker that starts anew answers as the others, whatever became of a table's file; SIGHUP reads it anew."""
    table = tmp_path / "purchases.csv"
    table.write_text("customer,amount\nk1,5\n")
    row = {"customer": "k1", "age": 30}
    (tmp_path / "other.csv").write_text("a\n1\n")
    flags = ("--table", f"purchases={table}", "--table", f"other={tmp_path / 'other.csv'}")
    with running(shop, tmp_path / "log", "--workers", "2", *flags) as server:
        first = server.predict(row).json()
        table.write_text("customer,amount\nk1,70000\n")
        killed = server.workers()[0]
        killed.kill()
        server.wait("worker ended")
        until(lambda: len(server.workers()) == 2)
        assert all(server.predict(row).json() == first for _ in range(10))
        server.process.send_signal(signal.SIGHUP)
        server.wait("swapped")
        assert [server.predict(row).json()["rows"][0]["prediction"] for _ in range(10)] == [70_030] * 10
        table.unlink()
        server.process.send_signal(signal.SIGHUP)
        assert "the table 'purchases' cannot be read" in server.wait("swap refused")["what"]
        server.predict(row).raise_for_status()
        assert [line["tables"] for line in server.lines if line["event"] == "tables not read"] == [["other"]]


@contextmanager
def begun(server, row):
    """A request of which half was sent; what is given sends the rest and returns what was answered."""
    body = json.dumps({"rows": [row]}).encode()
    host, port = server.address.removeprefix("http://").split(":")
    head = f"POST /predict HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/json\r\n"
    head += f"Content-Length: {len(body)}\r\n\r\n"
    with socket.create_connection((host, int(port)), timeout=PATIENCE) as line:
        line.sendall(head.encode() + body[:10])
        time.sleep(0.5)  # it is taken

        def finish():
            line.sendall(body[10:])
            return line.recv(65_536)

        yield finish


def test_a_worker_ends_with_its_parent(place, tmp_path, running, until):
    """V08: when the parent is killed, its workers end, so that nothing answers unwatched."""
    with running(place, tmp_path / "log") as server:
        workers = server.workers()
        server.process.kill()
        until(lambda: not any(worker.is_running() for worker in workers))


def test_it_serves_within_a_program(place, make_bundle, regression, raw, tmp_path, monkeypatch, until):
    """V08, V10: called as a function it is told where it listens, swaps, keeps its worker alive, and returns."""
    row = raw.row(0, named=True)
    log = io.StringIO()
    monkeypatch.setattr(sys, "stderr", log)
    monkeypatch.setenv("TMPDIR", str(tmp_path))

    def happened(event):
        return [line for line in map(json.loads, log.getvalue().splitlines()) if line["event"] == event]

    def predict(address):
        with httpx.Client(base_url=address, timeout=PATIENCE) as client:
            return client.post("/predict", json={"rows": [row]})

    def visit(address):
        try:
            first = predict(address).json()
            model = place / "model.onnx"
            model.write_bytes(model.read_bytes()[:-1] + b"x")
            os.kill(os.getpid(), signal.SIGHUP)
            until(lambda: happened("swap refused"))
            assert predict(address).json() == first
            new = make_bundle(regression, tmp_path / "new.bundle")
            replace_folder(Path(shutil.copytree(new, tmp_path / "staged")), place)
            os.kill(os.getpid(), signal.SIGHUP)
            until(lambda: happened("swapped"))
            second = predict(address).json()
            (worker,) = (child for child in _children() if child.is_running())
            worker.kill()
            until(lambda: happened("worker ended"))
            return first, second, predict(address).json()
        finally:
            os.kill(os.getpid(), signal.SIGINT)

    visits = []
    with ThreadPoolExecutor(1) as pool:
        serve(place, Settings(port=0), told=lambda address: visits.append(pool.submit(visit, address)))
    first, second, third = visits[0].result()
    assert "decision" in first["rows"][0]
    assert "prediction" in second["rows"][0]
    assert third == second
    assert happened("stopped")
    assert not [child for child in _children() if child.is_running()]


def _children():
    """The workers below this process."""
    below = psutil.Process().children(recursive=True)
    return [child for child in below if "automl.deploy.serve.worker" in child.cmdline()]


@pytest.mark.parametrize("broken", ["model.onnx", "manifest.json"])
def test_no_worker_no_server(broken, place, tmp_path, monkeypatch):
    """A bundle that no worker can open ends the call with the worker's own error, and leaves no process."""
    (place / broken).write_bytes(b"x")
    monkeypatch.setattr(sys, "stderr", io.StringIO())
    with pytest.raises(BundleError):
        serve(place, Settings(port=0))
    assert not [child for child in _children() if child.is_running()]


def test_a_bad_bundle_does_not_start(place, tmp_path):
    """A bundle that fails its check ends the command with code 7 and its reason."""
    (place / "model.onnx").write_bytes(b"x")
    done = subprocess.run(
        [sys.executable, "-m", "automl", "serve", str(place), "--port", "0"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 7
    assert "model.onnx: the file is not the one that was written" in done.stderr


@pytest.mark.parametrize(
    ("options", "code", "what"),
    [
        (["--host", "0.0.0.0"], 2, "AUTOML_TOKEN"),  # noqa: S104  # that it is refused
        (["--max-body", "many"], 2, "--max-body"),
        (["--tables", "/nix"], 3, "no such folder"),
        (["--table", "x"], 3, "NAME=FILE"),
    ],
)
def test_what_is_said_wrong(options, code, what, bundle, monkeypatch, capfd):
    """Options that make no sense are told before anything listens."""
    from automl.cli import run

    monkeypatch.delenv("AUTOML_TOKEN", raising=False)
    assert run(["serve", str(bundle), *options]) == code
    assert what in capfd.readouterr().err


def test_no_bundle(tmp_path):
    """Where there is no bundle, the server does not start, and the command says so (7)."""
    with pytest.raises(BundleError, match="no such bundle"):
        serve(tmp_path / "nix", Settings(port=0))
    result = CliRunner().invoke(cli, ["serve", str(tmp_path / "nix"), "--port", "0"])
    assert result.exception.exit_code == 7


def test_a_zip_is_served_and_the_signature_wanted(bundle, tmp_path):
    """B07: with a key, a bundle that its owner did not sign is not opened; a signed zip is."""
    from automl.bundle.archive import pack
    from automl.bundle.files import open_files
    from automl.bundle.signature import make_keys, sign
    from automl.deploy.serve.model import Model

    private = tmp_path / "key.pem"
    settings = Settings(key=str(make_keys(private)))
    with pytest.raises(BundleError):
        Model.open(bundle, settings)
    signed = Path(shutil.copytree(bundle, tmp_path / "signed.bundle"))
    sign(signed, private)
    pack(open_files(signed).names, open_files(signed).read, tmp_path / "signed.zip")
    model = Model.open(tmp_path / "signed.zip", settings)
    assert model.name == Model.open(bundle, Settings()).name
