"""The doctor says what is well, and what is not, with what to do."""

from __future__ import annotations

import json
import tempfile
from importlib import metadata
from types import SimpleNamespace

import psutil
import pytest

from automl import cli
from automl.doctor import doctor, libraries, machine, short_fit
from automl.doctor.finding import Finding
from automl.errors import MachineError


def found(name: str, findings: object) -> Finding:
    return next(finding for finding in findings if finding.what == name)


def test_here_all_is_well_and_a_fit_ends() -> None:
    """On the machine of this test a fit of seconds gives a bundle that is whole."""
    examination = doctor.examine()
    assert examination.well
    fit = found("a short fit", examination.findings)
    assert "golden rows that is whole" in fit.seen or (fit.state == "note" and machine.is_busy())


def test_a_library_that_is_not_there_is_bad(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who lacks one is told how to get it."""
    asked = ["numpy>=2.2", "no-such-library-1>=3", "fastexcel>=0.13; extra == 'excel'", "nothing-2; extra == 'sql'"]
    monkeypatch.setattr(libraries, "requires", lambda name: asked)
    findings = list(libraries.libraries())
    missing = found("no-such-library-1", findings)
    assert (missing.state, missing.hint) == ("bad", "pip install 'no-such-library-1>=3'")
    assert found("extra sql", findings).state == "note"
    assert "nothing-2" in found("extra sql", findings).seen
    assert not any(finding.what == "numpy" for finding in findings)


def test_a_library_that_is_too_new_or_too_old_is_bad(monkeypatch: pytest.MonkeyPatch) -> None:
    """Both versions are told."""
    monkeypatch.setattr(libraries, "requires", lambda name: ["numpy<1", "polars>=999"])
    wrong = [finding for finding in libraries.libraries() if finding.state == "bad"]
    assert [finding.what for finding in wrong] == ["numpy", "polars"]
    assert metadata.version("numpy") in wrong[0].seen
    assert "<1 is asked for" in wrong[0].seen


def test_a_library_that_is_there_twice_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """Files of xgboost and of xgboost-cpu overwrite each other: a note names both versions and what to do."""
    monkeypatch.setattr(libraries, "brought_by", lambda name: ("polars", "numpy"))
    finding = next(one for one in libraries.libraries() if one.what == "xgboost" and one.state == "note")
    assert metadata.version("polars") in finding.seen
    assert metadata.version("numpy") in finding.seen
    assert finding.hint == "pip uninstall polars numpy, then pip install the one that is wanted"


def test_libraries_that_are_compiled_again_and_again_are_told(monkeypatch: pytest.MonkeyPatch, tmp_path) -> None:
    """Where Python may not keep what it compiles and nobody did before it; elsewhere nothing is said."""
    (tmp_path / "of_this_test.py").touch()
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setattr(libraries, "HEAVY", ("of_this_test", "no_such_module_1"))
    monkeypatch.setattr("sys.dont_write_bytecode", True)
    told = found("bytecode", libraries.libraries())
    assert told.seen.startswith("of_this_test: ")
    assert told.hint.startswith("python -m compileall -q ")
    monkeypatch.setattr("sys.dont_write_bytecode", False)
    assert not any(finding.what == "bytecode" for finding in libraries.libraries())


def test_a_full_memory_is_bad(monkeypatch: pytest.MonkeyPatch) -> None:
    """R01: below 1 GB nothing is tried, and the code is the machine's."""
    monkeypatch.setattr(psutil, "virtual_memory", lambda: SimpleNamespace(available=5e8, total=8e9))
    examination = doctor.examine()
    assert not examination.well
    assert found("memory", examination.findings).state == "bad"
    assert not any(finding.what == "a short fit" for finding in examination.findings)
    assert cli.run(["doctor", "--no-fit"]) == MachineError.exit_code


def test_a_container_s_share_of_the_memory_counts(monkeypatch: pytest.MonkeyPatch, tmp_path) -> None:
    """R01: what the container may take is told beside what the machine has."""
    (tmp_path / "memory.max").write_text("600000000\n")
    monkeypatch.setattr(machine, "CGROUPS", (str(tmp_path / "none"), str(tmp_path / "memory.max")))
    monkeypatch.setattr(psutil, "virtual_memory", lambda: SimpleNamespace(available=5e9, total=8e9))
    memory = found("memory", machine.machine())
    assert memory.state == "bad"
    assert "0.6 GB may be used by this container" in memory.seen


def test_a_temporary_folder_that_refuses_is_bad(monkeypatch: pytest.MonkeyPatch) -> None:
    """R08: where nothing can be written, the variable that names another place is told."""

    def refuse() -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(tempfile, "TemporaryFile", refuse)
    room = found("temporary folder", machine.machine())
    assert (room.state, "TMPDIR" in str(room.hint)) == ("bad", True)
    assert "No space left" in room.seen


def test_a_clock_that_was_never_set_is_bad(monkeypatch: pytest.MonkeyPatch) -> None:
    """R09: bundles of 1970 are no use."""
    gmtime = machine.time.gmtime
    monkeypatch.setattr(machine.time, "gmtime", lambda: gmtime(0))
    assert found("clock", machine.machine()).state == "bad"


def test_plain_ways_are_noted(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who took them by the environment is told that, not that the system is to blame."""
    monkeypatch.setenv("AUTOML_PORTABLE", "1")
    assert "AUTOML_PORTABLE" in found("workers", machine.machine()).seen


def test_a_fit_that_fails_is_bad(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its error and its hint are what is shown."""

    def fail(spec: object) -> str:
        raise MachineError("the helper does not start", hint="look at its words")

    monkeypatch.setattr(short_fit, "_fitted", fail)
    finding = short_fit.short_fit()
    assert (finding.state, finding.hint) == ("bad", "look at its words")


def test_a_fit_that_a_busy_machine_left_no_time_says_nothing_of_the_installation(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A note, where its five seconds have gone by and more wants to run than there are cores."""

    def fail(spec: object) -> str:
        raise MachineError("no learner could be fitted")

    monkeypatch.setattr(short_fit, "_fitted", fail)
    monkeypatch.setattr(short_fit, "SECONDS", -1.0)
    for busy, state in ((True, "note"), (False, "bad")):
        monkeypatch.setattr(machine, "_load", lambda busy=busy: 1000.0 if busy else 0.0)
        finding = short_fit.short_fit()
        assert finding.state == state
        assert "no learner could be fitted" in finding.seen


def test_the_command_speaks_text_and_json(capsys: pytest.CaptureFixture[str]) -> None:
    """A line for each thing, or one document with the same."""
    assert cli.run(["doctor", "--no-fit"]) == 0
    text = capsys.readouterr().out
    assert "all is well" in text
    assert cli.run(["doctor", "--no-fit", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["ok"] is True
    assert {finding["what"] for finding in told["findings"]} >= {"automl", "cores", "memory", "clock"}
