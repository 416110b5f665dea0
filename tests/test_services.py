"""What `make services` installs: a test that needs it is skipped without it, and fails in CI."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
NOWHERE = "no-such-program-of-ours"


def test_a_service_is_found_under_any_of_its_names(service: Callable[..., str]) -> None:
    """The first name that there is."""
    assert Path(service(NOWHERE, "sh")).name == "sh"


@pytest.mark.parametrize(("ci", "ends"), [("true", pytest.fail.Exception), ("", pytest.skip.Exception)])
def test_what_is_not_there_is_told(ci: str, ends: type[BaseException], service, monkeypatch) -> None:
    """Skipped on a machine of one's own, a failure in CI, with the command that mends it."""
    monkeypatch.setenv("CI", ci)
    with pytest.raises(ends, match=f"no {NOWHERE} here: `make services`"):
        service(NOWHERE)


@pytest.mark.parametrize("there", [True, False])
def test_services_are_installed_once(there: bool, tmp_path: Path) -> None:
    """Nothing is asked of apt where all is there; else all of it is, as root without sudo."""
    log = tmp_path / "log"
    for name, code in (("dpkg", 0 if there else 1), ("apt-get", 0), ("sudo", 0), ("env", 0)):
        (tmp_path / name).write_text(f'#!/bin/sh\necho "{name} $*" >> {log}\nexit {code}\n', encoding="utf-8")
        (tmp_path / name).chmod(0o755)
    (tmp_path / "id").write_text("#!/bin/sh\necho 0\n", encoding="utf-8")
    (tmp_path / "id").chmod(0o755)
    command = ["make", "-C", str(ROOT), "services"]
    subprocess.run(command, env={"PATH": f"{tmp_path}:/usr/bin:/bin"}, check=True, capture_output=True)
    called = log.read_text(encoding="utf-8").splitlines()
    assert called[0].split()[-4:] == ["chromium", "postgresql", "iproute2", "prometheus"]
    assert [line.split()[0] for line in called[1:]] == ([] if there else ["apt-get", "env"])


def test_ci_installs_them_before_the_tests() -> None:
    """`.ci/run` asks for the services while it installs, then runs the tests."""
    lines = (ROOT / ".ci" / "run").read_text(encoding="utf-8").splitlines()
    asked = [line.split("#")[0].split()[-2:] for line in lines if "make " in line.split("#")[0]]
    assert asked == [["services", "dev"], ["--jobs=2", "test"]]
