"""What make install and make test put on a machine is named in the lock, to the byte, as pyproject asks for it."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from automl.distributions import ALSO

ROOT = Path(__file__).parents[1]
LOCKS = {"requirements.lock": ("build",), "requirements-dev.lock": ("build", "dev", "docs")}
ENTRY = re.compile(r"^(?P<name>[a-z0-9][a-z0-9._-]*)==(?P<version>[^ ;\\]+)(?P<rest>.*)$")
HASH = re.compile(r"^    --hash=sha256:[0-9a-f]{64}( \\)?$")


def entries(lock: str) -> dict[str, set[str]]:
    """The versions of each package in a lock: one, or several for different systems."""
    found: dict[str, set[str]] = {}
    for line in (ROOT / lock).read_text().splitlines():
        if entry := ENTRY.match(line):
            found.setdefault(canonicalize_name(entry["name"]), set()).add(entry["version"])
    return found


def asked(groups: tuple[str, ...]) -> list[Requirement]:
    """The requirements of the package and of dependency groups."""
    told = tomllib.loads((ROOT / "pyproject.toml").read_text())
    lines = [*told["project"]["dependencies"], *(line for group in groups for line in told["dependency-groups"][group])]
    return [Requirement(line) for line in lines]


@pytest.mark.parametrize("lock", LOCKS)
def test_every_line_is_a_version_or_a_hash(lock: str) -> None:
    """Nothing is installed that has no hash: no range, no address, no folder."""
    lines = (ROOT / lock).read_text().splitlines()
    assert len(lines) > 100
    last_is_entry = False
    for line in lines:
        assert ENTRY.match(line) or HASH.match(line), line
        assert not (last_is_entry and ENTRY.match(line)), f"there is no hash before {line}"
        last_is_entry = bool(ENTRY.match(line))


@pytest.mark.parametrize("lock", LOCKS)
def test_the_lock_is_what_is_asked_for(lock: str) -> None:
    """After a change of pyproject.toml `make lock` writes it anew."""
    found = entries(lock)
    for need in asked(LOCKS[lock]):
        names = map(canonicalize_name, (need.name, *ALSO.get(need.name, ())))
        versions = set().union(*(found.get(name, set()) for name in names))
        assert versions, f"{need.name} is not in {lock}: run `make lock`"
        assert all(need.specifier.contains(version) for version in versions), f"{need} and {versions}: run `make lock`"


def test_both_locks_name_the_same_versions() -> None:
    """What is developed with is what is shipped with."""
    ours, theirs = entries("requirements.lock"), entries("requirements-dev.lock")
    assert {name: theirs[name] for name in ours} == ours


def test_the_image_gets_the_versions_of_the_lock() -> None:
    """What an image installs with hashes is what is developed and tested with."""
    ours, scoring = entries("requirements.lock"), entries("automl/deploy/export/scoring.lock")
    assert {"numpy", "onnxruntime", "polars"} <= set(scoring)
    assert {name: ours[name] for name in scoring} == scoring


def test_nothing_else_is_taken() -> None:
    """The Makefile installs by hashes only, and the package itself without looking further."""
    text = (ROOT / "Makefile").read_text()
    assert "EXACT := --no-deps --require-hashes --only-binary :all:" in text.splitlines()
    installs = re.findall(r"(?:pip install|\$\(PIP\))(?! --quiet --disable)[^|\n]*", text)
    assert len(installs) == 4
    assert all("$(EXACT)" in one or "--no-deps --no-build-isolation --editable ." in one for one in installs)


@pytest.mark.parametrize("lock", LOCKS)
def test_the_lock_is_slim(lock: str) -> None:
    """Nothing for cards or drawings is installed, and each of the two XGBoosts where the other is not."""
    assert not entries(lock).keys() & {"nvidia-nccl-cu12", "nvidia-nccl-cu13", "plotly", "matplotlib", "graphviz"}
    lines = [line for line in (ROOT / lock).read_text().splitlines() if line.startswith("xgboost")]
    assert lines
    for line in lines:
        assert f"sys_platform {'!=' if line.startswith('xgboost-cpu') else '=='} 'darwin'" in line
