"""Parquet read in a child first: some files end the process that reads them, and only reading tells how much it is."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path

import polars as pl

from automl.data.read.weight import Extent, added, extent_of, slices
from automl.errors import DataError

CHILD = "import sys; sys.path.insert(0, sys.argv[1]); from automl.data.read.probe import main; main(sys.argv[2:])"


def probe(paths: Sequence[Path]) -> Mapping[Path, Extent]:
    """How much each parquet file is, from a child that has read it: a panic of polars ends a process without a word.

    Costs the start of a process that imports polars, half a second. Raises DataError naming the file that kills it
    (D11); what ends in an ordinary error is left out, and to `guarded`.
    """
    if not paths or not sys.executable:
        return {}
    engine = str(Path(__file__).resolve().parents[3])
    command = [sys.executable, "-I", "-c", CHILD, engine, *(str(path.absolute()) for path in paths)]
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=False, text=True)
    told = [json.loads(line) for line in done.stdout.splitlines()]
    if done.returncode < 0 and told:
        raise DataError(
            f"the file is damaged: reading it ends the process with signal {-done.returncode}",
            where=told[-1]["path"],
            hint="export the data again",
        )
    found = {line["path"]: Extent(**line["extent"]) for line in told if "extent" in line}
    return {path: found[str(path.absolute())] for path in paths if str(path.absolute()) in found}


def main(paths: Sequence[str]) -> None:
    """In the child: name each file before it is read, and say how much it is when that went well."""
    for path in paths:
        _say(path=path)
        try:
            extent = _read(path)
        except BaseException:  # noqa: BLE001, S112  # a panic is no Exception; the parent reads it again and tells
            continue
        _say(path=path, extent=asdict(extent))


def _read(path: str) -> Extent:
    """Every value of a file is decoded, some at a time."""
    return added([extent_of(frame) for frame in slices(pl.scan_parquet(path, glob=False))])


def _say(**facts: object) -> None:
    sys.stdout.write(json.dumps(facts) + "\n")
    sys.stdout.flush()
