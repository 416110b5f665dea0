"""Rows that lie in a store and answers that go to one: the bytes of the disk, and a key in nothing that is written."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import polars as pl
import pytest
from mortal import Mortal, outlives
from object_stores import Emulated

from automl import disk
from automl.data.read.remote.objects import KeyRefused
from automl.deploy import batch
from automl.deploy.distributed import join as of
from automl.deploy.distributed import output
from automl.deploy.distributed.join import Joined
from automl.deploy.distributed.leases import DONE, TODO, tokens
from automl.deploy.distributed.manifest import read_manifest
from automl.deploy.distributed.notes import complete_of
from automl.deploy.distributed.plan import plan
from automl.errors import AutomlError, DataError, MachineError, SpecError

Join = Callable[..., Joined]


class Stored:
    """A folder of a store that is this test's own, with 1,000 rows of csv in two folders `year=...`."""

    def __init__(self, s3: Emulated, raw: pl.DataFrame, name: str) -> None:
        self.s3, self.name = s3, name
        for year in (2020, 2021):
            s3.put(f"{name}/rows/year={year}/in.csv", raw.write_csv().encode())

    def at(self, name: str) -> Path:
        """A path as the command line has it."""
        return Path(f"s3://shop/{self.name}/{name}")

    def answers(self, name: str) -> dict[str, bytes]:
        """What lies at a place or in a folder there, by name."""
        begin = f"{self.name}/{name}"
        return {key.removeprefix(begin): self.s3.get(key) for key in self.s3.names(begin)}


@pytest.fixture
def stored(s3: Emulated, raw: pl.DataFrame, tmp_path: Path) -> Stored:
    return Stored(s3, raw, tmp_path.name)


@pytest.fixture
def here(raw: pl.DataFrame, bundle: Path, tmp_path: Path, at_once: Join) -> Callable[[str], dict[str, bytes]]:
    """What one worker writes to the disk of the same rows, by the name of the output."""

    def answers(name: str) -> dict[str, bytes]:
        for year in (2020, 2021):
            (tmp_path / f"rows/year={year}").mkdir(parents=True)
            raw.write_csv(tmp_path / f"rows/year={year}/in.csv")
        out = tmp_path / "here" / name
        out.parent.mkdir()
        plan(bundle, tmp_path / "rows", tmp_path / "here.job", out, rows=250)
        at_once(tmp_path / "here.job")
        return {"": out.read_bytes()} if out.is_file() else {f"/{one.name}": one.read_bytes() for one in out.iterdir()}

    return answers


@pytest.mark.parametrize("name", ["out.csv", "scored"])
def test_a_worker_may_end_between_any_two_steps(
    name: str,
    stored: Stored,
    here: Callable[[str], dict[str, bytes]],
    bundle: Path,
    tmp_path: Path,
    at_once: Join,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """V14: before or after its renames and what it sends; the next one completes the bytes of one worker on a disk."""
    expected, put = here(name), output.put
    for call in range(1, 1000, 3):
        mortal, folder, place = Mortal(call, after=call % 2 == 0), tmp_path / f"{call}.job", f"{call}/{name}"
        plan(bundle, stored.at("rows"), folder, stored.at(place), rows=250)
        with monkeypatch.context() as patched:
            patched.setattr(disk, "system", mortal)
            patched.setattr(output, "put", lambda *given, mortal=mortal: mortal.calls(put, *given))
            ended = outlives(partial(at_once, folder))
        assert at_once(folder).complete.rows == 1000
        assert stored.answers(place) == expected, call
        if ended:
            assert call > 20
            return


def test_killed_processes_lose_nothing(
    stored: Stored, here: Callable[[str], dict[str, bytes]], bundle: Path, tmp_path: Path
) -> None:
    """V14: kill -9 of one of two real workers; what they leave is what one of them writes to a disk."""
    folder = tmp_path / "job"
    plan(bundle, stored.at("rows"), folder, stored.at("scored"), rows=250, lease=1.0)
    command = [sys.executable, "-m", "automl", "predict", "--join", str(folder)]
    running = [subprocess.Popen(command, stderr=subprocess.DEVNULL) for _ in range(2)]
    while not tokens(folder, DONE) and complete_of(folder) is None:
        time.sleep(0.01)
    running[0].kill()
    running[0].wait()
    assert running[1].wait() == 0
    assert stored.answers("scored") == here("scored")


def test_a_part_in_a_store_is_read_by_any_reader(stored: Stored, bundle: Path, tmp_path: Path, at_once: Join) -> None:
    """Parts in the order of rows and `_SUCCESS` with their digests, which say the same as one run's file."""
    batch.predict(bundle, stored.at("rows"), tmp_path / "plain.parquet")
    plan(bundle, stored.at("rows"), tmp_path / "job", stored.at("scored"), rows=250)
    at_once(tmp_path / "job")
    found = stored.answers("scored")
    told = json.loads(found.pop("/_SUCCESS"))
    assert [f"/{part['name']}" for part in told["parts"]] == list(found)
    assert pl.concat(map(pl.read_parquet, found.values())).equals(pl.read_parquet(tmp_path / "plain.parquet"))


def test_a_wrong_key_takes_no_chunk(
    stored: Stored, bundle: Path, tmp_path: Path, at_once: Join, monkeypatch: pytest.MonkeyPatch
) -> None:
    """S05: planning and joining end with exit code 3, others may go on, and nothing that is written holds a key."""
    folder, wrong, said = tmp_path / "job", "wrong-and-secret", list[str]()
    with monkeypatch.context() as patched:
        patched.setenv("AWS_SECRET_ACCESS_KEY", wrong)
        for data, out in ((stored.at("rows"), tmp_path / "out"), (bundle / "manifest.json", stored.at("scored"))):
            with pytest.raises(DataError, match=r"does not accept the key|denies access") as caught:
                plan(bundle, data, folder, out)
            said.append(str(caught.value))
    assert not folder.exists()
    plan(bundle, stored.at("rows"), folder, stored.at("scored"), rows=250)
    free = tokens(folder, TODO)
    joining = [sys.executable, "-m", "automl", "predict", "--join", str(folder)]
    for name in ("AWS_SECRET_ACCESS_KEY", "AWS_ACCESS_KEY_ID"):
        ended = subprocess.run(joining, env={**os.environ, name: wrong}, capture_output=True, text=True, check=False)
        assert ended.returncode == 3, ended.stderr
        said.append(ended.stdout + ended.stderr)
    assert tokens(folder, TODO) == free
    assert at_once(folder).complete.rows == 1000
    written = [path.read_bytes() for path in folder.rglob("*") if path.is_file()]
    for secret in (wrong, stored.s3.secret, stored.s3.settings["AWS_ACCESS_KEY_ID"]):
        assert not [text for text in (*map(str.encode, said), *written) if secret.encode() in text]


def test_a_key_that_ends_ends_one_worker(stored: Stored, bundle: Path, tmp_path: Path, at_once: Join) -> None:
    """Its next chunk would fare no better: it goes back to those whose keys are good."""
    plan(bundle, stored.at("rows"), tmp_path / "job", stored.at("scored"), rows=250)

    def refused(*_: object) -> None:
        raise KeyRefused("the store does not accept the key (ExpiredToken)")

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(of, "put_part", refused)
        with pytest.raises(DataError, match="ExpiredToken"):
            at_once(tmp_path / "job")
    assert [token.errors for token in tokens(tmp_path / "job", TODO)].count(1) == 1
    assert at_once(tmp_path / "job").complete.rows == 1000


def test_what_lies_there_is_treated_as_on_a_disk(stored: Stored, bundle: Path, tmp_path: Path, at_once: Join) -> None:
    """A folder must be empty; one object stays as it was until the new one is whole; what is read is never written."""
    rows, job = stored.at("rows"), tmp_path / "job"
    stored.s3.put(f"{stored.name}/scored/other", b"mine")
    stored.s3.put(f"{stored.name}/out.csv", b"older")
    with pytest.raises(SpecError, match="something lies"):
        plan(bundle, rows, job, stored.at("scored"))
    one = rows / "year=2020/in.csv"
    for read, written in ((rows, rows), (one, one), (rows / "year=2020", one)):
        with pytest.raises(SpecError, match="is what is read"):
            plan(bundle, read, job, written)
    assert not job.exists()
    plan(bundle, rows, job, stored.at("out.csv"), rows=250)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(output, "put", lambda *_: 1 // 0)
        with pytest.raises(AutomlError, match="ZeroDivisionError"):
            at_once(job)
    assert stored.answers("out.csv") == {"": b"older"}
    batch.predict(bundle, rows, tmp_path / "plain.csv")
    at_once(job, again=True)
    assert stored.answers("out.csv") == {"": (tmp_path / "plain.csv").read_bytes()}
    assert stored.answers("scored") == {"/other": b"mine"}


def test_a_part_that_is_gone_is_not_declared(stored: Stored, bundle: Path, tmp_path: Path, at_once: Join) -> None:
    """Somebody removed an object before all was done: there is no `_SUCCESS`."""
    plan(bundle, stored.at("rows"), tmp_path / "job", stored.at("scored"), rows=250)
    real = of.declare

    def declare(*given: object) -> None:
        stored.s3.remove(f"{stored.name}/scored/part-00000001.parquet")
        real(*given)  # type: ignore[arg-type]

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(of, "declare", declare)
        with pytest.raises(MachineError, match=r"part-00000001\.parquet is not there"):
            at_once(tmp_path / "job")
    assert "/_SUCCESS" not in stored.answers("scored")


def test_the_folder_of_leases_is_no_address(stored: Stored, bundle: Path, data: Path, tmp_path: Path) -> None:
    """Objects are not renamed; and the same plan once more finds its manifest."""
    for asked in (lambda: plan(bundle, data, stored.at("job")), lambda: read_manifest(stored.at("job"))):
        with pytest.raises(SpecError, match="a folder of a file system"):
            asked()
    for _ in range(2):
        plan(bundle, stored.at("rows"), tmp_path / "job", stored.at("scored"), rows=250)


def test_other_tables_lie_in_a_store_too(
    s3: Emulated, make_shop: Callable[[Path], Path], tmp_path: Path, at_once: Join
) -> None:
    """They are frozen with the rows: other bytes there are refused."""
    tables = {"purchases": Path("s3://shop/shared/purchases.csv")}
    s3.put("shared/purchases.csv", b"customer,amount\nk1,5.0\nk1,7.0\n")
    s3.put("shared/rows.csv", b"customer,age\nk1,30\nk2,40\n")
    shop = make_shop(tmp_path / "shop.bundle")
    for name in ("job", "changed"):
        plan(shop, Path("s3://shop/shared/rows.csv"), tmp_path / name, tmp_path / f"{name}.csv", tables=tables)
    at_once(tmp_path / "job")
    assert pl.read_csv(tmp_path / "job.csv")["prediction"].to_list() == [42.0, 40.0]
    s3.put("shared/purchases.csv", b"customer,amount\nk1,5.0\nk1,8.0\n")
    with pytest.raises(DataError, match="not the one that the manifest"):
        of.join(tmp_path / "changed")
