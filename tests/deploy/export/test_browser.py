"""The exported page in a real browser."""

from __future__ import annotations

import http.server
import json
import re
import shutil
import subprocess
import threading
from functools import partial
from pathlib import Path

import polars as pl
import pytest

from automl.bundle.read import Bundle
from automl.deploy.export.base import export
from automl.deploy.export.web import PACKAGE, VERSION

NPM = shutil.which("npm")


class Quiet(http.server.SimpleHTTPRequestHandler):
    """A server of files that says nothing."""

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # the name is the base class's
        """No line for a request."""


@pytest.mark.slow
@pytest.mark.skipif(NPM is None, reason="there is no npm")
def test_the_page_gives_the_golden_answers(chromium: str, bundle: Path, tmp_path: Path) -> None:
    """Headless Chromium replays the golden rows through form and WASM, each with the bundle's answer, and says why."""
    install = [str(NPM), "install", "--silent", "--no-audit", "--no-fund", "--prefix", str(tmp_path / "npm")]
    subprocess.run([*install, f"{PACKAGE}@{VERSION}"], check=True)
    export(bundle, "web", tmp_path / "web", vendor=tmp_path / "npm" / "node_modules" / PACKAGE)
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=tmp_path / "web"))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        options = ["--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={tmp_path / 'profile'}"]
        options += ["--virtual-time-budget=60000", "--dump-dom"]
        page = f"http://127.0.0.1:{server.server_port}/#golden"
        command = [chromium, *options, page]
        shown = subprocess.run(command, capture_output=True, text=True, check=True, timeout=100).stdout
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
    assert ">76 of 76 golden rows have their answers.<" in shown
    assert "<dt>probability</dt>" in shown
    assert_explained(bundle, shown)


def assert_explained(bundle: Path, shown: str) -> None:
    """The table of the first golden row has the values of `Bundle.explain`, to the digits that it shows."""
    row = json.loads((bundle / "golden" / "rows.json").read_bytes())[0]
    typed = {name: ["" if cell is None else str(cell)] for name, cell in row.items()}
    (found,) = Bundle.load(bundle).explain(pl.DataFrame(typed), seconds=60).each
    cells = re.findall(r'<td class="number">([^<]*)</td>', shown)
    want = [(found.score.base, found.money.base)] if found.money else []
    want += [(reason.score, reason.money or 0.0) for reason in found.reasons]
    assert [float(cell) for cell in cells[: 2 * len(want)]] == pytest.approx(
        [number for pair in want for number in pair], rel=1e-3, abs=1e-9
    )
