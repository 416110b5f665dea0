"""Scorers that automl has released: a bundle's own code is one of them, whoever wrote the bundle.

`released.sha256` has the SHA-256 of each text that a release wrote; what this automl writes itself is known too.
"""

from __future__ import annotations

import hashlib
import importlib.resources
import sys
from collections.abc import Iterator, Mapping
from functools import cache

from automl.bundle.layout import is_code

LIST = "released.sha256"


def foreign_code(files: Mapping[str, str]) -> list[str]:
    """The code among `files` (SHA-256 by name) that is not what an automl released under that name."""
    code = [(name, digest) for name, digest in files.items() if is_code(name)]
    unknown = [entry for entry in code if entry not in released()]
    return [name for name, digest in unknown if (name, digest) not in ours()]


@cache
def released() -> frozenset[tuple[str, str]]:
    """Name and SHA-256 of the code of all releases."""
    lines = importlib.resources.files("automl.bundle").joinpath(LIST).read_text("ascii").splitlines()
    return frozenset((name, digest) for digest, name in (line.split() for line in lines if not line.startswith("#")))


@cache
def ours() -> frozenset[tuple[str, str]]:
    """The same of what this automl writes."""
    return frozenset(_ours())


def _ours() -> Iterator[tuple[str, str]]:
    from automl.bundle.explain_text import code_files  # it reads our sources, which takes longer than to open a bundle

    for tables in (False, True):
        for name, text in code_files(tables=tables).items():
            yield name, hashlib.sha256(text.encode()).hexdigest()


if __name__ == "__main__":  # the lines that a release adds to the list: `make released`
    sys.stdout.writelines(f"{digest}  {name}\n" for name, digest in sorted(ours() - released()))
