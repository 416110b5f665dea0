"""Whether each library is there in a version that this package asks for, and which extras can be used."""

from __future__ import annotations

import sys
import sysconfig
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, requires, version
from importlib.util import find_spec
from pathlib import Path

from packaging.requirements import Requirement

from automl.distributions import ALSO, brought_by, version_of
from automl.doctor.finding import Finding

ITSELF = "automl"
HEAVY = ("numpy", "polars", "scipy", "sklearn")  # to import


def libraries() -> Iterator[Finding]:
    """Ours first, then what is missing or too old or too new; then each extra."""
    asked = [Requirement(text) for text in requires(ITSELF) or ()]
    needed = [one for one in asked if _applies(one, extra="")]
    wrong = [finding for finding in map(_look, needed) if finding is not None]
    yield Finding(what="automl", state="well", seen=f"{version(ITSELF)}, {len(needed)} libraries")
    yield from wrong
    yield from _twice()
    yield from _compiled()
    for extra in sorted({name for one in asked for name in _extras(one)}):
        its = [one for one in asked if not _applies(one, extra="") and _applies(one, extra=extra)]
        missing = [finding.what for finding in map(_look, its) if finding is not None]
        told = f"not installed ({', '.join(missing)})" if missing else "installed"
        hint = f"pip install 'automl[{extra}]' where it is wanted" if missing else None
        yield Finding(what=f"extra {extra}", state="note" if missing else "well", seen=told, hint=hint)


def _twice() -> Iterator[Finding]:
    """Libraries that two distributions bring: which one's files lie there hangs on the order of the installs."""
    for library in ALSO:
        if len(both := brought_by(library)) > 1:
            told = " and ".join(f"{name} {version(name)}" for name in both)
            hint = f"pip uninstall {' '.join(both)}, then pip install the one that is wanted"
            yield Finding(what=library, state="note", seen=f"is there twice, as {told}", hint=hint)


def _compiled() -> Iterator[Finding]:
    """A note where libraries are not compiled, and Python may not keep what it compiles: seconds of each process."""
    specs = {name: find_spec(name) for name in HEAVY} if sys.dont_write_bytecode else {}
    raw = [name for name, spec in specs.items() if spec and spec.cached and not Path(spec.cached).exists()]
    if raw:
        seen = f"{', '.join(raw)}: every process compiles them anew, since PYTHONDONTWRITEBYTECODE is set"
        hint = f"python -m compileall -q {sysconfig.get_path('purelib')}"
        yield Finding(what="bytecode", state="note", seen=seen, hint=hint)


def _look(one: Requirement) -> Finding | None:
    """What is wrong with a library, None for nothing."""
    hint = f"pip install '{one.name}{one.specifier}'"
    try:
        found = version_of(one.name)
    except PackageNotFoundError:
        return Finding(what=one.name, state="bad", seen="is not installed", hint=hint)
    if one.specifier.contains(found, prereleases=True):
        return None
    return Finding(what=one.name, state="bad", seen=f"{found}, and {one.specifier} is asked for", hint=hint)


def _applies(one: Requirement, *, extra: str) -> bool:
    return one.marker is None or one.marker.evaluate({"extra": extra})


def _extras(one: Requirement) -> Iterator[str]:
    """The extras that a requirement names, as its marker says: ``extra == "sql"``."""
    words = str(one.marker or "").split("extra == ")[1:]
    yield from (word.split('"')[1] for word in words)
