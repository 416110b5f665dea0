"""Runs inside a fresh process: times a bundle on blocks of many rows, as `automl predict` scores them.

Called by `automl.gates.measure` with one argument, a JSON object {folder, engine, rows, blocks, seconds}; `engine` is
the folder that holds the package. The last line of stdout is a JSON object.
"""

import json
import sys
from pathlib import Path
from time import perf_counter


def main() -> None:
    """One block to warm up, then `blocks` of `rows` rows or as many as fit in `seconds`, at least one."""
    asked = json.loads(sys.argv[1])
    sys.path.insert(0, asked["engine"])
    import polars as pl

    from automl.bundle.opening import take
    from automl.bundle.read import Bundle
    from automl.bundle.score_file import written

    folder = Path(asked["folder"])
    golden = json.loads((folder / "golden" / "rows.json").read_text(encoding="utf-8"))
    beside = folder / "golden" / "tables.json"
    bundle = Bundle.of(take(folder))  # this process is one of its own
    if beside.is_file():
        bundle = bundle.given(json.loads(beside.read_text(encoding="utf-8")))
    names = list(dict.fromkeys(name for row in golden for name in row))
    cells = {name: [None if row.get(name) is None else written(row[name]) for row in golden] for name in names}
    once = pl.DataFrame(cells, schema=dict.fromkeys(names, pl.String))
    frame = pl.concat([once] * (1 + asked["rows"] // once.height)).head(asked["rows"]).rechunk()
    bundle.score(frame)
    times: list[float] = []
    end = perf_counter() + asked["seconds"]
    while len(times) < asked["blocks"] and not (times and perf_counter() > end):
        before = perf_counter()
        bundle.score(frame)
        times.append(perf_counter() - before)
    sys.stdout.write("\n" + json.dumps({"times": times}) + "\n")


if __name__ == "__main__":
    main()
