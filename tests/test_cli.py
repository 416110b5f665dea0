"""The command line parses, calls, renders and exits; nothing that goes wrong shows a traceback."""

from __future__ import annotations

import importlib
import json
import os
import re
import signal
import subprocess
import sys
import time
import types
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest

from automl import cli, errors
from automl.host.processes import process_start
from automl.progress import Event

SPEC = '[objective]\ntarget = "class"\n[data]\ntrain = "train.csv"\n'


@pytest.fixture
def spec(tmp_path: Path) -> Path:
    """The smallest spec that can be fitted."""
    path = tmp_path / "credit.toml"
    path.write_text(SPEC)
    return path


@pytest.fixture
def pipeline(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, object]]:
    """A pipeline that notes its calls and gives a small result."""
    calls: list[dict[str, object]] = []

    def fit(spec: object, **options: object) -> types.SimpleNamespace:
        calls.append({"spec": spec, **options})
        options["listener"](Event(stage="done", text="wrote it"))  # type: ignore[operator]  # a listener
        return types.SimpleNamespace(summary=lambda: {"score": float("nan"), "path": Path("x")}, exit_code=143)

    _install(monkeypatch, "automl.pipeline.fit", fit=fit)
    _install(monkeypatch, "automl.pipeline.plan", plan=lambda spec, out: {"target": spec.objective.target})
    _install(
        monkeypatch,
        "automl.report.text",
        render_fit=lambda _: "a good model",
        render_plan=lambda plan: f"would predict {plan['target']}",
        describe=lambda path, *, board, require_signature: {"path": str(path), "board": board},
        render_description=lambda facts: f"this is {facts['path']}",
    )
    return calls


def _install(monkeypatch: pytest.MonkeyPatch, name: str, **members: object) -> None:
    module = types.ModuleType(name)
    vars(module).update(members)
    package, _, leaf = name.rpartition(".")
    monkeypatch.setitem(sys.modules, name, module)
    monkeypatch.setattr(importlib.import_module(package), leaf, module, raising=False)


def _automl(*arguments: str, **environment: str) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [sys.executable, "-m", "automl", *arguments],
        capture_output=True,
        check=False,
        env={**os.environ, **environment},
    )


def test_help(capsys: pytest.CaptureFixture[str], golden: Callable[[str, str], None]) -> None:
    """The help of every command changes only on purpose."""
    pages = []
    for command in ((), *((name,) for name in sorted(cli.cli.commands))):
        assert cli.run([*command, "--help"]) == 0
        pages.append(capsys.readouterr().out)
    golden("help.txt", "\n".join(pages))


def test_check(spec: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A right spec is said to be right, and shown whole as TOML or JSON."""
    assert cli.run(["check", str(spec)]) == 0
    assert "the spec is right" in capsys.readouterr().out
    assert cli.run(["check", str(spec), "--resolved", "--set", "budget.time=5min"]) == 0
    assert 'time = "5min"' in capsys.readouterr().out
    assert cli.run(["check", str(spec), "--json", "--recipe", "quick"]) == 0
    assert json.loads(capsys.readouterr().out)["spec"]["recipe"]["name"] == "quick"


@pytest.mark.parametrize(
    "extra", ['[limits]\nlatncy_p99 = "2ms"\n', "[budget]\ntime = 0\n", "[budget\n", "- !!python/object:os.system\n"]
)
@pytest.mark.parametrize("command", ["check", "fit"])
def test_a_bad_spec(command: str, extra: str, spec: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """S01, S02, S06: a bad spec ends with exit code 2, its file and line on stderr, and no traceback."""
    spec.write_text(SPEC + extra)
    assert cli.run([command, str(spec)]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert re.match(r"automl: credit\.toml:\d+", err)
    assert "Traceback" not in err


def test_a_spec_without_train(spec: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The command line has no frame to stand in for the file."""
    spec.write_text('[objective]\ntarget = "class"\n')
    assert cli.run(["fit", str(spec)]) == 2
    assert "credit.toml data.train: is missing" in capsys.readouterr().err


def test_errors_with_json(spec: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """`--json` puts one document on stdout for errors too, and the words go to stderr."""
    spec.write_text(SPEC + "[limits]\nsize = 5\n")
    assert cli.run(["check", str(spec), "--json"]) == 2
    out, err = capsys.readouterr()
    assert json.loads(out)["error"] | {"what": ""} == {
        "what": "",
        "where": "credit.toml:6 limits.size",
        "hint": None,
        "exit_code": 2,
    }
    assert "limits.size" in err
    assert cli.run(["check", "--json"]) == 2
    assert json.loads(capsys.readouterr().out)["error"]["exit_code"] == 2


def test_wrong_words(capsys: pytest.CaptureFixture[str]) -> None:
    """A wrong command or option is exit code 2, with the nearest right one."""
    assert cli.run(["fitt"]) == 2
    assert "fit" in capsys.readouterr().err.rpartition("fitt")[2]
    assert cli.run(["check", "--jsn", "x"]) == 2
    assert "--json" in capsys.readouterr().err
    for words, right in ((["watch", "lok"], "look"), (["recipes", "shw"], "show"), (["schema", "verfy"], "verify")):
        assert cli.run(words) == 2
        assert f"id you mean '{right}'" in capsys.readouterr().err


def test_schema(capsys: pytest.CaptureFixture[str]) -> None:
    """`automl schema` is one JSON document."""
    assert cli.run(["schema"]) == 0
    assert json.loads(capsys.readouterr().out)["required"] == ["objective"]


def test_fit(spec: Path, pipeline: list[dict[str, object]], capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """`fit` hands its options on, tells the progress on stderr, the result on stdout, and exits with its code."""
    assert cli.run(["fit", str(spec), "--set", "budget.time=15s", "--write-anyway"]) == 143
    out, err = capsys.readouterr()
    assert (out, "wrote it" in err) == ("a good model\n", True)
    call = pipeline[0]
    assert (call["out"], call["resume"], call["write_anyway"]) == (tmp_path / "credit.bundle", False, True)
    assert call["spec"].budget.time == 15  # type: ignore[attr-defined]  # a spec
    assert call["started"] < time.monotonic()  # type: ignore[operator]  # seconds


def test_fit_with_json_and_quiet(
    spec: Path, pipeline: list[dict[str, object]], capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """`--json` prints the summary, where NaN is null; `--quiet` says nothing else."""
    assert cli.run(["fit", str(spec), "--json", "--quiet", "--out", str(tmp_path / "b"), "--resume"]) == 143
    out, err = capsys.readouterr()
    assert (json.loads(out), err) == ({"score": None, "path": "x"}, "")
    assert (pipeline[0]["out"], pipeline[0]["resume"]) == (tmp_path / "b", True)


def test_dry_run(spec: Path, pipeline: list[dict[str, object]], capsys: pytest.CaptureFixture[str]) -> None:
    """`--dry-run` tells the plan and fits nothing."""
    assert cli.run(["fit", str(spec), "--dry-run"]) == 0
    assert capsys.readouterr().out == "would predict class\n"
    assert pipeline == []


@pytest.mark.usefixtures("pipeline")
def test_show(capsys: pytest.CaptureFixture[str]) -> None:
    """`show` renders what `describe` gives, or prints it."""
    assert cli.run(["show", "credit.bundle"]) == 0
    assert capsys.readouterr().out == "this is credit.bundle\n"
    assert cli.run(["show", "credit.bundle", "--json", "--board"]) == 0
    assert json.loads(capsys.readouterr().out) == {"path": "credit.bundle", "board": True}


def test_verify(bundle: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """`verify` says what it checked; what is no bundle is exit code 7."""
    assert cli.run(["verify", str(bundle)]) == 0
    assert "golden rows have their answers" in capsys.readouterr().out
    assert cli.run(["verify", str(bundle), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["ok"] is True
    assert cli.run(["verify", str(tmp_path / "none.bundle")]) == 7


def test_predict(bundle: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """`predict` writes the scores and says how many; what is no data is exit code 3."""
    rows = tmp_path / "rows.csv"
    rows.write_text('id,age,income,job,note,day,member\na,40,"$1,000.50",clerk,hello,2024-01-02,yes\n')
    out = tmp_path / "scored.csv"
    assert cli.run(["predict", str(bundle), str(rows), "-o", str(out)]) == 0
    assert "scored 1 rows" in capsys.readouterr().err
    assert out.read_text().splitlines()[0].startswith("id,")
    assert cli.run(["predict", str(bundle), str(tmp_path / "none.csv"), "-o", str(out)]) == 3


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (errors.SpecError("x"), 2),
        (errors.DataError("x"), 3),
        (errors.LimitRefusal("x"), 4),
        (errors.VerdictRefusal("x"), 5),
        (errors.MachineError("x"), 6),
        (errors.BundleError("x"), 7),
        (errors.Stopped(15), 143),
        (KeyboardInterrupt(), 130),
    ],
)
@pytest.mark.usefixtures("pipeline")
def test_exit_codes(
    error: BaseException, code: int, spec: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Every error of the family ends as words and its own exit code."""

    def fit(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr("automl.pipeline.fit.fit", fit)
    assert cli.run(["fit", str(spec)]) == code
    assert "Traceback" not in capsys.readouterr().err


@pytest.mark.usefixtures("pipeline")
def test_a_bug(spec: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """An error nobody foresaw, a panic too, is exit code 1, one line, and a traceback in a file."""

    class PanicError(BaseException):
        pass

    def fit(*_: object, **__: object) -> None:
        raise PanicError("index out of\nbounds")

    monkeypatch.setattr("automl.pipeline.fit.fit", fit)
    assert cli.run(["fit", str(spec), "--quiet"]) == 1
    err = capsys.readouterr().err
    assert err.startswith("automl: PanicError: index out of bounds\n")
    trace = Path(err.rpartition(" ")[2].strip())
    assert "in fit" in trace.read_text()
    trace.unlink()
    assert cli.run(["--debug", "fit", str(spec), "--quiet"]) == 1
    assert "Traceback" in capsys.readouterr().err


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_signals(number: signal.Signals, code: int, spec: Path, tmp_path: Path) -> None:
    """S10: Ctrl-C and SIGTERM in a fit end with 130 and 143, words and no traceback."""
    ready = tmp_path / "ready"
    program = f"""
import pathlib, time
from automl.cli import main
from automl.pipeline import fit
def preflight(*_, **__):
    pathlib.Path({str(ready)!r}).touch()
    time.sleep(60)
fit.preflight = preflight
main(["fit", {str(spec)!r}])
"""
    process = subprocess.Popen([sys.executable, "-c", program], stderr=subprocess.PIPE)
    while not ready.exists():
        time.sleep(0.01)
        assert process.poll() is None
    process.send_signal(number)
    _, err = process.communicate()
    assert process.returncode == code
    assert b"--resume" in err
    assert b"Traceback" not in err


def test_a_closed_pipe(spec: Path) -> None:
    """S09: a reader that goes away early is no error worth words."""
    for command in (["schema"], ["check", str(spec)]):
        reader, writer = os.pipe()
        os.close(reader)
        done = subprocess.run(
            [sys.executable, "-m", "automl", *command], stdout=writer, stderr=subprocess.PIPE, check=False
        )
        os.close(writer)
        assert (done.returncode, done.stderr) == (141, b"")


def test_a_closed_stdout(spec: Path) -> None:
    """S09: without any stdout a command does its work."""
    shell = f"exec {sys.executable} -m automl check {spec} >&-"
    done = subprocess.run(["/bin/sh", "-c", shell], capture_output=True, check=False)
    assert (done.returncode, done.stderr) == (0, b"")


@pytest.mark.parametrize("closed", ["2>&-", ">&-", "<&- >&- 2>&-"])
@pytest.mark.parametrize(("what", "code"), [("good.csv", 0), ("odd.csv", 3), ("no.csv", 3), ("--nonsense", 2)])
def test_closed_streams(closed: str, what: str, code: int, bundle: Path, raw: pl.DataFrame, tmp_path: Path) -> None:
    """S09: whatever is closed, a command has its exit code, its output whole, and says nothing in the wrong place."""
    raw.head(30).write_csv(tmp_path / "good.csv")
    raw.head(30).with_columns(income=pl.lit("x")).write_csv(tmp_path / "odd.csv")
    for program in (f"{sys.executable} -m automl predict {bundle}", f"{sys.executable} {bundle}/score.py"):
        shell = f"exec {program} {what} -o out.csv {closed}"
        done = subprocess.run(["/bin/sh", "-c", shell], capture_output=True, text=True, cwd=tmp_path, check=False)
        assert (done.returncode, done.stdout) == (code, "")
        assert "Traceback" not in done.stderr
        assert bool(done.stderr) == ("2>&-" not in closed and not (code == 0 and "score.py" in program))
        assert (tmp_path / "out.csv").exists() == (code == 0)
        if code == 0:
            answers = pl.read_csv(tmp_path / "out.csv", infer_schema=False)
            assert answers["id"].to_list() == raw["id"][:30].to_list()
            (tmp_path / "out.csv").unlink()


def test_a_full_disk_behind_stdout(spec: Path) -> None:
    """R08: what cannot be written is the machine's refusal, exit 6, and no bug of ours."""
    with Path("/dev/full").open("w") as full:
        command = [sys.executable, "-m", "automl", "check", str(spec), "--resolved"]
        done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    assert done.returncode == 6
    assert done.stderr.startswith("automl: nothing more can be written")


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "utf-8"])
def test_a_poor_terminal(encoding: str, tmp_path: Path) -> None:
    """S09: 20 columns, no colour and a locale that knows few letters: plain words, no traceback, right JSON."""
    spec = tmp_path / "Kündigung.toml"
    spec.write_text('[objective]\ntarget = "解約"\n', encoding="utf-8")
    poor = {"PYTHONIOENCODING": encoding, "PYTHONUTF8": "0", "LC_ALL": "C", "NO_COLOR": "1", "COLUMNS": "20"}
    whole = ("check", str(spec), "--set", "data.train=Käufe.csv", "--resolved")
    for arguments in (("--help",), whole, (*whole, "--json")):
        done = _automl(*arguments, **poor)
        assert (done.returncode, done.stderr) == (0, b"")
        assert b"\x1b" not in done.stdout
    assert json.loads(done.stdout)["spec"]["objective"]["target"] == "解約"
    wrong = _automl("check", str(spec), "--set", "解約=1", **poor)
    assert wrong.returncode == 2
    assert b"Traceback" not in wrong.stderr


def test_example(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """`example` writes a spec that is right beside its data, and overwrites nothing."""
    folder = tmp_path / "a" / "credit"
    assert cli.run(["example", "german-credit", str(folder)]) == 0
    assert {path.name for path in folder.iterdir()} == {"spec.toml", "train.csv", "test.csv", "CREDIT.md"}
    assert cli.run(["check", str(folder / "spec.toml")]) == 0
    assert cli.run(["example", "german-credit", str(folder)]) == 2
    assert "there is already a" in capsys.readouterr().err
    assert cli.run(["example", "germn-credit", str(tmp_path)]) == 2
    assert "did you mean 'german-credit'?" in capsys.readouterr().err
    (tmp_path / "file").touch()
    assert cli.run(["example", "german-credit", str(tmp_path / "file" / "x")]) == 6


def test_the_budget_begins_with_the_process() -> None:
    """The start of the process lies before the import of anything."""
    code = (
        "import time; t = time.monotonic(); from automl.host.processes import process_start; print(t - process_start())"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, text=True)
    assert float(done.stdout) >= -0.011  # the kernel counts in hundredths of a second
    assert process_start() <= time.monotonic()
