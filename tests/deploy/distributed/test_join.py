"""Whoever joins, however many, and whoever is killed: the output is that of one run."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from mortal import Mortal, outlives

from automl import disk
from automl.data.read.files import files
from automl.deploy import batch
from automl.deploy.distributed import join as of
from automl.deploy.distributed.join import Joined, join
from automl.deploy.distributed.leases import ATTEMPTS, DONE, FAILED, LEASED, LOSSES, TODO, make_token, tokens
from automl.deploy.distributed.notes import complete_of
from automl.deploy.distributed.output import SUCCESS
from automl.deploy.distributed.plan import plan
from automl.errors import AutomlError, BundleError, DataError, MachineError, Stopped

Join = Callable[..., Joined]


@pytest.mark.parametrize("suffix", [".csv", ".parquet"])
@pytest.mark.parametrize("form", ["csv", "parquet", "ndjson"])
def test_one_file_is_that_of_one_run(
    form: str, suffix: str, bundle: Path, raw: pl.DataFrame, tmp_path: Path, at_once: Join
) -> None:
    """V14: byte for byte, whichever format comes in, in whichever order chunks were taken; then no parts are left."""
    data = tmp_path / f"in.{form}"
    frame = pl.concat([raw] * 2)
    {"csv": frame.write_csv, "parquet": frame.write_parquet, "ndjson": frame.write_ndjson}[form](data)
    batch.predict(bundle, data, tmp_path / f"plain{suffix}")
    plan(bundle, data, tmp_path / "job", tmp_path / f"out{suffix}", rows=170)
    assert at_once(tmp_path / "job").complete.rows == 1000
    assert (tmp_path / f"out{suffix}").read_bytes() == (tmp_path / f"plain{suffix}").read_bytes()
    assert not (tmp_path / "job" / "parts").exists()


def test_a_folder_says_when_it_is_whole(
    planned: Callable[..., Path], plain: Callable[[str], bytes], at_once: Join, tmp_path: Path
) -> None:
    """Parquet parts that any reader takes as one table, and `_SUCCESS`, which has their rows and digests."""
    folder = planned("scored")
    at_once(folder)
    plain(".parquet")
    whole = tmp_path / "scored"
    assert pl.concat(map(pl.read_parquet, files(whole))).equals(pl.read_parquet(tmp_path / "plain.parquet"))
    told = json.loads((whole / SUCCESS).read_bytes())
    assert told["rows"] == 2000
    assert [part["name"] for part in told["parts"]] == [path.name for path in files(whole)]


@pytest.mark.parametrize("suffix", [".csv", ".parquet"])
def test_no_rows_and_folders_of_files(
    suffix: str, bundle: Path, raw: pl.DataFrame, tmp_path: Path, at_once: Join
) -> None:
    """Files without rows among others, and nothing but such files; what a folder says is a column."""
    for name, frames in (("some", [raw.clear(), raw[:7], raw.clear(), raw[7:20]]), ("none", [raw.clear()])):
        folder = tmp_path / name / "year=2020"
        folder.mkdir(parents=True)
        for number, frame in enumerate(frames):
            frame.write_parquet(folder / f"{number}.parquet")
        batch.predict(bundle, tmp_path / name, tmp_path / f"plain{suffix}")
        plan(bundle, tmp_path / name, tmp_path / f"{name}.job", tmp_path / f"{name}{suffix}")
        at_once(tmp_path / f"{name}.job")
        assert (tmp_path / f"{name}{suffix}").read_bytes() == (tmp_path / f"plain{suffix}").read_bytes()


@pytest.mark.parametrize("count", [2, 4])
def test_several_at_once_write_one_output(
    count: int, planned: Callable[..., Path], plain: Callable[[str], bytes], tmp_path: Path
) -> None:
    """Each chunk is scored by one of them, and each ends when all is whole."""
    folder, ended = planned("out.parquet"), list[Joined]()
    start = threading.Barrier(count)

    def one() -> None:
        start.wait()
        ended.append(join(folder, pause=lambda _: time.sleep(0.01)))

    threads = [threading.Thread(target=one) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(joined.chunks for joined in ended) == 7
    assert [joined.complete.rows for joined in ended] == [2000] * count
    assert (tmp_path / "out.parquet").read_bytes() == plain(".parquet")


class Syncing(Mortal):
    """Ends at one of its syncs, too."""

    def sync(self, handle: int) -> None:
        self.calls(super().sync, handle)


@pytest.mark.parametrize("name", ["out.csv", "scored"])
@pytest.mark.parametrize("after", [False, True])
def test_a_worker_may_end_at_any_call(
    name: str,
    *,
    after: bool,
    bundle: Path,
    raw: pl.DataFrame,
    tmp_path: Path,
    at_once: Join,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """B12, V14: before or after each rename and sync it makes; the next worker completes the same bytes."""
    raw.write_csv(tmp_path / "in.csv")
    expected: Sequence[bytes] | None = None
    for call in range(1, 1000):
        folder, out = tmp_path / f"{call}.job", tmp_path / f"{call}" / name
        out.parent.mkdir()
        plan(bundle, tmp_path / "in.csv", folder, out, rows=250)
        with monkeypatch.context() as patched:
            patched.setattr(disk, "system", Syncing(call, after=after))
            ended = outlives(partial(at_once, folder))
        assert at_once(folder).complete.rows == 500
        got = [path.read_bytes() for path in ([out] if out.is_file() else sorted(out.iterdir()))]
        expected = expected or got
        assert got == expected, call
        if ended:
            assert call > 20
            return


def test_a_slow_worker_does_no_harm(
    planned: Callable[..., Path], plain: Callable[[str], bytes], at_once: Join, tmp_path: Path
) -> None:
    """One that others took for dead goes on after the end: it finds that all is done, and changes nothing."""
    folder = planned()
    real, slept = of._score, []

    def slow(job: of._Job, scoring: object, token: object) -> int:
        if not slept:
            slept.append(token)
            at_once(folder)
        return real(job, scoring, token)  # type: ignore[arg-type]

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(of, "_score", slow)
        assert at_once(folder).complete.rows == 2000
    assert (tmp_path / "out.csv").read_bytes() == plain(".csv")
    assert tokens(folder, LEASED) == []


def test_a_chunk_twice_is_written_once(
    planned: Callable[..., Path], plain: Callable[[str], bytes], at_once: Join, tmp_path: Path
) -> None:
    """A token that came twice, as no lease forbids it: the part is the same, and no row stands twice."""
    folder = planned()
    result = folder / "results" / "00000002.json"
    done, real = [], of._work

    def work(job: of._Job, scoring: object, token: object) -> int:
        count = real(job, scoring, token)  # type: ignore[arg-type]
        if result.exists() and not done:
            done.append(result.read_bytes())
            result.unlink()
            make_token(folder, "00000002")
        return count

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(of, "_work", work)
        assert at_once(folder).chunks == 8
    assert result.read_bytes() == done[0]
    assert (tmp_path / "out.csv").read_bytes() == plain(".csv")


def test_a_failing_chunk_is_told_by_all(
    planned: Callable[..., Path], plain: Callable[[str], bytes], at_once: Join, tmp_path: Path
) -> None:
    """Some attempts, then the reason stands in the folder; mended, what is done stays done."""
    folder, tried = planned(), []
    real = of.cut_batches

    def broken(file: object, cut: object, rows: int) -> object:
        if cut.first == 600:  # type: ignore[attr-defined]
            tried.append(cut)
            raise DataError("the file cannot be read: bad luck", where="in.csv")
        return real(file, cut, rows)  # type: ignore[arg-type]

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(of, "cut_batches", broken)
        for _ in range(2):
            with pytest.raises(DataError, match=r"chunk 3 of 7 .*rows 601 to 900.* failed: .*bad luck(.|\n)*--resume"):
                at_once(folder)
    assert len(tried) == ATTEMPTS
    assert not (tmp_path / "out.csv").exists()
    with pytest.raises(DataError, match="bad luck"):
        at_once(folder)
    assert at_once(folder, again=True).complete.rows == 2000
    assert (tmp_path / "out.csv").read_bytes() == plain(".csv")


def test_what_the_machine_refuses_ends_one_worker(planned: Callable[..., Path], at_once: Join) -> None:
    """R08: a full disk is that machine's: its chunk goes back, and others carry on."""
    folder = planned()

    def full(*_: object) -> None:
        raise MachineError("the disk is full")

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(of, "put_part", full)
        with pytest.raises(MachineError, match="the disk is full"):
            at_once(folder)
    assert [token.errors for token in tokens(folder, TODO)].count(1) == 1
    assert at_once(folder).complete.rows == 2000


def test_a_bug_is_a_reason_too(planned: Callable[..., Path], at_once: Join, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever an attempt ends with is kept, and exit code 1 says whose fault it is."""
    folder = planned()
    monkeypatch.setattr(of, "rendered_part", lambda *_: 1 // 0)
    with pytest.raises(AutomlError, match="ZeroDivisionError") as raised:
        at_once(folder)
    assert raised.value.exit_code == 1


def test_a_stop_gives_the_chunk_back(planned: Callable[..., Path], at_once: Join, tmp_path: Path) -> None:
    """S10: others need not wait for the lease to expire, and no loss is counted."""
    folder = planned()

    def stop(*_: object) -> None:
        raise Stopped(signal.SIGTERM)

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(of, "put_part", stop)
        with pytest.raises(Stopped):
            at_once(folder)
    assert tokens(folder, LEASED) == []
    assert len(tokens(folder, TODO)) == 8
    assert {(token.errors, token.losses) for token in tokens(folder, TODO)} == {(0, 0)}
    assert list((folder / "workers").iterdir()) == []


def test_a_chunk_that_ends_its_workers_is_given_up(planned: Callable[..., Path], at_once: Join) -> None:
    """R01: it must not take all machines down, one after another."""
    folder = planned()
    (folder / TODO / "00000000.0.0").rename(folder / LEASED / f"00000000.0.{LOSSES}.gone-1-aa")
    with pytest.raises(MachineError, match=f"{LOSSES + 1} workers ended"):
        at_once(folder)
    assert [token.name for token in tokens(folder, FAILED)] == ["00000000"]


def test_other_bundles_data_and_versions_are_refused(
    bundle: Path, data: Path, planned: Callable[..., Path], make_version: Callable[..., Path], tmp_path: Path
) -> None:
    """Frozen is what was looked at: each that is another now is named, and nothing is scored."""
    own = make_version(tmp_path / "own.bundle", 1)
    plan(own, data, tmp_path / "job", tmp_path / "own.csv")
    make_version(own, 2)
    with pytest.raises(BundleError, match="not the bundle that the manifest"):
        join(tmp_path / "job")
    folder = planned()
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(of, "versions", lambda: dict.fromkeys(("automl", "numpy", "onnxruntime", "polars"), "0"))
        with pytest.raises(MachineError, match="other versions"):
            join(folder)
    before = data.stat()
    content = bytearray(data.read_bytes())
    content[100] ^= 1
    data.write_bytes(content)
    os.utime(data, ns=(before.st_atime_ns, before.st_mtime_ns))
    with pytest.raises(DataError, match="bytes have changed"):
        join(folder)
    assert not (tmp_path / "out.csv").exists()


def test_cells_that_cannot_be_read_are_counted_over_all(
    bundle: Path, raw: pl.DataFrame, tmp_path: Path, at_once: Join
) -> None:
    """A column of which no cell can be read is refused at the end, as in one run; else it is a warning to all."""
    frame = raw.with_columns(income=pl.lit("no number"))
    frame.write_parquet(tmp_path / "bad.parquet", row_group_size=100)
    plan(bundle, tmp_path / "bad.parquet", tmp_path / "bad", tmp_path / "bad.csv", rows=100)
    with pytest.raises(DataError, match=r"completing the output failed: column 'income'"):
        at_once(tmp_path / "bad")
    assert not (tmp_path / "bad.csv").exists()
    pl.concat([frame[:100], raw[100:]]).write_parquet(tmp_path / "some.parquet", row_group_size=100)
    plan(bundle, tmp_path / "some.parquet", tmp_path / "some", tmp_path / "some.csv", rows=100)
    for _ in range(2):
        told: list[str] = []
        at_once(tmp_path / "some", listener=lambda event, told=told: told.append(event.text))
        assert [text for text in told if "'income': 100 of 500" in text]


@pytest.mark.parametrize("kills", [2, pytest.param(8, marks=pytest.mark.slow)])
def test_killed_processes_lose_nothing(kills: int, bundle: Path, raw: pl.DataFrame, tmp_path: Path) -> None:
    """V14: kill -9 of real workers at random moments, others take their place; one run says the same."""
    draw = np.random.default_rng(7)
    data, out, folder = tmp_path / "in.csv", tmp_path / "out.csv", tmp_path / "job"
    pl.concat([raw] * 15 * kills).write_csv(data)
    batch.predict(bundle, data, tmp_path / "plain.csv")
    plan(bundle, data, folder, out, rows=250, lease=1.0)
    command = [sys.executable, "-m", "automl", "predict", "--join", str(folder)]
    quiet = subprocess.DEVNULL
    running = [subprocess.Popen(command, stderr=quiet) for _ in range(2)]
    killed = 0
    while complete_of(folder) is None and killed < kills:
        before = len(tokens(folder, DONE))
        while len(tokens(folder, DONE)) < before + 10 and complete_of(folder) is None:
            time.sleep(0.01)
        time.sleep(draw.uniform(0.0, 0.05))
        victim = running.pop(0)
        victim.kill()
        victim.wait()
        killed += 1
        running.append(subprocess.Popen(command, stderr=quiet))
    assert [process.wait() for process in running] == [0, 0]
    assert killed
    assert out.read_bytes() == (tmp_path / "plain.csv").read_bytes()
