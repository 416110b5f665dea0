"""Whose a bundle is decides where it is opened first; what was checked is what is used."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import pytest

from automl import cli
from automl.bundle import opening, quarantine
from automl.bundle.archive import pack
from automl.bundle.files import open_files
from automl.bundle.layout import MANIFEST, SEAL
from automl.bundle.opening import take
from automl.bundle.read import Bundle
from automl.bundle.scorer import seal
from automl.bundle.signature import make_keys, sign
from automl.bundle.verify import verified, verify
from automl.deploy import batch
from automl.deploy.export.base import export
from automl.deploy.serve.model import Model
from automl.deploy.serve.settings import Settings
from automl.errors import BundleError
from automl.gates.again import again
from automl.pipeline.redecide import decide

DEADLY = "import os; os.write(1, b'ready\\n'); os.kill(os.getpid(), 8)"


@pytest.fixture
def rows(raw, tmp_path):
    """A file to score."""
    raw.head(3).write_csv(tmp_path / "rows.csv")
    return tmp_path / "rows.csv"


@pytest.fixture(params=["load", "verify", "predict", "serve", "export", "gates", "decide"])
def way(request, rows, tmp_path):
    """One of the ways by which a bundle is opened."""
    return {
        "load": Bundle.load,
        "verify": verify,
        "predict": lambda path: batch.predict(path, rows, tmp_path / "out.csv"),
        "serve": lambda path: Model.open(path, Settings()),
        "export": lambda path: export(path, "c", tmp_path / "c"),
        "gates": again,
        "decide": lambda path: decide(path, [], tmp_path / "new.bundle"),
    }[request.param]


def test_a_bundle_of_protocol_1_is_never_ones_own(monkeypatch):
    """B02: its content hash leaves out what a stranger could change, so that a copied one would do."""
    monkeypatch.setattr("automl.bundle.files.is_own", lambda _: True)
    kept = Path(__file__).parents[1] / "golden" / "bundles"
    assert not take(kept / "protocol_1.zip").files.is_trusted
    assert take(kept / "protocol_3.zip").files.is_trusted


@pytest.mark.parametrize("way", ["verify", "serve", "export", "gates"], indirect=True)
def test_code_of_ones_own_may_be_any(way, bundle, tmp_path, reseal, monkeypatch):
    """B02: a scorer that no release wrote runs, and gets into an image, only where a fit of this user wrote it."""
    copy = shutil.copytree(bundle, tmp_path / "copy.bundle")
    with (copy / "score.py").open("a", encoding="utf-8") as script:
        script.write("# another text\n")
    reseal(copy)
    with pytest.raises(BundleError, match=r"score\.py is not what automl writes"):
        way(copy)
    monkeypatch.setattr("automl.bundle.files.is_own", lambda _: True)
    way(copy)


@pytest.mark.usefixtures("as_stranger")
@pytest.mark.parametrize("form", ["folder", "zip"])
def test_a_model_that_kills_is_never_opened_here(form, way, bundle, tmp_path, monkeypatch):
    """Every way to open a stranger's bundle tries it aside first; the signal is told, exit code 7."""
    path = bundle
    if form == "zip":
        path = tmp_path / "a.zip"
        pack(open_files(bundle).names, open_files(bundle).read, path)
    monkeypatch.setattr(quarantine, "START", DEADLY)
    monkeypatch.setattr(opening, "scorer_of", lambda *_: pytest.fail("it was opened in this process"))
    with pytest.raises(BundleError, match="the model ended the process that tried it: SIGFPE") as raised:
        way(path)
    assert raised.value.exit_code == 7


def test_ones_own_and_signed_bundles_are_opened_at_once(bundle, raw, tmp_path, monkeypatch):
    """What a fit of this user wrote, and what a named key signed, needs no trial; anything else has one."""
    monkeypatch.setattr(quarantine, "START", DEADLY)
    expected = Bundle.load(bundle).predict(raw)
    verify(bundle)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    copy = Path(shutil.copytree(bundle, tmp_path / "copy.bundle"))
    public = make_keys(tmp_path / "key")
    sign(copy, tmp_path / "key")
    with pytest.raises(BundleError, match="SIGFPE"):
        Bundle.load(copy)
    assert Bundle.load(copy, require_signature=public).predict(raw).equals(expected)
    assert verified(copy, require_signature=public).predict(raw).equals(expected)
    assert verify(copy, require_signature=public).signature == "checked"


@pytest.mark.usefixtures("as_stranger")
def test_a_strangers_bundle_answers_as_ones_own(bundle, raw):
    """More checks, the same answers."""
    stranger = Bundle.load(bundle)
    assert not take(bundle).files.is_trusted
    assert stranger.predict(raw).equals(verified(bundle).predict(raw))
    assert stranger.decide(raw.row(0, named=True)) == stranger.predict(raw.head(1)).drop("id").row(0, named=True)


def test_a_copied_hash_makes_no_own_bundle(bundle, reseal, tmp_path):
    """Who writes the hash of a bundle of this user into another one is refused."""
    copy = Path(shutil.copytree(bundle, tmp_path / "copy.bundle"))
    own = open_files(bundle).manifest.content_hash
    (copy / "golden" / "rows.json").write_text('[{"age": 1}]', encoding="utf-8")
    reseal(copy)
    assert not take(copy).files.is_trusted
    text = (copy / MANIFEST).read_text(encoding="utf-8").replace(open_files(copy).manifest.content_hash, own)
    (copy / MANIFEST).write_text(text, encoding="utf-8")
    (copy / SEAL).write_bytes(seal((copy / MANIFEST).read_bytes()))
    with pytest.raises(BundleError, match="content hash is not that of the content"):
        Bundle.load(copy)


@pytest.fixture(scope="module")
def opens():
    """Every path that this process opens, as the interpreter tells."""
    seen: list[str] = []
    looking = [True]  # a hook stays for the life of the process
    sys.addaudithook(lambda event, facts: seen.append(str(facts[0])) if event == "open" and looking else None)
    yield seen
    looking.clear()


@pytest.mark.parametrize("open_it", [Bundle.load, verify, verified], ids=["load", "verify", "verified"])
@pytest.mark.parametrize("whose", ["own", "stranger"])
def test_each_file_is_read_once(open_it, whose, bundle, opens, tmp_path, monkeypatch):
    """Nobody can change a file between its check and its use: there is no second look."""
    if whose == "stranger":
        monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    opens.clear()
    open_it(bundle)
    read = [Path(path).relative_to(bundle).as_posix() for path in opens if path.startswith(str(bundle))]
    assert sorted(read) == sorted(open_files(bundle).names)


def test_what_changes_after_the_check_is_refused_not_used(bundle, raw, tmp_path):
    """A bundle that is open answers as before; whatever is read of its folder later is checked again."""
    copy = Path(shutil.copytree(bundle, tmp_path / "copy.bundle"))
    model = Bundle.load(copy)
    expected = model.predict(raw)
    before = model.files.read(MANIFEST)
    for path in copy.rglob("*"):
        if path.is_file():
            path.write_bytes(b"{}")
    assert model.predict(raw).equals(expected)
    assert model.files.read(MANIFEST) == before
    for name in set(model.files.manifest.files):
        with pytest.raises(BundleError, match="not the one that was written"):
            model.files.read(name)


@pytest.mark.parametrize("command", ["verify", "show", "predict", "serve", "export", "gates", "decide"])
def test_every_command_takes_a_signature(command, bundle, rows, tmp_path, capsys):
    """`--require-signature` refuses a bundle that the owner of the key did not sign, before all else."""
    public = make_keys(tmp_path / "key")
    more = {
        "predict": [str(rows), "-o", str(tmp_path / "out.csv")],
        "serve": ["--port", "0"],
        "export": ["--to", "c", "-o", str(tmp_path / "c")],
        "decide": ["-o", str(tmp_path / "new.bundle")],
    }
    arguments = [command, str(bundle), *more.get(command, []), "--require-signature", str(public)]
    assert cli.run(arguments) == 7
    assert "the bundle is not signed" in capsys.readouterr().err
