"""Ray across hosts that share nothing: a fit on three of them, one of which is killed in the middle.

    sudo python benchmarks/ray_hosts.py [--rows 40000] [--trials 8] [--hosts 3]

Each "host" is a network namespace with its own address and a mount namespace with its own /tmp, /dev/shm and home; they
see nothing of each other but packets. Ray runs on each with a token and without a dashboard. The same fit is made
four times: in child processes of this machine, on the hosts, on the hosts while the last one is killed, and with a
token that is not the cluster's, which must be refused. Counted work gives the same content hash in the first three.

Useful CPU are the seconds that fits took on a core (in children of the workers' helpers) and those of the fit's own
process, while it searches and refits; their share is of that wall time and of the cores that the workers can use. Bytes
are what the hosts sent. Linux, as root, with iproute2. Ends with 1 where the hashes differ.
"""

from __future__ import annotations

import argparse
import json
import os
import secrets
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import psutil

ROOT = Path(__file__).resolve().parents[1]
NET, PORT = "10.77.0", 6379
IP = shutil.which("ip") or "/usr/sbin/ip"
BRIDGE, PREFIX = "amlbr", "amlh"
CORES = 1  # of each host, as Ray is told
STARTING = 240.0  # seconds that a host may take to join
BIND = """
set -e
mount --make-rprivate /
if [ "{at}" != "{root}" ]; then mkdir -p "{at}"; mount --rbind "{root}" "{at}"; fi
mount --rbind "{own}" /tmp
mount -t tmpfs tmpfs /dev/shm
{command}
"""


@dataclass(kw_only=True)
class Host:
    """A network namespace and the process that holds its mount namespace."""

    name: str
    address: str
    own: Path  # what it sees as /tmp
    process: subprocess.Popen[bytes] | None = None

    def pids(self) -> list[int]:
        """Everything that runs in it."""
        said = subprocess.run([IP, "netns", "pids", self.name], capture_output=True, text=True, check=False).stdout
        return [int(pid) for pid in said.split()]

    def sent(self) -> int:
        """Bytes that it sent to others."""
        path = "/sys/class/net/eth0/statistics/tx_bytes"
        said = subprocess.run(
            [IP, "netns", "exec", self.name, "cat", path], capture_output=True, text=True, check=False
        )
        return int(said.stdout or 0)

    def kill(self) -> None:
        """End all that runs in it, at once."""
        for pid in self.pids():
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)


@dataclass(kw_only=True)
class Seen:
    """CPU seconds by process, the most that was seen of each: fits in children of helpers, Ray's own, the fit's own."""

    fits: dict[int, float] = field(default_factory=dict)
    ray: dict[int, float] = field(default_factory=dict)
    own: dict[int, float] = field(default_factory=dict)

    def look(self, hosts: Sequence[Host], driver: int) -> None:
        """Take in what the processes have used by now."""
        for pid in {*(pid for host in hosts for pid in host.pids()), driver}:
            with suppress(psutil.Error):
                process = psutil.Process(pid)
                words, times = " ".join(process.cmdline()), process.cpu_times()
                if "_helper import main" in words:
                    self.fits[pid] = times.children_user + times.children_system
                elif pid == driver:
                    self.own[pid] = times.user + times.system
                elif process.name().startswith(("raylet", "gcs_server", "ray", "python")) and "ray" in words:
                    self.ray[pid] = times.user + times.system

    def total(self) -> tuple[float, float, float]:
        """Seconds of fits, of Ray, and of the fit's own process."""
        return sum(self.fits.values()), sum(self.ray.values()), sum(self.own.values())


def main(arguments: Sequence[str] | None = None) -> int:
    """Make the hosts, fit, and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=40_000)
    parser.add_argument("--trials", type=int, default=8)
    parser.add_argument("--hosts", type=int, default=3)
    parser.add_argument("--driver", choices=("local", "ray"), help=argparse.SUPPRESS)
    said = parser.parse_args(arguments)
    if said.driver:
        return drive(said.driver, rows=said.rows, trials=said.trials, workers=said.hosts)
    if os.geteuid() != 0 or not Path(IP).exists():
        print("this needs root and iproute2: `make services`", file=sys.stderr)
        return 2
    return compare(rows=said.rows, trials=said.trials, count=said.hosts)


def compare(*, rows: int, trials: int, count: int) -> int:
    """The same fit in each way, side by side."""
    cores = min(count, os.cpu_count() or 1)
    print(f"{rows:,} rows x 20 columns, {trials} trials, {count} workers on {count} hosts, {os.cpu_count()} cores\n")
    print("| where | hash | wall s | of it search s | useful CPU s | share | Ray's CPU s | MB a trial | hosts used |")
    print("|---|---|---|---|---|---|---|---|---|")
    hashes = set()
    for where in ("local", "ray", "one killed"):
        with ExitStack() as stack:
            token = secrets.token_hex(32)
            hosts = [] if where == "local" else stack.enter_context(cluster(count, token))
            found = _watched(hosts, token, rows=rows, trials=trials, count=count, kill=where == "one killed")
            fits, rays, own = found["seen"].total()  # type: ignore[attr-defined]
            share = (fits + own) / found["search"] / cores
            hashes.add(found["hash"])
            cells = (str(found["hash"])[:16], f"{found['wall']:.0f}", f"{found['search']:.0f}", f"{fits + own:.0f}")
            more = (f"{share:.2f}", f"{rays:.1f}", f"{found['sent'] / 1e6 / trials:.1f}", str(found["used"]))
            print(f"| {where} | {' | '.join((*cells, *more))} |", flush=True)
            if "refused" in found:
                print(found["refused"], file=sys.stderr, flush=True)
    print(f"\na wrong token: {_refused(count)}")
    print("one hash" if len(hashes) == 1 else f"NOT one hash: {sorted(hashes)}")
    return int(len(hashes) != 1)


def drive(executor: str, *, rows: int, trials: int, workers: int) -> int:
    """The fit itself, in a process on the first host; tells each event, and the hash."""
    import numpy as np
    import polars as pl

    import automl

    draw = np.random.default_rng(0)
    values = draw.normal(size=(rows, 20))
    signal_ = values[:, 0] * values[:, 1] + np.sin(3 * values[:, 2]) + values[:, 3:].sum(axis=1) / 4
    frame = pl.DataFrame({f"c{j}": values[:, j] for j in range(20)} | {"y": signal_ + draw.normal(size=rows)})
    budget = {"time": "60min", "trials": trials, "workers": workers, "executor": executor}
    spec = {
        "objective": {"target": "y", "task": "regression"},
        "budget": budget,
        "recipe": {"learners": ["lightgbm", "xgboost"], "feature_search": 0.0},
        "report": {"html": False},
    }

    def tell(event: automl.Event) -> None:
        print(json.dumps({"stage": event.stage, "trial": event.facts.get("trials"), "text": event.text}), flush=True)

    try:
        done = automl.fit(spec, train=frame, out="hosts.bundle", write_anyway=True, listener=tell)
    except automl.AutomlError as error:
        print(json.dumps({"refused": str(error)}), flush=True)
        return 1
    print(json.dumps({"hash": done.bundle.manifest.content_hash}), flush=True)
    return 0


@contextmanager
def cluster(count: int, token: str) -> Iterator[list[Host]]:
    """Hosts with Ray on each, and nothing left of them in the end."""
    base = Path(tempfile.mkdtemp(prefix="automl-hosts-", dir="/var/tmp"))  # not what hosts see as /tmp
    hosts = [Host(name=f"{PREFIX}{n}", address=f"{NET}.{n}", own=base / f"{n}") for n in range(1, count + 1)]
    try:
        _network(hosts)
        for host in hosts:
            host.own.mkdir()
            head = (
                f"--head --port={PORT} --include-dashboard=false" if host is hosts[0] else f"--address={NET}.1:{PORT}"
            )
            _start(host, f"ray start {head} --node-ip-address={host.address} {_RAY}", token)
        yield hosts
    finally:
        for host in hosts:
            host.kill()
            if host.process is not None:
                host.process.wait()
            _ip("netns", "del", host.name, check=False)
        _ip("link", "del", BRIDGE, check=False)
        shutil.rmtree(base, ignore_errors=True)


_RAY = f"--num-cpus={CORES} --object-store-memory=300000000 --disable-usage-stats --block --temp-dir=/tmp/ray"


def started(host: Host, command: str, token: str) -> subprocess.Popen[bytes]:
    """A command in the host's network and in a mount namespace of its own."""
    at = host.own / ROOT.relative_to("/tmp") if ROOT.is_relative_to("/tmp") else ROOT  # noqa: S108  # as above
    binary = f"{ROOT}/.venv/bin" if (ROOT / ".venv").exists() else str(Path(sys.executable).parent)
    script = BIND.format(at=at, root=ROOT, own=host.own, command=f"exec {binary}/{command}")
    log = (host.own.parent / f"{host.name}.log").open("ab")
    return subprocess.Popen(
        [IP, "netns", "exec", host.name, "unshare", "-m", "bash", "-c", script],
        stdout=log,
        stderr=log,
        env=_environment(token),
    )


def _environment(token: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("RAY_")}
    return {**kept, "RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN": token, "HOME": "/tmp/home", "TMPDIR": "/tmp"}  # noqa: S108  # the host's own


def _inside(host: Host, words: Sequence[str]) -> list[str]:
    """The words of a command that sees what the host sees."""
    if host.process is None:
        raise RuntimeError("the host was not started")
    script = f"mkdir -p /tmp/work && cd /tmp/work && exec {shlex.join(words)}"
    return ["nsenter", "-t", str(host.process.pid), "-n", "-m", "bash", "-c", script]


def _watched(
    hosts: Sequence[Host], token: str, *, rows: int, trials: int, count: int, kill: bool
) -> Mapping[str, object]:
    """The fit, with what it took; the last host is killed after a third of the trials."""
    words = [sys.executable, str(Path(__file__).resolve()), "--rows", str(rows), "--trials", str(trials)]
    words += ["--hosts", str(count), "--driver", "ray" if hosts else "local"]
    env = _environment(token) | ({"RAY_ADDRESS": f"{NET}.1:{PORT}"} if hosts else {})
    if not hosts:
        env |= {"HOME": os.environ.get("HOME", "/"), "TMPDIR": tempfile.gettempdir()}
    seen, used, before = Seen(), set[str](), sum(host.sent() for host in hosts)
    found: dict[str, object] = {"seen": seen, "hash": "none"}
    begun, stages = time.monotonic(), dict[str, float]()
    with tempfile.TemporaryDirectory() as folder:
        if hosts:
            _joined(hosts, token)
            words = _inside(hosts[0], words)
        process = subprocess.Popen(words, stdout=subprocess.PIPE, cwd=folder, env=env, text=True)
        driver = psutil.Process(process.pid)
        os.set_blocking(process.stdout.fileno(), False)  # type: ignore[union-attr]  # it is a pipe
        alive, start = True, None
        while alive:
            alive = process.poll() is None
            for line in iter(process.stdout.readline, ""):  # type: ignore[union-attr]  # as above
                told = json.loads(line) if line.startswith("{") else {}
                stages.setdefault(str(told.get("stage")), time.monotonic())
                if told.get("stage") == "search" and start is None:
                    start = time.monotonic()
                found |= {name: told[name] for name in ("hash", "refused") if name in told}
                if kill and (told.get("trial") or 0) > trials // 3:
                    hosts[-1].kill()
                    kill = False
            if not hosts:
                _look_here(seen, driver)
            elif "decide" not in stages:
                seen.look(hosts, process.pid)
            used |= {host.name for host in hosts if _fitting(host)}
            time.sleep(0.2)
    end = stages.get("decide", time.monotonic())
    found |= {"wall": time.monotonic() - begun, "search": max(1e-9, end - (stages.get("search") or begun))}
    return found | {"sent": sum(host.sent() for host in hosts) - before, "used": len(used) or "-"}


def _look_here(seen: Seen, driver: psutil.Process) -> None:
    with suppress(psutil.Error):
        times = driver.cpu_times()
        seen.own[driver.pid] = times.user + times.system
        for child in driver.children():
            if "_helper import main" in " ".join(child.cmdline()):
                told = child.cpu_times()
                seen.fits[child.pid] = told.children_user + told.children_system


def _fitting(host: Host) -> bool:
    """Whether a fit is under way there: a helper with a child."""
    for pid in host.pids():
        with suppress(psutil.Error):
            process = psutil.Process(pid)
            if "_helper import main" in " ".join(process.cmdline()) and process.children():
                return True
    return False


def _start(host: Host, command: str, token: str) -> None:
    """Start Ray there and wait until it runs; on a busy machine it gives up after 30 s, and all of it is begun anew."""
    end, log = time.monotonic() + STARTING, host.own.parent / f"{host.name}.log"
    while time.monotonic() < end:
        host.process = started(host, command, token)
        while host.process.poll() is None:
            if b"until terminated" in log.read_bytes():
                return
            time.sleep(0.5)
        host.kill()
    raise RuntimeError(f"Ray does not start on {host.name}: {log.read_text()[-1500:]}")


def _joined(hosts: Sequence[Host], token: str) -> None:
    """Wait until all hosts are a part of the cluster."""
    joining = f"ray.init(address='{NET}.1:{PORT}', log_to_driver=False)"
    code = f"import ray; {joining}; print(sum(n['Alive'] for n in ray.nodes()))"
    end = time.monotonic() + STARTING
    while time.monotonic() < end:
        words = _inside(hosts[0], [sys.executable, "-c", code])
        said = subprocess.run(words, capture_output=True, text=True, check=False, env=_environment(token))
        if said.stdout.strip().endswith(str(len(hosts))):
            return
        time.sleep(1.0)
    logs = "\n".join((host.own.parent / f"{host.name}.log").read_text()[-1500:] for host in hosts)
    raise RuntimeError(f"the hosts did not join: {said.stdout} {said.stderr[-1500:]}\n{logs}")


def _refused(count: int) -> str:
    """What a fit says that has another token than the cluster."""
    with cluster(1, secrets.token_hex(32)) as hosts:
        time.sleep(3.0)
        words = [sys.executable, str(Path(__file__).resolve()), "--rows", "500", "--trials", "1"]
        words = _inside(hosts[0], [*words, "--hosts", str(count), "--driver", "ray"])
        env = _environment(secrets.token_hex(32)) | {"RAY_ADDRESS": f"{NET}.1:{PORT}"}
        said = subprocess.run(words, capture_output=True, text=True, check=False, env=env, timeout=STARTING)
        told = [json.loads(line) for line in said.stdout.splitlines() if line.startswith("{")]
        return next((str(one["refused"]) for one in told if "refused" in one), f"NOT refused: {said.stderr[-500:]}")


def _network(hosts: Sequence[Host]) -> None:
    """A bridge, and for each host an address on it."""
    _ip("link", "add", BRIDGE, "type", "bridge")
    _ip("link", "set", BRIDGE, "up")
    for host in hosts:
        outside = f"{host.name}v"
        _ip("netns", "add", host.name)
        _ip("link", "add", outside, "type", "veth", "peer", "name", "eth0", "netns", host.name)
        _ip("link", "set", outside, "master", BRIDGE, "up")
        _ip("-n", host.name, "addr", "add", f"{host.address}/24", "dev", "eth0")
        _ip("-n", host.name, "link", "set", "eth0", "up")
        _ip("-n", host.name, "link", "set", "lo", "up")


def _ip(*words: str, check: bool = True) -> None:
    subprocess.run([IP, *words], check=check, capture_output=not check)


if __name__ == "__main__":
    sys.exit(main())
