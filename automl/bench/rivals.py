"""The rivals: a file each, found by name, and a Python for each that has what it needs."""

from __future__ import annotations

import ast
import hashlib
import importlib.util
import re
import shutil
import subprocess
import sys
import venv
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any, Final

from automl.bench.sets import Unavailable
from automl.distributions import version_of
from automl.errors import MachineError, SpecError, nearest
from automl.plugin_modules import entries

SHIPPED: Final = Path(__file__).parents[1] / "benchmarks" / "rivals"  # in a wheel
SOURCE: Final = Path(__file__).parents[2] / "benchmarks" / "rivals"
COMMON: Final = ("pandas>=2.2,<3", "pyarrow>=18", "numpy>=1.26")  # what `rival_kit` reads the task with
INSTALL_SECONDS: Final = 1_800.0
NEED: Final = re.compile(r"([\w.-]+)(\[[\w,-]+\])?((?:[<>=!~]=?[\w.*]+,?)*)$")
_BOUND: Final = re.compile(r"(>=|==|<=|<|>)([\w.]+)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Rival:
    """A rival as its file says, not imported: `needs` are pip's words, in the order in which they are installed."""

    name: str
    path: Path
    purpose: str
    needs: tuple[str, ...]
    variant: str = ""
    variants: tuple[str, ...] = ()


def folder() -> Path:
    """Where the rivals lie: in the installed package, or in the source tree."""
    return SHIPPED if SHIPPED.is_dir() else SOURCE


def files(where: Path) -> dict[str, Path]:
    """The files of rivals by name: those of a folder, then those of third parties' entry points, not imported."""
    found = {path.stem: path for path in sorted(where.glob("*.py"))}
    for entry in entries(__name__):
        module = importlib.util.find_spec(entry.module)
        if module is None or module.origin is None:
            raise MachineError("the rival is not there", where=f"{entry.group} {entry.name}", hint="Install it anew.")
        found.setdefault(entry.name, Path(module.origin))
    return found


def names(where: Path) -> list[str]:
    """The rivals of a folder and of third parties, each variant by itself."""
    found = [find_rival(name, where, any_variant=True) for name in files(where)]
    return [name for one in found for name in ([f"{one.name}/{v}" for v in one.variants] or [one.name])]


def find_rival(name: str, where: Path, *, any_variant: bool = False) -> Rival:
    """The rival NAME or NAME/VARIANT of `files(where)`; a wrong name is answered with the nearest right one."""
    known = files(where)
    stem, _, variant = name.partition("/")
    if stem not in known:
        close = nearest(stem, known)
        hint = f"did you mean '{close}'?" if close else f"known: {', '.join(known)}"
        raise SpecError(f"no rival '{stem}'", where=str(where), hint=hint)
    rival = _read(known[stem], name, variant)
    if not any_variant and variant not in (rival.variants or ("",)):
        hint = f"write {' or '.join(f'{stem}/{one}' for one in rival.variants)}" if rival.variants else f"write {stem}"
        raise SpecError(f"the rival '{stem}' has no variant '{variant}'", where=str(rival.path), hint=hint)
    return rival


def python_for(rival: Rival, cache: Path) -> Path:
    """A Python that has what the rival needs: ours if it has, else that of a venv made once, in `cache`.

    Raises `Unavailable` with pip's last words where it cannot be made.
    """
    needs = (*COMMON, *rival.needs)
    if all(map(is_met, needs)):
        return Path(sys.executable)
    digest = hashlib.sha256(repr((needs, sys.version_info[:2])).encode()).hexdigest()[:12]
    place = cache / "venvs" / f"{rival.path.stem}-{digest}"
    python, done = place / "bin" / "python", place / "complete"
    if not done.is_file():
        shutil.rmtree(place, ignore_errors=True)
        venv.create(place, with_pip=True)
        for need in (*rival.needs, " ".join(COMMON)):
            _install(python, need.split() if " " in need else [need], rival.name)
        done.touch()
    return python


def is_met(need: str) -> bool:
    """Whether this Python has what a requirement asks for; with extras that is not known, so it has not.

    >>> is_met("numpy>=1.0"), is_met("numpy>=999"), is_met("no-such-package"), is_met("numpy[fast]>=1")
    (True, False, False, False)
    """
    found = NEED.fullmatch(need)
    if found is None or found[2]:
        return False
    try:
        have = _numbers(version_of(found[1]))
    except metadata.PackageNotFoundError:
        return False
    return all(_holds(have, sign, _numbers(bound)) for sign, bound in _BOUND.findall(found[3]))


def _holds(have: tuple[int, ...], sign: str, bound: tuple[int, ...]) -> bool:
    size = max(len(have), len(bound))
    left, right = (numbers + (0,) * (size - len(numbers)) for numbers in (have, bound))
    return {">=": left >= right, "<=": left <= right, "==": left == right, "<": left < right, ">": left > right}[sign]


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"\d+", version.partition("+")[0]))


def _install(python: Path, needs: Sequence[str], name: str) -> None:
    command = [str(python), "-I", "-m", "pip", "install", "--quiet", *needs]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=INSTALL_SECONDS, check=False)
    except subprocess.TimeoutExpired:
        raise Unavailable(f"pip took more than {INSTALL_SECONDS:.0f} s for {' '.join(needs)}", where=name) from None
    if done.returncode:
        words = (done.stderr.strip() or "no words").splitlines()[-1]
        raise Unavailable(f"pip could not install {' '.join(needs)}: {words}", where=name)


def _read(path: Path, name: str, variant: str) -> Rival:
    """What the file says of itself: its docstring, and the literals `NEEDS` and `VARIANTS`."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    said: dict[str, Any] = {}
    for node in tree.body:
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            key = node.targets[0].id
            if key in {"NEEDS", "VARIANTS"}:
                said[key] = ast.literal_eval(node.value)
    if "NEEDS" not in said:
        hint = 'write NEEDS = ("package>=1.0",), or () if it needs nothing'
        raise SpecError("a rival says what it needs", where=str(path), hint=hint)
    return Rival(
        name=name,
        path=path,
        purpose=(ast.get_docstring(tree) or "").partition("\n")[0],
        needs=tuple(said["NEEDS"]),
        variant=variant,
        variants=tuple(said.get("VARIANTS", ())),
    )
