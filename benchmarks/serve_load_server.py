"""What `serve_load.py` measures with: `automl serve` on a free port, rows with their right answers, and wrk."""

from __future__ import annotations

import http.client
import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psutil

from automl.deploy.serve.model import Model
from automl.deploy.serve.refusal import Refusal
from automl.deploy.serve.settings import TOKEN, Settings, table_files

SCRIPT = Path(__file__).with_name("serve_load.lua")
OURS = (sys.executable, "-m", "automl")
JSON = {"Content-Type": "application/json"}
WORKERS, CONNECTIONS = 2, 32


class Server:
    """`automl serve` with two workers, on a free port.

    `tables` is a folder of other tables, `automl` the command of another checkout, `more` are further options.
    """

    def __init__(
        self,
        bundle: Path,
        log: Path,
        tables: Path | None = None,
        *,
        automl: Sequence[str | Path] = OURS,
        token: str | None = None,
        more: Sequence[str] = (),
    ) -> None:
        self.log, self.token = log, token
        command = [*automl, "serve", bundle, "--port", "0", "--workers", str(WORKERS)]
        command += [*(["--tables", tables] if tables else []), *more]
        environment = {**os.environ, **({TOKEN: token} if token else {})}
        with self.log.open("w") as stderr:
            self.process = subprocess.Popen(command, stderr=stderr, env=environment)
        while not (found := re.search(r"answers on (\S+)", self.log.read_text(encoding="utf-8"))):
            if self.process.poll() is not None:
                raise SystemExit(self.log.read_text(encoding="utf-8"))
            time.sleep(0.1)
        self.address = found[1]

    def workers(self) -> list[psutil.Process]:
        """The processes that answer."""
        return psutil.Process(self.process.pid).children()

    def cpu(self) -> float:
        """Seconds of processors that it and its workers have taken."""
        parent = psutil.Process(self.process.pid)
        times = [process.cpu_times() for process in (parent, *parent.children(recursive=True))]
        return sum(one.user + one.system for one in times)

    def memory(self) -> float:
        """MB that the workers hold alone, without what they share."""
        return sum(worker.memory_full_info().uss for worker in self.workers()) / 1e6

    def ask(self, bodies: Path, answers: Path) -> None:
        """Write what it answers to each line of `bodies`."""
        line = http.client.HTTPConnection(urlsplit(self.address).netloc)
        with answers.open("wb") as file:
            for body in bodies.read_bytes().splitlines():
                line.request("POST", "/predict", body, JSON)
                file.write(line.getresponse().read() + b"\n")
        line.close()

    def stop(self) -> int:
        """End it tidily; the exit code."""
        self.process.terminate()
        return self.process.wait()


def write_rows(bundle: Path, scratch: Path, tables: Path | None = None) -> None:
    """Rows that can be scored and have none inside, as bodies, and the bundle's own answers to them."""
    model = Model.open(bundle, Settings(tables=table_files((), tables)))
    golden = json.loads((bundle / "golden/rows.json").read_bytes())
    asked = [row for row in [*model.schema["example"]["request"]["rows"], *golden] if model.is_light([row])]
    pairs = []
    for row in asked:
        with suppress(Refusal):
            pairs.append((json.dumps({"rows": [row]}), model.answer([row]).content.decode()))
    for place, name in enumerate(("bodies", "answers")):
        (scratch / name).write_text("".join(pair[place] + "\n" for pair in pairs), encoding="utf-8")


def wrk(server: Server, scratch: Path, *, seconds: float, connections: int = CONNECTIONS) -> dict[str, Any]:
    """What wrk counted: right and wrong answers, refusals, what was lost, and times."""
    command = ["wrk", "-t", "1", "-c", str(connections), "-d", f"{max(1, round(seconds))}s", "--timeout", "10s"]
    command += ["-s", str(SCRIPT), server.address, "--", str(scratch / "bodies"), str(scratch / "answers")]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    counted: dict[str, Any] = json.loads(done.stdout.strip().splitlines()[-1])
    return {**counted, "more": "", "ok": not counted["wrong"] and not counted["other"]}
