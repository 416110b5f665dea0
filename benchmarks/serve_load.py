"""A bundle behind HTTP under load: throughput, overload, floods, kills, memory. Needs wrk (`apt-get install wrk`).

    python benchmarks/serve_load.py BUNDLE                 # the phases that have no record yet, then the table
    python benchmarks/serve_load.py BUNDLE --phase steady --seconds 5
    python benchmarks/serve_load.py BUNDLE --against OTHER/.venv/bin/automl --theirs BUNDLE   # another checkout
    python benchmarks/serve_load.py BUNDLE --table

Phases, each with a server of its own, two workers, one row a request, every answer compared with the bundle's own:
- one: one connection. steady: 32 connections. overload: 4 times as many connections as there are places (512), then
  32 again at once. kills: 32 connections while a worker is killed every 5 s. soak: 500,000 requests.
- swaps: 32 connections while the bundle is swapped in anew every 5 s: nothing is lost.
- a flood of `serve_load_floods.py` while a client asks 200 times a second: it gets every answer, p99 at most 50 ms.
  For ``nested`` the bundle has a table ``purchases``, which `--tables FOLDER` gives.
- against: this checkout and another, both up, in 10 pairs of bursts in turn; the median ratio of their throughputs,
  and the seconds of processors that a request takes, on which a busy machine weighs less.
Records go to benchmarks/results/serve_load.jsonl (one a phase and bundle; resumable), the table to serve_load.md.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import secrets
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import numpy as np
from serve_load_floods import FLOODS, RATE, RISE, Paced
from serve_load_server import WORKERS, Server, write_rows, wrk

from automl.bench.records import Record, append, markdown, origin, read
from automl.bench.run import machine, versions
from automl.deploy.serve.settings import Settings

RESULTS = Path(__file__).parent / "results"
RECORDS = RESULTS / "serve_load.jsonl"
FLOODER = Path(__file__).with_name("serve_load_floods.py")
FULL = 4 * WORKERS * Settings().concurrency
SECONDS = {"one": 10.0, "soak": 0.0, "against": 3.0, **dict.fromkeys(FLOODS, 20.0)}
LONG = 60.0  # seconds of every other phase
SOAK = 500_000  # requests
EVERY = 5.0  # seconds between two kills
BACK = 5.0  # seconds after which an overloaded server must be back
PAIRS = 10
LATE = 2.0  # seconds after the last burst in which work of it may still be done
WARM = 0.2  # of a soak: what is not yet looked at
FLAT = 16.0  # bytes a request that memory may grow, by a line through its samples: what is kept would be more
TOLD = ("rate", "full", "other", "lost", "p50_ms", "p99_ms", "ok", "more")
GOALS = {"rate": 2_000.0, "p99_ms": 100.0, "lost_share": 0.01, "p50_ms": 5.0, "paced_p99_ms": 50.0, "ratio": 0.97}
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


def main() -> None:
    """Run what is missing and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("bundle", type=Path)
    parser.add_argument("--phase", action="append", choices=PHASES, help="only these, whether there is a record or not")
    parser.add_argument("--seconds", type=float, help="of load in each phase, instead of its own")
    parser.add_argument("--tables", type=Path, help="a folder of other tables that the server holds")
    parser.add_argument("--table", action="store_true", help="run nothing")
    parser.add_argument("--against", type=Path, metavar="AUTOML", help="the command of another checkout")
    parser.add_argument("--theirs", type=Path, metavar="BUNDLE", help="the same model, as that checkout has fitted it")
    said = parser.parse_args()
    if shutil.which("wrk") is None:
        raise SystemExit("wrk is not there; apt-get install wrk")
    done = {(record["bundle"], record["phase"]) for record in read(RECORDS)}
    phases = [] if said.table or said.against else said.phase or PHASES
    wanted = [phase for phase in phases if said.phase or (said.bundle.stem, phase) not in done]
    for phase in ["against"] if said.against else wanted:
        record = run_one(phase, said)
        append(RECORDS, record)
        print(phase, json.dumps({name: record[name] for name in TOLD}), flush=True)
    table = "\n".join(render(read(RECORDS)))
    (RESULTS / "serve_load.md").write_text(table + "\n", encoding="utf-8")
    print(table)


def run_one(phase: str, said: argparse.Namespace) -> Record:
    """One phase with a server of its own, and one of another checkout where it is `said`."""
    bundle, seconds = said.bundle, said.seconds or SECONDS.get(phase, LONG)
    load = os.getloadavg()[0]
    with tempfile.TemporaryDirectory() as folder:
        scratch = Path(folder)
        copy = Path(shutil.copytree(bundle, scratch / bundle.name))
        write_rows(copy, scratch, said.tables)
        token = secrets.token_hex() if phase in FLOODS and FLOODS[phase].locked else None
        servers = [Server(copy, scratch / "log", said.tables, token=token)]
        try:
            if said.against is None:
                found = PHASES[phase](servers[0], scratch, seconds)
            else:
                theirs = said.theirs or copy
                servers.append(Server(theirs, scratch / "rival.log", said.tables, automl=(said.against,)))
                found = against(*servers, scratch, seconds)
        finally:
            codes = [server.stop() for server in servers]
    answered = found["right"] + found["wrong"]
    return {
        "bundle": bundle.stem,
        "phase": phase,
        "rate": round(answered / found["seconds"], 1),
        "lost_share": found["lost"] / max(1, answered + found["lost"]),
        **found,
        "ok": bool(found["ok"] and not any(codes)),
        "load_before": load,
        "load_after": os.getloadavg()[0],
        "machine": machine(),
        "versions": versions(),
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
    }


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
    found = wrk(server, scratch, seconds=seconds, connections=FULL)
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


def flooded(name: str, server: Server, scratch: Path, seconds: float) -> dict[str, Any]:
    """A client with a pace of its own while a flood comes, and what the flood did."""
    where = urlsplit(server.address)
    command = [sys.executable, str(FLOODER), name, str(where.hostname), str(where.port)]
    flood = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    memory: list[float] = []
    try:
        time.sleep(RISE)
        with _each(1.0, lambda: memory.append(server.memory())):
            found = asyncio.run(Paced(server.address, scratch, server.token).run(seconds))
    finally:
        flood.terminate()
        did = flood.communicate()[0]
    more = ", ".join(f"{count:,} {what}" for what, count in json.loads(did).items())
    whole = found["right"] == round(seconds * RATE) and found["p99_ms"] <= GOALS["paced_p99_ms"]
    return {**found, "more": f"{more}; {max(memory):.0f} MB", "ok": whole}


def against(
    server: Server, rival: Server, scratch: Path, seconds: float, *, pairs: int = PAIRS, before: float = 0.0
) -> dict[str, Any]:
    """Pairs of bursts of 32 connections, in turn first; each server is held to its own first answers.

    `before` a burst is timed its server may be under the same load for some seconds. `whole` says that each request to
    both was answered right.
    """
    rates: dict[Server, list[float]] = {server: [], rival: []}
    total: dict[str, Any] = {}
    rooms = {one: scratch / name for one, name in ((server, "ours"), (rival, "theirs"))}
    for one, room in rooms.items():
        room.mkdir()
        one.ask(Path(shutil.copy(scratch / "bodies", room)), room / "answers")
        wrk(one, room, seconds=1.0)
    time.sleep(LATE)
    began = {one: one.cpu() for one in rooms}
    answered, whole = dict.fromkeys(rooms, 0), True
    for pair in range(pairs):
        for one in (server, rival) if pair % 2 else (rival, server):
            loaded = [wrk(one, rooms[one], seconds=long) for long in (before, seconds) if long]
            found = loaded[-1]
            rates[one].append(found["right"] / found["seconds"])
            answered[one] += sum(part["right"] for part in loaded)
            whole = whole and all(part["ok"] and not part["lost"] for part in loaded)
            if one is server:
                total = {name: _joined(name, total, found) for name in found}
    time.sleep(LATE)
    work = [1e6 * (one.cpu() - began[one]) / answered[one] for one in (server, rival)]
    ratios = [ours / theirs for ours, theirs in zip(rates[server], rates[rival], strict=True)]
    middle = statistics.median(ratios)
    more = f"median ratio {middle:.3f} of {pairs} pairs ({min(ratios):.3f} to {max(ratios):.3f}); "
    more += f"{work[0]:.0f} and {work[1]:.0f} us of processors a request"
    ok = total["ok"] and middle >= GOALS["ratio"]
    return {**total, "more": more, "ratios": ratios, "work_us": work, "whole": whole, "ok": ok}


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
    **{name: partial(flooded, name) for name in FLOODS},
}


def render(found: Sequence[Record]) -> Iterator[str]:
    """The table in Markdown: the last record of each bundle and phase."""
    if not found:
        yield "no records yet"
        return
    yield "# A bundle behind HTTP under load\n"
    yield origin(found, "python benchmarks/serve_load.py BUNDLE") + "\n"
    yield f"Two workers, one row a request, wrk on the same machine, every answer compared. Overload: {FULL}"
    yield "connections. Goals: steady at least 2,000 requests/s, p99 at most 100 ms, nothing lost; overload only 200,"
    yield "429, 503, and back within 5 s; kills lose less than 1 %; one connection: p50 at most 5 ms; memory is flat."
    yield f"In a flood {RATE:.0f} requests/s at an even pace are all answered right, p99 at most 50 ms; MB are the"
    yield "most that the workers held. Against another checkout: median ratio of throughputs at least 0.97.\n"
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
