"""Stores: an SQLite file, and a PostgreSQL server of the test's own on loopback."""

from __future__ import annotations

import multiprocessing
import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from pathlib import Path

import psycopg
import pytest

from automl.watch.predictions import Writer
from automl.watch.store import open_store

HEAVY = (
    "automl.watch.look",
    "automl.watch.upkeep",
    "automl.deploy.serve.record.recorder",
)  # what takes a second to import
multiprocessing.get_context("forkserver").set_forkserver_preload(list(HEAVY))


class Postgres:
    """A server in a folder of its own, run by a user that is not root, on a port of loopback."""

    def __init__(self, folder: Path, control: str) -> None:
        self.folder, self._control = folder, control
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self._user = ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"] if os.getuid() == 0 else []
        if self._user:
            shutil.chown(folder, "postgres", "postgres")
        self.password = "canary-9b1d"  # noqa: S105  # of a server that lives as long as the tests
        secret = folder / "secret"
        secret.write_text(self.password)
        secret.chmod(0o644)
        setup = ["--pgdata", str(folder / "data"), "--auth=scram-sha-256", "--username=watch", f"--pwfile={secret}"]
        self._run(str(Path(control).with_name("initdb")), *setup, "--no-sync")

    @property
    def url(self) -> str:
        return f"postgresql://watch:{self.password}@127.0.0.1:{self.port}/postgres"

    @property
    def pid(self) -> int:
        return int((self.folder / "data" / "postmaster.pid").read_text().split()[0])

    def start(self) -> None:
        asked = f"-c listen_addresses=127.0.0.1 -c port={self.port} -c unix_socket_directories={self.folder}"
        asked += " -c fsync=off"  # who is killed leaves its pages to the system: only a power cut would lose them
        data = ["--pgdata", str(self.folder / "data"), "--log", str(self.folder / "log"), "--options", asked]
        self._run(self._control, "start", "--wait", *data)

    def stop(self) -> None:
        self._run(self._control, "stop", "--mode=immediate", "--pgdata", str(self.folder / "data"))

    def _run(self, *command: str) -> None:
        done = subprocess.run([*self._user, *command], cwd=self.folder, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture(scope="session")
def postgres(service, tmp_path_factory):
    """A running server, for whoever needs one."""
    control = Path(service("pg_ctl")).resolve()
    if os.getuid() == 0:
        try:
            pwd.getpwnam("postgres")
        except KeyError:
            pytest.skip("PostgreSQL does not run as root, and there is no user postgres")
    folder = Path(tempfile.mkdtemp(prefix="automl-postgres-"))  # pytest's own folders are closed to other users
    folder.chmod(0o755)
    try:
        server = Postgres(folder, str(control))
        server.start()
        yield server
        server.stop()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def emptied(postgres, monkeypatch):
    """The server with an empty database, whose address stands in WATCH_URL."""
    monkeypatch.setenv("WATCH_URL", postgres.url)
    with psycopg.connect(postgres.url) as connection:
        connection.execute("drop schema public cascade")
        connection.execute("create schema public")
    return postgres


@pytest.fixture(params=["sqlite", "postgres"])
def store(request, tmp_path):
    """An empty store of each kind."""
    where = str(tmp_path / "watch.db")
    if request.param == "postgres":
        request.getfixturevalue("emptied")
        where = "env:WATCH_URL"
    opened = open_store(where, create=True)
    yield opened
    opened.close()


@pytest.fixture
def lite(tmp_path):
    """An empty SQLite store."""
    opened = open_store(str(tmp_path / "lite.db"), create=True)
    yield opened
    opened.close()


@pytest.fixture(scope="session")
def roles():
    """Who writes to a store, and may be killed: also found by name, in a process of its own."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(Path(__file__).parent))
        import roles

        yield roles


@pytest.fixture(scope="session")
def model(roles):
    """Of what bundle the rows of `write` are."""
    return roles.MODEL


@pytest.fixture
def write(roles):
    """Writes rows of that bundle to a store."""

    def to(store, name, *given, **how):
        return Writer(store, roles.MODEL).write(name, roles.batch(*given, **how))

    return to
