"""Our bundle timed as the rivals' models are: load, single rows and bulk, in a fresh process.

    python -m automl.bench.serve BUNDLE TEST_FILE

A single row is a dict for `Bundle.decide`; a rival is given a ready DataFrame of one row. Bulk is a frame for both.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from automl.bench.rival_kit import BULK_ROWS, SINGLE_ROWS, WARM_UP, times_of
from automl.host.processes import process_start


def serving(bundle: Path, test: Path, *, started: float) -> dict[str, object]:
    """The figures of `times_of`, and ``load_seconds`` from `started` (monotonic) to the first answer."""
    from automl.bundle.read import Bundle
    from automl.data.read.source import load

    begun = time.monotonic()
    frame = load(test).frame.head(BULK_ROWS)
    rows = frame.head(SINGLE_ROWS + WARM_UP).to_dicts()
    reading = time.monotonic() - begun
    model = Bundle.load(bundle)
    model.decide(rows[0])
    loaded = time.monotonic() - started - reading
    return {"load_seconds": loaded, **times_of(model.decide, rows, lambda: model.score(frame), frame.height)}


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the figures of a bundle as JSON."""
    bundle, test = map(Path, sys.argv[1:] if arguments is None else arguments)
    sys.stdout.write(json.dumps(serving(bundle, test, started=process_start())))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
