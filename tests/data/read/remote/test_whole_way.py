"""From an object store to a model and back: rows scored whole or not at all, and no key in anything that is written."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from click.testing import CliRunner

from automl.cli import cli
from automl.data.read.source import load
from automl.deploy import batch
from automl.errors import DataError, SpecError
from automl.spec import load as load_spec

SPEC = """
[objective]
target = "y"
[data]
train = "s3://shop/way/train.parquet"
test = "s3://shop/way/test/*.csv"
key = "id"
[budget]
time = "5min"
trials = 1
executor = "inline"
workers = 1
[recipe]
folds = 2
learners = ["constant", "linear"]
"""


def rows(n: int, seed: int) -> pl.DataFrame:
    draw = np.random.default_rng(seed)
    x, word = draw.normal(size=n), draw.choice(["car", "boat"], n)
    return pl.DataFrame(
        {"id": np.arange(n) + seed, "x": x, "word": word, "y": x + (word == "car") + draw.normal(size=n)}
    )


def as_bytes(frame: pl.DataFrame, form: str) -> bytes:
    buffer = io.BytesIO()
    {"csv": frame.write_csv, "parquet": frame.write_parquet}[form](buffer)
    return buffer.getvalue()


def automl(*words: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "automl", *words]
    return subprocess.run(command, cwd=cwd, env=os.environ, capture_output=True, text=True, check=False)


def test_from_a_store_and_back(s3, tmp_path, monkeypatch):
    """S05: a fit on s3:// and its scoring into s3:// write and print no key; a wrong one ends in exit code 3."""
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "home"))
    s3.put("way/train.parquet", as_bytes(rows(600, 1), "parquet"))
    s3.put("way/test/1.csv", as_bytes(rows(200, 2), "csv"))
    (tmp_path / "way.toml").write_text(SPEC, encoding="utf-8")
    assert load_spec(tmp_path / "way.toml").data.train == "s3://shop/way/train.parquet"
    said = []
    for words in (
        ("fit", "way.toml", "--out", "way.bundle"),
        ("predict", "way.bundle", "s3://shop/way/test/*.csv", "-o", "s3://shop/way/out.parquet"),
    ):
        done = automl(*words, cwd=tmp_path)
        assert done.returncode == 0, done.stderr
        said.append(done.stdout + done.stderr)
    assert "s3://shop/way/out.parquet" in said[-1]
    assert load("s3://shop/way/out.parquet").frame.height == 200
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "wrong-and-secret")
    wrong = automl("fit", "way.toml", "--out", "two.bundle", cwd=tmp_path)
    assert wrong.returncode == 3, wrong.stderr
    assert "s3://shop/way/train.parquet: the store" in wrong.stderr
    said.append(wrong.stdout + wrong.stderr)
    secrets = [s3.secret, s3.settings["AWS_ACCESS_KEY_ID"], "wrong-and-secret"]
    for text in [*map(str.encode, said), *(file.read_bytes() for file in tmp_path.rglob("*") if file.is_file())]:
        assert not [secret for secret in secrets if secret.encode() in text]
    assert not list(tmp_path.glob(".automl.*.spool"))


@pytest.mark.parametrize("form", ["csv", "parquet"])
def test_the_output_is_that_of_the_disk(form, s3, bundle, raw, tmp_path):
    """Byte for byte what is written to a file."""
    raw.write_parquet(tmp_path / "in.parquet")
    s3.put("out/in.parquet", (tmp_path / "in.parquet").read_bytes())
    batch.predict(bundle, tmp_path / "in.parquet", tmp_path / f"out.{form}")
    assert batch.predict(bundle, Path("s3://shop/out/in.parquet"), Path(f"s3://shop/out/out.{form}")) == raw.height
    assert s3.get(f"out/out.{form}") == (tmp_path / f"out.{form}").read_bytes()


def test_an_output_is_whole_or_not_there(s3, bundle, raw, tmp_path):
    """V14: what fails leaves no object, and an older one as it was."""
    s3.put("whole/out.csv", b"older")
    raw.drop("age").write_parquet(tmp_path / "lacks.parquet")
    for name in ("out.csv", "new.csv"):
        with pytest.raises(DataError):
            batch.predict(bundle, tmp_path / "lacks.parquet", Path(f"s3://shop/whole/{name}"))
    assert s3.get("whole/out.csv") == b"older"
    assert s3.names("whole/") == ["whole/out.csv"]


def test_an_output_of_many_parts(s3, tmp_path):
    """A large one is sent in parts, and is one object."""
    from automl.addresses import address_of
    from automl.data.read.remote.objects import BLOCK, put

    content = os.urandom(2 * BLOCK + 5)
    (tmp_path / "large").write_bytes(content)
    put(tmp_path / "large", address_of("s3://shop/large/out.csv"))
    assert s3.get("large/out.csv") == content


def test_a_wrong_key_is_told_before_anything_is_scored(s3, bundle, raw, tmp_path, monkeypatch):
    """No hour of work ends at a door that is shut."""
    raw.write_parquet(tmp_path / "in.parquet")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "wrong-and-secret")
    events = []
    with pytest.raises(DataError, match="does not accept the key") as caught:
        batch.predict(bundle, tmp_path / "in.parquet", Path("s3://shop/out.csv"), listener=events.append)
    assert not events
    assert "secret" not in str(caught.value)


def test_what_an_output_may_not_be(s3, bundle, raw, tmp_path):
    """Neither what is read, nor the goal of --resume, nor a bundle."""
    raw.write_parquet(tmp_path / "in.parquet")
    same = Path("s3://shop/same/in.csv")
    with pytest.raises(SpecError, match="what is read"):
        batch.predict(bundle, same, same)
    with pytest.raises(SpecError, match="begins anew"):
        batch.predict(bundle, tmp_path / "in.parquet", same, options=batch.Options(resume=True))
    done = automl("fit", "way.toml", "--out", "s3://shop/way.bundle", cwd=_with_spec(tmp_path))
    assert done.returncode == 2
    assert "written to the disk" in done.stderr


def test_other_tables_come_from_a_store(s3, make_shop, tmp_path):
    """A table that the model reads is brought as its rows are."""
    shop = make_shop(tmp_path / "shop.bundle")
    purchases = pl.DataFrame({"customer": ["k1", "k1"], "amount": [5.0, 7.0]})
    s3.put("tables/purchases.parquet", as_bytes(purchases, "parquet"))
    s3.put("tables/rows.csv", b"customer,age\nk1,30\nk2,40\n")
    batch.predict(
        shop,
        Path("s3://shop/tables/rows.csv"),
        tmp_path / "out.csv",
        tables={"purchases": Path("s3://shop/tables/purchases.parquet")},
    )
    assert pl.read_csv(tmp_path / "out.csv")["prediction"].to_list() == [42.0, 40.0]


def test_init_names_addresses(s3, tmp_path):
    """`automl init` takes an object or a folder of a store, and the spec names it as it was given."""
    for where in ("s3://shop/init/rows.csv", "s3://shop/init"):
        s3.put("init/rows.csv", as_bytes(rows(100, 3), "csv"))
        out = tmp_path / f"{len(where)}.toml"
        done = CliRunner().invoke(cli, ["init", where, "--target", "y", "-y", "-o", str(out)])
        assert done.exit_code == 0, done.output
        assert load_spec(out).data.train == where


def _with_spec(folder: Path) -> Path:
    (folder / "way.toml").write_text(SPEC, encoding="utf-8")
    return folder
