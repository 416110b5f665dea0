"""Whatever goes wrong ends as words, a document if one was asked for, and an exit code."""

from __future__ import annotations

import errno
import json
import sys
from pathlib import Path

import click
import pytest

from automl.cli.telling import PIPE_CLOSED, tell
from automl.errors import AutomlError, BundleError, DataError, MachineError, SpecError, Stopped

Capture = pytest.CaptureFixture[str]


def test_an_error_of_the_family_is_its_own_words(capsys: Capture) -> None:
    """What, where and what next on stderr, nothing on stdout, and the code of its kind."""
    error = DataError("is not there", where="train.csv", hint="Write its right path.")
    assert tell(error, ["fit", "spec.toml"]) == 3
    assert capsys.readouterr() == ("", "automl: train.csv: is not there\n  Write its right path.\n")


def test_a_document_says_the_same(capsys: Capture) -> None:
    """With `--json` stdout has one document, whatever else is said on stderr."""
    assert tell(BundleError("broke", where="b"), ["verify", "b", "--json"]) == 7
    out, err = capsys.readouterr()
    error = {"what": "broke", "where": "b", "hint": None, "exit_code": 7}
    assert json.loads(out) == {"ok": False, "error": error}
    assert err == "automl: b: broke\n"


def test_wrong_words_are_a_wrong_spec(capsys: Capture) -> None:
    """What click refuses is told by click, with the code of a wrong spec."""
    assert tell(click.NoSuchOption("--recpie", possibilities=["--recipe"]), ["--json"]) == SpecError.exit_code
    out, err = capsys.readouterr()
    assert "--recpie" in err
    assert "automl:" not in err
    assert "--recipe" in json.loads(out)["error"]["what"]


@pytest.mark.parametrize("error", [KeyboardInterrupt(), click.Abort()])
def test_ctrl_c_is_a_stop(error: BaseException, capsys: Capture) -> None:
    """130, as shells have it, also where it came before anything could be resumed."""
    assert tell(error, []) == 130
    assert capsys.readouterr().err == "automl: stopped by signal 2\n"


def test_a_stop_keeps_the_number_of_its_signal(capsys: Capture) -> None:
    """SIGTERM is 143, and how to go on is said."""
    assert tell(Stopped(15, hint="`automl fit` with --resume goes on from here"), []) == 143
    assert "--resume goes on" in capsys.readouterr().err


def test_who_cannot_be_told_still_has_the_code(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """S09: stderr is full; the error keeps its exit code."""

    def refuse(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "no room")

    monkeypatch.setattr(click, "echo", refuse)
    with (tmp_path / "out").open("w") as out:
        monkeypatch.setattr(sys, "stdout", out)
        assert tell(DataError("is not there"), []) == 3


@pytest.mark.parametrize("error", [BrokenPipeError(), SystemExit(1)])
def test_a_reader_that_went_away_is_told_nothing(
    error: BaseException, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    """S09: 141 and no word; what is still written to stdout goes nowhere, so that Python's end says nothing either."""
    with (tmp_path / "out").open("w") as stdout:
        monkeypatch.setattr(sys, "stdout", stdout)
        assert tell(error, ["--json"]) == PIPE_CLOSED
        stdout.write("more")
    assert (tmp_path / "out").read_text() == ""
    assert capsys.readouterr().err == ""


def raised(message: str) -> BaseException:
    """An error that nobody foresaw, with its traceback."""
    try:
        {}[message]
    except KeyError as error:
        return error
    raise AssertionError


def test_a_bug_is_one_line_and_a_file(capsys: Capture, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its first words, cut, on one line; the traceback lies in a file, in any script, and the hint says where."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    assert tell(raised("解約\n\ud800" + "x" * 500), ["--json"]) == 1
    out, err = capsys.readouterr()
    (trace,) = (path for path in tmp_path.rglob("*") if path.is_file())
    told = json.loads(out)["error"]
    assert len(told["what"]) < 300
    assert "\n" not in told["what"]
    assert str(trace) in told["hint"]
    assert err.count("\n") == 2
    text = trace.read_text(encoding="utf-8")
    assert "Traceback" in text
    assert "{}[message]" in text


def test_with_debug_the_traceback_is_shown(capsys: Capture, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`--debug` puts it on stderr, and no file is left; a wrong spec has none to show."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    assert tell(raised("gone"), ["--debug", "fit"]) == 1
    err = capsys.readouterr().err
    assert "Traceback" in err
    assert err.endswith("automl: KeyError: 'gone'\n")
    assert list(tmp_path.iterdir()) == []
    assert tell(SpecError("is wrong"), ["--debug", "fit"]) == 2
    assert "Traceback" not in capsys.readouterr().err


def test_a_library_that_is_not_there_is_no_bug(capsys: Capture) -> None:
    """Who installed a part of what is asked for is told what to install; a module of ours that lacks is a bug."""
    assert tell(ModuleNotFoundError("no", name="pyarrow.parquet"), []) == MachineError.exit_code
    assert capsys.readouterr().err == "automl: the library 'pyarrow' is not installed\n  pip install pyarrow\n"
    assert tell(ModuleNotFoundError("no", name="automl.lerners"), []) == AutomlError.exit_code
