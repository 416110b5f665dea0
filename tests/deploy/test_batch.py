"""Files are scored whole, in order, and like everything else."""

from __future__ import annotations

import csv
import json
import os
import shutil
import signal
import subprocess
import sys

import numpy as np
import polars as pl
import pytest

from automl.bundle import own
from automl.bundle.layout import SEAL
from automl.bundle.read import Bundle
from automl.bundle.score_file import main, score_file
from automl.bundle.scorer import Scorer
from automl.bundle.unlike import UnlikeTrainingWarning
from automl.deploy import batch, scoring
from automl.errors import BundleError, DataError, SpecError


@pytest.fixture
def data(raw, tmp_path):
    """The raw rows as a CSV file."""
    path = tmp_path / "in.csv"
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(raw.columns)
        writer.writerows(raw.iter_rows())
    return path


@pytest.mark.parametrize("problem", ["binary", "multiclass", "regression"])
def test_predict_equals_score_py(problem, request, make_bundle, data, tmp_path):
    """The file that `predict` writes is byte for byte the one that score.py writes."""
    bundle = make_bundle(request.getfixturevalue(problem), tmp_path / "b")
    assert batch.predict(bundle, data, tmp_path / "a.csv") == 500
    score_file(Scorer(bundle), data, tmp_path / "b.csv")
    assert (tmp_path / "a.csv").read_bytes() == (tmp_path / "b.csv").read_bytes()


def test_labels_are_written_as_text(make_bundle, data, tmp_path):
    """D21: a label of True is written as its text in CSV, by `predict` as by score.py."""
    from automl.data.rows import Labels
    from automl.task import Task

    task = Task(kind="binary", classes=2)
    labels = Labels(name="t", task=task, values=(False, True), texts=("false", "true"), dtype="bool")
    bundle = make_bundle(labels, tmp_path / "b")
    batch.predict(bundle, data, tmp_path / "a.csv")
    score_file(Scorer(bundle), data, tmp_path / "b.csv")
    assert (tmp_path / "a.csv").read_bytes() == (tmp_path / "b.csv").read_bytes()
    assert set(pl.read_csv(tmp_path / "a.csv", infer_schema=False)["decision"]) == {"false", "true"}


@pytest.mark.parametrize("suffix", [".parquet", ".ndjson", ".tsv"])
def test_any_format_gives_the_same_rows(suffix, bundle, raw, tmp_path):
    """Parquet, ndjson and tsv are scored like the frame; parquet out keeps types and order."""
    path = tmp_path / f"in{suffix}"
    writers = {
        ".parquet": raw.write_parquet,
        ".ndjson": raw.write_ndjson,
        ".tsv": lambda to: raw.write_csv(to, separator="\t"),
    }
    writers[suffix](path)
    batch.predict(bundle, path, tmp_path / "out.parquet")
    assert pl.read_parquet(tmp_path / "out.parquet").equals(Bundle.load(bundle).predict(raw))


def test_chunks_do_not_show(bundle, raw, tmp_path, monkeypatch):
    """Files longer than a batch give the same rows in the same order, in parquet and in CSV; progress is told."""
    monkeypatch.setattr(scoring, "CELLS", 1)
    events = []
    long = tmp_path / "long.parquet"
    pl.concat([raw] * 20).write_parquet(long)
    answer = pl.concat([Bundle.load(bundle).predict(raw)] * 20)
    assert batch.predict(bundle, long, tmp_path / "out.parquet", listener=events.append) == 10_000
    assert pl.read_parquet(tmp_path / "out.parquet").equals(answer)
    told = [event.facts["rows"] for event in events]
    assert told[-2:] == [10_000, 10_000]
    assert all(0 < more <= 4096 for more in np.diff([0, *told[:-1]]))
    batch.predict(bundle, long, tmp_path / "out.csv")
    assert pl.read_csv(tmp_path / "out.csv").equals(answer)


def test_keys_pass_unchanged(bundle, data, tmp_path):
    """A key such as "007" is written as it was read; data without the key is scored without it."""
    text = data.read_text(encoding="utf-8").replace("c0000", "007").replace("c0001", '"a,b"')
    data.write_text(text, encoding="utf-8")
    batch.predict(bundle, data, tmp_path / "out.csv")
    assert pl.read_csv(tmp_path / "out.csv", infer_schema=False)["id"][:2].to_list() == ["007", "a,b"]
    pl.read_csv(data, infer_schema=False).drop("id").write_csv(tmp_path / "bare.csv")
    batch.predict(bundle, tmp_path / "bare.csv", tmp_path / "out.csv")
    assert pl.read_csv(tmp_path / "out.csv").columns == ["probability", "decision", "expected_cost"]


@pytest.mark.parametrize("suffix", [".csv", ".tsv", ".parquet", ".ndjson", ".arrow", ".xlsx"])
def test_no_rows_give_a_header(suffix, bundle, raw, tmp_path):
    """A file of any format without rows gives the same, in CSV and in parquet; lines of JSON have no key to give."""
    written(raw.clear(), tmp_path / f"in{suffix}")
    own = Bundle.load(bundle).columns if suffix == ".ndjson" else ["id", *Bundle.load(bundle).columns]
    assert batch.predict(bundle, tmp_path / f"in{suffix}", tmp_path / "out.csv") == 0
    assert (tmp_path / "out.csv").read_text() == ",".join(own) + "\n"
    assert batch.predict(bundle, tmp_path / f"in{suffix}", tmp_path / "out.parquet") == 0
    assert pl.read_parquet(tmp_path / "out.parquet").columns == own
    if suffix == ".csv":
        score_file(Scorer(bundle), tmp_path / "in.csv", tmp_path / "b.csv")
        assert (tmp_path / "b.csv").read_bytes() == (tmp_path / "out.csv").read_bytes()


@pytest.mark.parametrize(
    ("options", "forms"),
    [
        (batch.Options(), ("ndjson", "arrow")),
        (batch.Options(workers=2), ("arrow",)),
        pytest.param(batch.Options(workers=2), ("ndjson",), marks=pytest.mark.slow),
    ],
)
def test_parts_without_rows_are_no_rows(options, forms, bundle, raw, tmp_path):
    """Among several files, one without rows (or without a line that names columns) changes nothing."""
    folder = tmp_path / "parts"
    folder.mkdir()
    for name, part in (("a", raw.clear()), ("b", raw.head(3)), ("c", raw.clear()), ("d", raw[3:5])):
        part.write_ndjson(folder / f"{name}.ndjson")
        part.write_ipc_stream(folder / f"{name}.arrow")
    for form in forms:
        assert batch.predict(bundle, folder / f"*.{form}", tmp_path / "out.parquet", options=options) == 5
        assert pl.read_parquet(tmp_path / "out.parquet").equals(Bundle.load(bundle).predict(raw.head(5)))


NAMES = "id,age,income,job,note,day,member"
ROW = 'c1,30,"$1,000.00",clerk,x,2024-01-01,yes'


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "empty"),
        ("\ufeff", "empty"),
        ("\n\n", "empty"),
        ("id,age\n", "lacks columns"),
        (f"{NAMES},\n{ROW},\n", "column 8 has no name"),
        (f"{NAMES},\n{ROW}\n", "column 8 has no name"),
        (f"{NAMES},,\n{ROW},,\n", "same name"),
        (f"{NAMES},age\n{ROW},3\n", "same name: 'age'"),
        (f"{NAMES}\n{ROW},\n", "line 2 has 8 values"),
    ],
)
def test_what_predict_refuses_score_py_refuses(text, said, bundle, tmp_path, capsys):
    """D05, D10: no header, a name that lacks or stands twice, a comma too many: exit 3 and one reason from both."""
    (tmp_path / "in.csv").write_text(text, encoding="utf-8")
    with pytest.raises(DataError, match=said):
        batch.predict(bundle, tmp_path / "in.csv", tmp_path / "out.csv")
    assert main([str(tmp_path / "in.csv"), "-o", str(tmp_path / "out.csv"), "--bundle", str(bundle)]) == 3
    assert said in capsys.readouterr().err
    assert not (tmp_path / "out.csv").exists()


@pytest.mark.parametrize("suffix", [".csv", ".parquet"])
def test_a_failure_leaves_the_old_output(suffix, bundle, data, tmp_path):
    """V14: a bad line in the middle leaves what stood there before, and no part files."""
    out = tmp_path / f"out{suffix}"
    out.write_text("old")
    with data.open("a", encoding="utf-8") as file:
        file.write("x,1\n")
    with pytest.raises(DataError, match="line 502"):
        batch.predict(bundle, data, out)
    assert out.read_text() == "old"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in.csv", out.name]


FULL = """
import resource, signal, sys
from pathlib import Path
from automl.deploy.batch import predict
from automl.errors import MachineError
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (3_000, -1))
try:
    predict(*map(Path, sys.argv[1:]))
except MachineError as error:
    print(error)
    sys.exit(error.exit_code)
"""


@pytest.mark.parametrize("suffix", [".csv", ".parquet"])
def test_a_full_disk_is_said(suffix, bundle, data, tmp_path):
    """R08: with no room for the output there is none, exit 6, and no part file stays."""
    out = tmp_path / f"out{suffix}"
    done = subprocess.run([sys.executable, "-c", FULL, bundle, data, out], check=False, capture_output=True, text=True)
    assert done.returncode == 6
    assert out.name in done.stdout
    assert "the disk is full" in done.stdout
    assert [path.name for path in tmp_path.iterdir()] == ["in.csv"]


KILLED = """
import os, signal, sys
from pathlib import Path
from automl.deploy.batch import predict
def listener(event):
    if event.facts["rows"] > int(sys.argv[4]):
        os.kill(os.getpid(), signal.SIGKILL)
predict(*map(Path, sys.argv[1:4]), listener=listener)
"""


@pytest.mark.parametrize("after", [0, 5000])
def test_a_kill_leaves_no_half_output(after, bundle, raw, tmp_path):
    """V14: kill -9 at some chunk leaves no output under its name, or the old one whole."""
    pl.concat([raw] * 40).write_csv(tmp_path / "in.csv")
    command = [sys.executable, "-c", KILLED, bundle, tmp_path / "in.csv", tmp_path / "out.csv", str(after)]
    done = subprocess.run(command, check=False, env={**os.environ, "OMP_NUM_THREADS": "1"})
    assert done.returncode == -signal.SIGKILL
    assert not (tmp_path / "out.csv").exists()


def test_bad_requests_are_refused_first(bundle, data, tmp_path):
    """An output of an unknown kind, no bundle, or data without the columns: each is its own error."""
    with pytest.raises(SpecError, match=r"neither \.csv nor \.parquet"):
        batch.predict(bundle, data, tmp_path / "out.xlsx")
    with pytest.raises(SpecError, match="no such folder"):
        batch.predict(bundle, data, tmp_path / "nowhere" / "out.csv")
    with pytest.raises(BundleError):
        batch.predict(tmp_path, data, tmp_path / "out.csv")
    (tmp_path / "other.csv").write_text("a,b\n1,2\n")
    with pytest.raises(DataError, match="lacks columns"):
        batch.predict(bundle, tmp_path / "other.csv", tmp_path / "out.csv")


def test_what_is_read_is_not_overwritten(bundle, data, raw, tmp_path):
    """An output that is the input, by whatever name, or a file of the bundle is refused before anything is written."""
    before = data.read_bytes()
    (tmp_path / "again.csv").symlink_to(data)
    for out in (data, tmp_path / "again.csv"):
        with pytest.raises(SpecError, match="would be overwritten"):
            batch.predict(bundle, data, out)
    with pytest.raises(SpecError, match="inside the bundle"):
        batch.predict(bundle, data, bundle / "scored.csv")
    assert data.read_bytes() == before
    Bundle.load(bundle)


def test_the_file_of_a_folder_that_lacks_a_column_is_named(bundle, raw, tmp_path):
    """Among many parts it is the one to mend; a part without rows is none."""
    parts = tmp_path / "parts"
    parts.mkdir()
    for name in "ab":
        raw.write_parquet(parts / f"{name}.parquet")
    (parts / "0.parquet").touch()
    assert batch.predict(bundle, parts, tmp_path / "out.csv") == 2 * raw.height
    raw.drop("age").write_parquet(parts / "b.parquet")
    with pytest.raises(DataError, match=r"b\.parquet: the data lacks a column that the model reads: 'age'"):
        batch.predict(bundle, parts, tmp_path / "out.csv")


def test_folders_are_columns_of_the_rows_to_score(bundle, raw, tmp_path):
    """A column that stands in the names of folders is read from there."""
    whole = raw.filter(pl.col("job").is_in(["clerk", "farmer"])).sort("job", maintain_order=True)
    for (job,), rows in whole.group_by("job", maintain_order=True):
        (tmp_path / "rows" / f"job={job}").mkdir(parents=True)
        rows.drop("job").write_csv(tmp_path / "rows" / f"job={job}" / "part.csv")
    whole.write_csv(tmp_path / "whole.csv")
    batch.predict(bundle, tmp_path / "rows", tmp_path / "a.csv")
    batch.predict(bundle, tmp_path / "whole.csv", tmp_path / "b.csv")
    assert (tmp_path / "a.csv").read_bytes() == (tmp_path / "b.csv").read_bytes()


def test_costs_that_the_bundle_does_not_read_are_refused(bundle, data, tmp_path):
    """A file of costs for a model whose spec names none would be ignored in silence: it is refused, and says why."""
    (tmp_path / "costs.csv").write_text("miss\n1\n")
    with pytest.raises(SpecError, match="reads no cost file"):
        batch.predict(bundle, data, tmp_path / "out.csv", costs=tmp_path / "costs.csv")
    assert not (tmp_path / "out.csv").exists()


def test_a_killed_run_goes_on_where_it_was(bundle, raw, tmp_path, monkeypatch):
    """V14: kill -9 after some chunk, then --resume: only the others are scored, and no row is lost or doubled."""
    monkeypatch.setattr(scoring, "CELLS", 1)
    long = tmp_path / "in.csv"
    pl.concat([raw] * 30).write_csv(long)
    for suffix in (".csv", ".parquet"):
        whole, out = tmp_path / f"whole{suffix}", tmp_path / f"out{suffix}"
        batch.predict(bundle, long, whole)

        def stop(event):
            if event.facts["rows"] > 5_000:
                raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            batch.predict(bundle, long, out, listener=stop)
        assert not out.exists()
        if suffix == ".csv":  # what a kill in the middle of a chunk leaves behind
            with (tmp_path / ".out.csv.parts" / "rows.csv").open("ab") as file:
                file.write(b"half a li")
        events = []
        assert batch.predict(bundle, long, out, options=batch.Options(resume=True), listener=events.append) == 15_000
        assert [event.facts["rows"] for event in events] == [12_288, 15_000, 15_000]
        assert out.read_bytes() == whole.read_bytes()
        assert not list(tmp_path.glob(".*.parts"))


def killed(bundle, data, out):
    """A run that ends after its first chunk."""

    def stop(event):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        batch.predict(bundle, data, out, listener=stop)


def test_another_file_or_option_is_not_gone_on_with(bundle, raw, tmp_path, monkeypatch):
    """Parts of other rows would be a wrong answer: the run begins anew."""
    monkeypatch.setattr(scoring, "CELLS", 1)
    data, out = tmp_path / "in.parquet", tmp_path / "out.csv"
    pl.concat([raw] * 20).write_parquet(data)
    killed(bundle, data, out)
    pl.concat([raw.reverse()] * 20).write_parquet(data)
    batch.predict(bundle, data, out, options=batch.Options(resume=True))
    assert pl.read_csv(out, infer_schema=False)["id"][0] == raw["id"][-1]


def test_bytes_are_looked_at_and_not_the_clock_of_a_file(bundle, raw, tmp_path, monkeypatch):
    """V14: a file of the same size and time with other rows is another one: outputs are never mixed."""
    monkeypatch.setattr(scoring, "CELLS", 1)
    data, out = tmp_path / "in.csv", tmp_path / "out.csv"
    pl.concat([raw] * 20).write_csv(data)
    before = data.stat()
    killed(bundle, data, out)
    pl.concat([raw.reverse()] * 20).write_csv(data)
    os.utime(data, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert data.stat().st_size == before.st_size
    batch.predict(bundle, data, out, options=batch.Options(resume=True))
    assert pl.read_csv(out, infer_schema=False)["id"][0] == raw["id"][-1]


@pytest.mark.parametrize("name", ["in[1]", "in?", "in*"])
@pytest.mark.parametrize("suffix", [".csv", ".parquet", ".ndjson"])
def test_a_name_that_exists_is_no_pattern(name, suffix, bundle, raw, tmp_path, monkeypatch):
    """Other files whose names it would match are neither scored nor looked at when a run goes on."""
    monkeypatch.setattr(scoring, "CELLS", 1)
    data, other, out = tmp_path / (name + suffix), tmp_path / f"in1{suffix}", tmp_path / "out.csv"
    for path, rows in ((data, raw), (other, raw.reverse())):
        write = {".csv": rows.write_csv, ".parquet": rows.write_parquet, ".ndjson": rows.write_ndjson}
        write[suffix](path)
    killed(bundle, data, out)
    other.unlink()
    told = []
    options = batch.Options(resume=True)
    assert batch.predict(bundle, data, out, options=options, listener=lambda event: told.append(event.text)) == 500
    assert not any("begins anew" in text for text in told)
    assert pl.read_csv(out, infer_schema=False)["id"].to_list() == raw["id"].to_list()


def test_damage_of_an_earlier_run_is_told(bundle, raw, tmp_path, monkeypatch):
    """V14: what cannot be gone on with is begun anew, and the run says so."""
    monkeypatch.setattr(scoring, "CELLS", 1)
    data, out = tmp_path / "in.csv", tmp_path / "out.csv"
    pl.concat([raw] * 20).write_csv(data)
    killed(bundle, data, out)
    (tmp_path / ".out.csv.parts" / "progress.json").write_bytes(b"{")
    told = []
    batch.predict(bundle, data, out, options=batch.Options(resume=True), listener=lambda event: told.append(event.text))
    assert any("begins anew" in text for text in told)


def test_several_workers_give_the_same_file(bundle, raw, tmp_path, monkeypatch):
    """The rows of each worker stand where they belong; an error of a worker is the error of the run."""
    monkeypatch.setattr(scoring, "CELLS", 1)
    pl.concat([raw] * 30).write_csv(tmp_path / "in.csv")
    batch.predict(bundle, tmp_path / "in.csv", tmp_path / "one.csv")
    batch.predict(bundle, tmp_path / "in.csv", tmp_path / "two.csv", options=batch.Options(workers=2))
    assert (tmp_path / "one.csv").read_bytes() == (tmp_path / "two.csv").read_bytes()
    pl.read_csv(tmp_path / "in.csv", infer_schema=False).drop("age").write_csv(tmp_path / "short.csv")
    with pytest.raises(DataError, match="'age'"):
        batch.predict(bundle, tmp_path / "short.csv", tmp_path / "two.csv", options=batch.Options(workers=2))


def test_columns_are_found_by_name(bundle, raw, data, tmp_path):
    """V04: any order gives the same answers; a missing column is refused or empty, an extra one ignored or refused."""
    batch.predict(bundle, data, tmp_path / "a.csv")
    turned, wide, short = (tmp_path / f"{name}.csv" for name in ("turned", "wide", "short"))
    raw.select(reversed(raw.columns)).write_csv(turned)
    batch.predict(bundle, turned, tmp_path / "b.csv")
    assert (tmp_path / "b.csv").read_bytes() == (tmp_path / "a.csv").read_bytes()
    raw.with_columns(pl.lit("x").alias("new")).write_csv(wide)
    batch.predict(bundle, wide, tmp_path / "b.csv")
    assert (tmp_path / "b.csv").read_bytes() == (tmp_path / "a.csv").read_bytes()
    with pytest.raises(DataError, match="does not read: 'new'"):
        batch.predict(bundle, wide, tmp_path / "b.csv", options=batch.Options(extra="refuse"))
    raw.drop("age").write_csv(short)
    with pytest.raises(DataError, match="'age'"):
        batch.predict(bundle, short, tmp_path / "b.csv")
    batch.predict(bundle, short, tmp_path / "b.csv", options=batch.Options(missing="empty"))
    with pytest.warns(UnlikeTrainingWarning, match="'age' has no value in any row"):
        empty = Bundle.load(bundle).predict(raw.with_columns(pl.lit("").alias("age")))
    assert pl.read_csv(tmp_path / "b.csv")["probability"].to_list() == empty["probability"].to_list()


def test_a_spreadsheet_runs_nothing(bundle, raw, tmp_path):
    """V12: with `excel_safe` a key that begins like a formula gets a quote; without, it is as it was read."""
    keys = ["=1+1", "+1", "-1", "@x", "\tx", "plain"]
    raw.head(6).with_columns(pl.Series("id", keys)).write_parquet(tmp_path / "in.parquet")
    batch.predict(bundle, tmp_path / "in.parquet", tmp_path / "a.csv")
    batch.predict(bundle, tmp_path / "in.parquet", tmp_path / "b.csv", options=batch.Options(excel_safe=True))
    assert pl.read_csv(tmp_path / "a.csv", infer_schema=False)["id"].to_list() == keys
    assert pl.read_csv(tmp_path / "b.csv", infer_schema=False)["id"].to_list() == [f"'{key}" for key in keys[:5]] + [
        "plain"
    ]
    with pytest.raises(SpecError, match="only CSV"):
        batch.predict(bundle, tmp_path / "in.parquet", tmp_path / "b.parquet", options=batch.Options(excel_safe=True))


def test_globs_and_arrow_are_read_in_parts(bundle, raw, tmp_path, monkeypatch):
    """Several files are one batch in the order of their names; Arrow files and streams, and lines of JSON, too."""
    monkeypatch.setattr(scoring, "CELLS", 1)
    long = pl.concat([raw] * 20)
    answer = Bundle.load(bundle).predict(long)
    long.head(4_000).write_parquet(tmp_path / "part-1.parquet")
    long.tail(6_000).write_parquet(tmp_path / "part-2.parquet")
    long.write_ipc(tmp_path / "file.arrow")
    long.write_ipc_stream(tmp_path / "stream.arrow")
    long.write_ndjson(tmp_path / "lines.ndjson")
    for name in ("part-*.parquet", "file.arrow", "stream.arrow", "lines.ndjson"):
        batch.predict(bundle, tmp_path / name, tmp_path / "out.parquet")
        assert pl.read_parquet(tmp_path / "out.parquet").equals(answer), name
        (tmp_path / "out.parquet").unlink()


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
@pytest.mark.parametrize("trained", ["utf-8", "cp1252", "utf-16"])
def test_each_file_is_read_in_its_own_encoding(trained, encoding, bundle, raw, tmp_path):
    """D09: whatever train was written in, a file to be scored is read by its own bytes, here and by score.py."""
    bundle = _trained_in(trained, bundle, tmp_path)
    plain, other = tmp_path / "plain.csv", tmp_path / "other.csv"
    raw.write_csv(plain)
    other.write_bytes(plain.read_text(encoding="utf-8").encode(encoding))
    batch.predict(bundle, plain, tmp_path / "plain.out.csv")
    batch.predict(bundle, other, tmp_path / "other.out.csv")
    score_file(Scorer(bundle), other, tmp_path / "script.out.csv")
    want = (tmp_path / "plain.out.csv").read_bytes()
    assert want == (tmp_path / "other.out.csv").read_bytes() == (tmp_path / "script.out.csv").read_bytes()


@pytest.mark.parametrize("content", [b"id,age\nx\x00,1\n", b"\xff\xfei\x00d\x00,", b'id,age\n"x,1\n'])
def test_a_file_that_is_no_text_is_told_by_score_py(content, bundle, tmp_path):
    """D09: words and exit 3, as `predict` has it, no traceback."""
    (tmp_path / "in.csv").write_bytes(content)
    command = [sys.executable, str(bundle / "score.py"), str(tmp_path / "in.csv"), "-o", str(tmp_path / "out.csv")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 3
    assert "in.csv" in done.stderr or "lacks" in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "out.csv").exists()


def _trained_in(encoding, bundle, tmp_path):
    """The bundle as if its training file had been written in that encoding."""
    from automl.bundle.content_hash import content_hash
    from automl.bundle.scorer import seal

    copy = tmp_path / "trained.bundle"
    shutil.copytree(bundle, copy)
    manifest = json.loads((copy / "manifest.json").read_text(encoding="utf-8"))
    manifest["dialect"] = {**manifest["dialect"], "encoding": encoding}
    manifest["content_hash"] = content_hash(manifest)
    text = json.dumps(manifest).encode()
    (copy / "manifest.json").write_bytes(text)
    (copy / SEAL).write_bytes(seal(text))
    own.note(manifest["content_hash"])  # a stranger's would be tried in a process of its own
    return copy


@pytest.mark.parametrize(
    ("suffix", "workers"),
    [
        *((suffix, 1) for suffix in (".csv", ".parquet", ".ndjson", ".arrow", ".xlsx")),
        (".csv", 2),
        pytest.param(".parquet", 2, marks=pytest.mark.slow),
    ],
)
def test_a_column_that_cannot_be_read_is_refused(suffix, workers, bundle, raw, tmp_path, monkeypatch):
    """In any format and by any number of workers: exit 3 and no output; where it is allowed, a word and the answers."""
    monkeypatch.setattr(scoring, "CELLS", 1)
    odd = raw.with_columns(income=pl.lit("1.234,50"), age=pl.Series(["x", *raw["age"][1:]]))
    path, out = tmp_path / f"in{suffix}", tmp_path / "out.parquet"
    written(odd, path)
    with pytest.raises(DataError, match="'income': 500 of 500 filled cells cannot be read as a number") as refused:
        batch.predict(bundle, path, out, options=batch.Options(workers=workers))
    assert (refused.value.exit_code, refused.value.where) == (3, str(path))
    assert [file.name for file in tmp_path.iterdir()] == [path.name]
    told = []
    batch.predict(bundle, path, out, options=batch.Options(workers=workers, unread="empty"), listener=told.append)
    warned = [event.facts["warning"] for event in told if "warning" in event.facts]
    known = odd["age"].filter(odd["age"] != "?").len()
    assert warned == [
        f"column 'age': 1 of {known} filled cells cannot be read as a number, such as 'x'",
        "column 'income': 500 of 500 filled cells cannot be read as a number, such as '1.234,50'",
    ]
    with pytest.warns(UnlikeTrainingWarning, match="'income' has no value in any row"):
        empty = Bundle.load(bundle).predict(odd.with_columns(income=pl.lit(""), age=pl.col("age").replace("x", "")))
    assert pl.read_parquet(out).equals(empty)


def test_one_readable_cell_anywhere_is_enough(bundle, raw, tmp_path, monkeypatch):
    """The whole file counts, not its chunks; a run that was stopped counts on."""
    monkeypatch.setattr(scoring, "CELLS", 1)
    long = pl.concat([raw] * 20)
    income = pl.Series(["x"] * (long.height - 1) + ["$1,000.00"])
    long.with_columns(income=income).write_parquet(tmp_path / "in.parquet")

    def stop(event):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        batch.predict(bundle, tmp_path / "in.parquet", tmp_path / "out.csv", listener=stop)
    told, options = [], batch.Options(resume=True)
    batch.predict(bundle, tmp_path / "in.parquet", tmp_path / "out.csv", options=options, listener=told.append)
    (warned,) = [event.facts["warning"] for event in told if "warning" in event.facts]
    assert warned == "column 'income': 9,999 of 10,000 filled cells cannot be read as a number, such as 'x'"


def written(frame, path):
    """The frame as a file of the kind that its name says."""
    writers = {
        ".csv": frame.write_csv,
        ".tsv": lambda to: frame.write_csv(to, separator="\t"),
        ".parquet": frame.write_parquet,
        ".ndjson": frame.write_ndjson,
        ".arrow": frame.write_ipc,
        ".xlsx": frame.write_excel,
    }
    writers[path.suffix](path)


@pytest.mark.parametrize("chunk", [1, 64])
def test_lines_that_are_no_rows_are_left_out_and_told(chunk, bundle, raw, tmp_path, monkeypatch, capsys):
    """A preamble and headers that come again: predict and score.py answer as for the rows alone, and say the counts."""
    plain, noisy = tmp_path / "plain.csv", tmp_path / "noisy.csv"
    raw.head(70).write_csv(plain)
    header, *rows = plain.read_text(encoding="utf-8").splitlines()
    noisy.write_text("\n".join(["Export", "", header, *rows[:9], header, *rows[9:], header]), encoding="utf-8")
    monkeypatch.setattr(scoring, "CELLS", chunk)
    told = []
    assert batch.predict(bundle, plain, tmp_path / "want.csv") == 70
    assert batch.predict(bundle, noisy, tmp_path / "got.csv", listener=told.append) == 70
    (warned,) = [event.facts["warning"] for event in told if "warning" in event.facts]
    said = f"{noisy}: left out: 2 lines above the header and 2 lines as the header is"
    assert warned == said
    assert main([str(noisy), "-o", str(tmp_path / "alone.csv"), "--bundle", str(bundle)]) == 0
    assert capsys.readouterr().err == f"{said}\n"
    want = (tmp_path / "want.csv").read_bytes()
    assert (tmp_path / "got.csv").read_bytes() == (tmp_path / "alone.csv").read_bytes() == want
