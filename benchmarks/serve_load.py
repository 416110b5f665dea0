"""A bundle behind HTTP under load: throughput, overload, killed workers, memory. Needs wrk (`apt-get install wrk`).

    python benchmarks/serve_load.py BUNDLE                 # the phases that have no record yet, then the table
    python benchmarks/serve_load.py BUNDLE --phase steady --seconds 5
    python benchmarks/serve_load.py BUNDLE --table

Phases, each with a server of its own, two workers, one row a request, every answer compared with the bundle's own:
- one: one connection. steady: 32 connections. overload: 4 times as many connections as there are places (512), then
  32 again at once. kills: 32 connections while a worker is killed every 5 s. soak: 500,000 requests.
- swaps: 32 connections while the bundle is swapped in anew every 5 s: nothing is lost.
Records go to benchmarks/results/serve_load.jsonl (one a phase and bundle; resumable), the table to serve_load.md.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import psutil

from automl.bench.records import Record, append, markdown, origin, read
from automl.bench.run import machine, versions
from automl.deploy.serve.model import Model
from automl.deploy.serve.refusal import Refusal
from automl.deploy.serve.settings import Settings

RESULTS = Path(__file__).parent / "results"
RECORDS = RESULTS / "serve_load.jsonl"
SCRIPT = Path(__file__).with_suffix(".lua")
WORKERS, CONNECTIONS = 2, 32
FLOOD = 4 * WORKERS * Settings().concurrency
SECONDS = {"one": 10.0, "steady": 60.0, "overload": 60.0, "kills": 60.0, "swaps": 60.0, "soak": 0.0}
SOAK = 500_000  # requests
EVERY = 5.0  # seconds between two kills
BACK = 5.0  # seconds after which an overloaded server must be back
WARM = 0.2  # of a soak: what is not yet looked at
FLAT = 16.0  # bytes a request that memory may grow, by a line through its samples: what is kept would be more
GOALS = {"rate": 2_000.0, "p99_ms": 100.0, "lost_share": 0.01, "p50_ms": 5.0}
HEADER = (
    "bundle",
    "phase",
    "requests/s",
    "right",
    "wrong",
    "429",
    "503",
    "other",
    "lost",
    "p50 ms",
    "p99 ms",
    "more",
    "ok",
    "load",
)


class Server:
    """`automl serve` with two workers and a free port."""

    def __init__(self, bundle: Path, scratch: Path) -> None:
        self.log = scratch / "log"
        command = [sys.executable, "-m", "automl", "serve", str(bundle), "--port", "0", "--workers", str(WORKERS)]
        with self.log.open("w") as stderr:
            self.process = subprocess.Popen(command, stderr=stderr)
        while not (found := re.search(r"answers on (\S+)", self.log.read_text(encoding="utf-8"))):
            if self.process.poll() is not None:
                raise SystemExit(self.log.read_text(encoding="utf-8"))
            time.sleep(0.1)
        self.address = found[1]

    def workers(self) -> list[psutil.Process]:
        """The processes that answer."""
        return psutil.Process(self.process.pid).children()

    def memory(self) -> float:
        """MB that the workers hold alone, without what they share."""
        return sum(worker.memory_full_info().uss for worker in self.workers()) / 1e6


def main() -> None:
    """Run what is missing and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("bundle", type=Path)
    parser.add_argument("--phase", action="append", choices=PHASES, help="only these, whether there is a record or not")
    parser.add_argument("--seconds", type=float, help="of load in each phase, instead of its own")
    parser.add_argument("--table", action="store_true", help="run nothing")
    said = parser.parse_args()
    if shutil.which("wrk") is None:
        raise SystemExit("wrk is not there; apt-get install wrk")
    done = {(record["bundle"], record["phase"]) for record in read(RECORDS)}
    for phase in [] if said.table else said.phase or PHASES:
        if said.phase or (said.bundle.stem, phase) not in done:
            record = run_one(said.bundle, phase, said.seconds)
            append(RECORDS, record)
            print(phase, json.dumps({name: record[name] for name in ("rate", "p99_ms", "ok", "more")}), flush=True)
    table = "\n".join(render(read(RECORDS)))
    (RESULTS / "serve_load.md").write_text(table + "\n", encoding="utf-8")
    print(table)


def run_one(bundle: Path, phase: str, seconds: float | None) -> Record:
    """One phase with a server of its own."""
    load = os.getloadavg()[0]
    with tempfile.TemporaryDirectory() as folder:
        scratch = Path(folder)
        copy = Path(shutil.copytree(bundle, scratch / bundle.name))
        write_rows(copy, scratch)
        server = Server(copy, scratch)
        try:
            wrk(server, scratch, seconds=1.0)  # every worker has answered once
            found = PHASES[phase](server, scratch, SECONDS[phase] if seconds is None else seconds)
        finally:
            server.process.terminate()
            code = server.process.wait()
    answered = found["right"] + found["wrong"]
    return {
        "bundle": bundle.stem,
        "phase": phase,
        "rate": round(answered / found["seconds"], 1),
        "lost_share": found["lost"] / max(1, answered + found["lost"]),
        **found,
        "ok": bool(found["ok"] and code == 0),
        "load_before": load,
        "load_after": os.getloadavg()[0],
        "machine": machine(),
        "versions": versions(),
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
    }


def write_rows(bundle: Path, scratch: Path) -> None:
    """The golden rows that can be scored, as bodies, and the bundle's own answers to them."""
    model = Model.open(bundle, Settings())
    asked = [model.schema["example"]["request"]["rows"][0], *json.loads((bundle / "golden/rows.json").read_bytes())]
    pairs = []
    for row in asked:
        with suppress(Refusal):
            pairs.append((json.dumps({"rows": [row]}), model.answer([row]).decode()))
    for place, name in enumerate(("bodies", "answers")):
        (scratch / name).write_text("".join(pair[place] + "\n" for pair in pairs), encoding="utf-8")


def wrk(server: Server, scratch: Path, *, seconds: float, connections: int = CONNECTIONS) -> dict[str, Any]:
    """What wrk counted: right and wrong answers, refusals, what was lost, and times."""
    command = ["wrk", "-t", "1", "-c", str(connections), "-d", f"{max(1, round(seconds))}s", "--timeout", "10s"]
    command += ["-s", str(SCRIPT), server.address, "--", str(scratch / "bodies"), str(scratch / "answers")]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    counted: dict[str, Any] = json.loads(done.stdout.strip().splitlines()[-1])
    return {**counted, "more": "", "ok": not counted["wrong"] and not counted["other"]}


def one(server: Server, scratch: Path, seconds: float) -> dict[str, Any]:
    """One connection that stays."""
    found = wrk(server, scratch, seconds=seconds, connections=1)
    return {**found, "ok": found["ok"] and not found["lost"] and found["p50_ms"] <= GOALS["p50_ms"]}


def steady(server: Server, scratch: Path, seconds: float) -> dict[str, Any]:
    """32 connections."""
    found = wrk(server, scratch, seconds=seconds)
    fast = found["right"] / found["seconds"] >= GOALS["rate"] and found["p99_ms"] <= GOALS["p99_ms"]
    return {**found, "ok": found["ok"] and fast and not (found["lost"] or found["full"] or found["limited"])}


def overload(server: Server, scratch: Path, seconds: float) -> dict[str, Any]:
    """Four times the places, then 32 connections at once."""
    found = wrk(server, scratch, seconds=seconds, connections=FLOOD)
    ended = time.monotonic()
    while not _answers_fast(server, scratch):
        if time.monotonic() - ended > 10 * BACK:
            break
    back = time.monotonic() - ended
    after = wrk(server, scratch, seconds=BACK)
    calm = after["ok"] and not (after["full"] or after["lost"]) and after["p99_ms"] <= GOALS["p99_ms"]
    more = f"back after {back:.2f} s; then p99 {after['p99_ms']:.0f} ms, {after['full']} full"
    return {**found, "more": more, "ok": found["ok"] and not found["lost"] and back <= BACK and calm}


def kills(server: Server, scratch: Path, seconds: float) -> dict[str, Any]:
    """32 connections while a worker is killed every 5 s."""
    killed: list[int] = []

    def kill() -> None:
        workers = server.workers()
        if workers:
            victim = random.choice(workers)  # noqa: S311  # any will do
            victim.send_signal(signal.SIGKILL)
            killed.append(victim.pid)

    with _each(EVERY, kill):
        found = wrk(server, scratch, seconds=seconds)
    share = found["lost"] / max(1, found["right"] + found["lost"])
    return {**found, "more": f"{len(killed)} killed", "ok": found["ok"] and share < GOALS["lost_share"]}


def swaps(server: Server, scratch: Path, seconds: float) -> dict[str, Any]:
    """32 connections while the bundle is read again every 5 s."""
    with _each(EVERY, lambda: server.process.send_signal(signal.SIGHUP)):
        found = wrk(server, scratch, seconds=seconds)
    done = server.log.read_text(encoding="utf-8").count('"event": "swapped"')
    calm = not (found["lost"] or found["full"] or found["limited"])
    return {**found, "more": f"{done} swaps", "ok": found["ok"] and calm and done > 0}


def soak(server: Server, scratch: Path, seconds: float) -> dict[str, Any]:
    """500,000 requests, or so many `seconds`; memory by a line through its samples."""
    samples: list[tuple[int, float]] = []
    total: dict[str, Any] = {}
    began = time.monotonic()
    while total.get("right", 0) < SOAK and not (seconds and time.monotonic() - began > seconds):
        found = wrk(server, scratch, seconds=5.0)
        total = {name: _joined(name, total, found) for name in found}
        samples.append((total["right"], server.memory()))
    counted, memory = np.array(samples).T
    late = counted >= WARM * counted[-1]
    slope = float(np.polyfit(counted[late], memory[late] * 1e6, 1)[0]) if late.sum() > 1 else 0.0
    more = f"{memory[late][0]:.1f} to {memory[-1]:.1f} MB, {slope:.1f} bytes a request"
    return {**total, "more": more, "samples": samples, "ok": total["ok"] and not total["lost"] and slope <= FLAT}


def _joined(name: str, total: Mapping[str, Any], found: Mapping[str, Any]) -> Any:
    """Counts are summed; of times the worst is kept."""
    if name not in total:
        return found[name]
    if name == "ok":
        return total[name] and found[name]
    return max(total[name], found[name]) if name.endswith("_ms") or name == "more" else total[name] + found[name]


def _answers_fast(server: Server, scratch: Path) -> bool:
    body = (scratch / "bodies").open("rb").readline()
    headers = {"Content-Type": "application/json"}
    asked = urllib.request.Request(f"{server.address}/predict", body, headers)  # noqa: S310  # our own server
    began = time.monotonic()
    with suppress(OSError), urllib.request.urlopen(asked, timeout=BACK) as answer:  # noqa: S310  # our own server
        return answer.status == 200 and time.monotonic() - began < GOALS["p99_ms"] / 1e3
    return False


@contextmanager
def _each(seconds: float, act: Callable[[], None]) -> Iterator[None]:
    """Do something every so many seconds while the block runs."""
    over = threading.Event()

    def run() -> None:
        while not over.wait(seconds):
            act()

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


PHASES: dict[str, Callable[[Server, Path, float], dict[str, Any]]] = {
    "one": one,
    "steady": steady,
    "overload": overload,
    "kills": kills,
    "swaps": swaps,
    "soak": soak,
}


def render(found: Sequence[Record]) -> Iterator[str]:
    """The table in Markdown: the last record of each bundle and phase."""
    if not found:
        yield "no records yet"
        return
    yield "# A bundle behind HTTP under load\n"
    yield origin(found, "python benchmarks/serve_load.py BUNDLE") + "\n"
    yield f"Two workers, one row a request, wrk on the same machine, every answer compared. Overload: {FLOOD}"
    yield "connections. Goals: steady at least 2,000 requests/s, p99 at most 100 ms, nothing lost; overload only 200,"
    yield "429, 503, and back within 5 s; kills lose less than 1 %; one connection: p50 at most 5 ms; memory is flat.\n"
    last = {(record["bundle"], record["phase"]): record for record in found}
    yield from markdown(HEADER, map(_row, last.values()))


def _row(record: Record) -> list[object]:
    counted = [record[name] for name in ("right", "wrong", "limited", "full", "other", "lost")]
    return [
        record["bundle"],
        record["phase"],
        f"{record['rate']:,.0f}",
        *counted,
        f"{record['p50_ms']:.2f}",
        f"{record['p99_ms']:.1f}",
        record["more"],
        "yes" if record["ok"] else "no",
        f"{record['load_before']:.1f}",
    ]


if __name__ == "__main__":
    main()
