"""The store of a watch under load: a look at ten million rows, and what `serve --log` costs. The second needs wrk.

    python benchmarks/watch_load.py write FOLDER --rows 10000000    # a store of so many rows, a tenth with labels
    python benchmarks/watch_load.py look FOLDER                     # a look at it, in a process of its own
    python benchmarks/watch_load.py serve BUNDLE                    # pairs of bursts with and without --log, in turn

Goals: a look takes at most 5 s a million rows and 1 GB; logging every row costs at most 5 % of throughput. Two launches
of the same server differ by more than that, and of two equal servers the one that is launched later is faster by 1 to
3 %: so both are launched many times, the logging one first and last in turn, and the ratio is the geometric mean of the
medians of both orders. Before each burst the same server is under the same load for as long as answers wait to be
written: what is written while a burst is timed is as much as it answers. `work` is the ratio of the processors' time a
request, which a busy machine disturbs less. Rows are those of a small bundle, answered once and written again and again
with keys and times of their own. Records go to benchmarks/results/watch_load.jsonl, the table to watch_load.md.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl
from serve_load import against
from serve_load_server import Server, write_rows

from automl.bench.records import Record, append, markdown, read
from automl.bench.run import machine, versions
from automl.bundle.read import Bundle
from automl.deploy.serve.record.recorder import PAUSE
from automl.testing._bundle import raw_rows, small_bundle
from automl.watch.labels import Labels, add_labels
from automl.watch.look import look
from automl.watch.predictions import Writer, batch_of_frames, model_of
from automl.watch.store import open_store

RESULTS = Path(__file__).parent / "results"
RECORDS = RESULTS / "watch_load.jsonl"
BATCH = 50_000  # rows
PAIRS = 5  # of bursts in a launch
LABELLED = 10  # one of so many rows
BEGIN = 1_700_000_000_000_000  # microseconds
STEP = 8_000  # microseconds between two rows: ten million are a day
GOALS = {"look_s_a_million": 5.0, "look_mb": 1_000.0, "ratio": 0.95}
HEADER = ("phase", "rows", "s", "s a million", "MB", "ratio", "work", "more", "ok", "load")


def main() -> None:
    """Run one phase, write its record, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("phase", choices=("write", "look", "serve", "table", "child"))
    parser.add_argument("where", type=Path, nargs="?")
    parser.add_argument("--rows", type=int, default=10_000_000)
    parser.add_argument("--seconds", type=float, default=4.0, help="of a burst")
    parser.add_argument("--launches", type=int, default=8, help="of both servers; half of them in each order")
    said = parser.parse_args()
    if said.phase == "child":
        print(json.dumps(looked(said.where)))
        return
    if said.phase != "table":
        load = os.getloadavg()[0]
        found = PHASES[said.phase](said)
        record = {"phase": said.phase, **found, "load_before": load, "load_after": os.getloadavg()[0]}
        when = datetime.now(UTC).isoformat(timespec="seconds")
        append(RECORDS, {**record, "machine": machine(), "versions": versions(), "date": when})
    table = "\n".join(render(read(RECORDS)))
    (RESULTS / "watch_load.md").write_text(table + "\n", encoding="utf-8")
    print(table)


def written(said: argparse.Namespace) -> dict[str, Any]:
    """A bundle and a store of its answers in a folder."""
    said.where.mkdir(exist_ok=True)
    bundle = Bundle.load(small_bundle(said.where / "small.bundle"))
    store = open_store(str(said.where / "watch.db"), create=True)
    writer = Writer(store, model_of(bundle))
    raw = pl.concat([raw_rows()] * (BATCH // 500))
    scored = bundle.score(raw, typed=False)
    texts = bundle.manifest.target.texts
    began = time.monotonic()
    for first in range(0, said.rows, BATCH):
        places = pl.int_range(first, first + BATCH, eager=True)
        keyed = raw.with_columns(id=pl.format("c{}", places))
        times = BEGIN + places * STEP
        writer.write(str(first), batch_of_frames(writer.columns, writer.keys, keyed, scored, times))
        known = range(first, first + BATCH, LABELLED)
        labels = Labels(
            key=[f"c{place}" for place in known],
            value=[texts[place // LABELLED % 2] for place in known],
            known=[BEGIN + place * STEP for place in known],
        )
        add_labels(store, labels)
    seconds = time.monotonic() - began
    store.close()
    size = (said.where / "watch.db").stat().st_size / 1e6
    return {"rows": said.rows, "s": seconds, "more": f"{size:,.0f} MB on disk", "ok": True}


def looks(said: argparse.Namespace) -> dict[str, Any]:
    """A first look at all that stands there."""
    command = [sys.executable, __file__, "child", str(said.where)]
    found: dict[str, Any] = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
    each = found["s"] / found["rows"] * 1e6
    ok = each <= GOALS["look_s_a_million"] and found["mb"] <= GOALS["look_mb"]
    return {**found, "s_a_million": each, "ok": ok}


def looked(where: Path) -> dict[str, Any]:
    """What a look takes in this process, written to a copy that nobody keeps."""
    bundle = Bundle.load(where / "small.bundle")
    store = open_store(str(where / "watch.db"))
    with store.reading() as connection:
        rows, last = connection.exec_driver_sql("select sum(rows), max(last) from watch_batches").one()
    with store.writing() as connection:
        for table in ("watch_looks", "watch_alarms"):
            connection.exec_driver_sql(f"delete from {table}")  # noqa: S608  # two names of ours
    began = time.monotonic()
    found = look(store, bundle, at=last + 1)
    seconds = time.monotonic() - began
    store.close()
    mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3
    more = f"{len(found.looks)} looks; {'; '.join(found.notes)}"
    return {"rows": int(rows), "s": seconds, "mb": mb, "more": more}


def served(said: argparse.Namespace) -> dict[str, Any]:
    """Throughput with every row logged, by that without a log, in pairs of bursts of servers that are launched anew."""
    launches = [launched(said.where, said.seconds, first=bool(number % 2)) for number in range(said.launches)]
    orders = [[ratio for one in launches[begin::2] for ratio in one["ratios"]] for begin in (0, 1)]
    ratio = statistics.geometric_mean([statistics.median(ratios) for ratios in orders if ratios])
    work = [statistics.mean(one["work_us"][place] for one in launches) for place in (0, 1)]
    counted = {name: sum(one[name] for one in launches) for name in COUNTED}
    each = " ".join(f"{statistics.median(one['ratios']):.2f}" for one in launches)
    more = f"{said.where.stem}: launches {each}; {work[0]:.0f} and {work[1]:.0f} us of processors a request"
    return {
        "rows": int(counted[COUNTED[0]]),
        "s": sum(one["seconds"] for one in launches),
        "ratio": ratio,
        "ratios": orders,
        "work_us": work,
        "work": work[0] / work[1],
        "more": ", ".join([more, *(f"{int(count):,} {name}" for name, count in counted.items())]),
        "ok": bool(ratio >= GOALS["ratio"] and all(one["whole"] for one in launches)),
    }


def launched(bundle: Path, seconds: float, *, first: bool) -> dict[str, Any]:
    """What a launch of both servers gave, the logging one `first` or last; what it counted, and if all went well."""
    with tempfile.TemporaryDirectory() as folder:
        scratch = Path(folder)
        copy = Path(shutil.copytree(bundle, scratch / bundle.name))
        write_rows(copy, scratch)
        more = {"log": ("--log", str(scratch / "watch.db")), "plain": ()}
        order = list(more) if first else list(reversed(more))
        servers = {name: Server(copy, scratch / f"{name}.txt", more=more[name]) for name in order}
        logging = servers["log"]
        try:
            found = against(logging, servers["plain"], scratch, seconds, pairs=PAIRS, before=PAUSE)
            told = urllib.request.urlopen(f"{logging.address}/metrics").read().decode()  # noqa: S310  # our own server
        finally:
            codes = [server.stop() for server in servers.values()]
    counted = {name: sum(map(float, re.findall(rf"^{name}\S* (\S+)$", told, re.MULTILINE))) for name in COUNTED}
    return found | counted | {"whole": found["whole"] and not any(codes)}


COUNTED = ("automl_logged_rows_total", "automl_unlogged_rows_total")
PHASES = {"write": written, "look": looks, "serve": served}


def render(records: list[Record]) -> list[str]:
    """A line for each record."""
    lines = []
    for one in records:
        numbers = [f"{one[name]:,.2f}" if name in one else "" for name in ("s", "s_a_million", "mb", "ratio", "work")]
        ok = "yes" if one["ok"] else "no"
        lines.append([one["phase"], f"{one['rows']:,}", *numbers, one["more"], ok, f"{one['load_before']:.1f}"])
    return markdown(HEADER, lines)


if __name__ == "__main__":
    main()
