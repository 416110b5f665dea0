"""A worker obeys its parent, and needs little to do it."""

from __future__ import annotations

import asyncio
import hashlib
import io
import json
import shutil
import socket
import subprocess
import sys

import pytest

from automl.bundle.scorer import seal
from automl.deploy.serve.listening import listen
from automl.deploy.serve.log import Log
from automl.deploy.serve.meter import Meter
from automl.deploy.serve.settings import Settings
from automl.deploy.serve.worker import Worker, work


def orders(*given):
    """What a worker replies to orders, after which the parent hangs up."""

    async def talk():
        settings = Settings(port=0)
        with listen(settings) as listening:
            ours, theirs = socket.socketpair()
            worker = Worker(settings, listening, Log(io.StringIO()), Meter())
            working = asyncio.create_task(work(worker, theirs))
            reader, writer = await asyncio.open_unix_connection(sock=ours)
            replies = []
            for order in given:
                writer.write(json.dumps(order).encode() + b"\n")
                while (reply := json.loads(await reader.readline()))["said"] == "alive":
                    pass
                replies.append(reply)
            writer.close()
            await writer.wait_closed()
            await working
            return replies

    return asyncio.run(talk())


def test_it_obeys(bundle, tmp_path):
    """V10: a bundle that cannot be opened is refused with its reason; one that can is loaded, then swapped in."""
    replies = orders(
        {"do": "load", "path": str(tmp_path), "tables": "{}"},
        {"do": "load", "path": str(bundle), "tables": "{}"},
        {"do": "drop"},
        {"do": "load", "path": str(bundle), "tables": "{}"},
        {"do": "swap"},
    )
    assert [reply["said"] for reply in replies] == ["refused", "loaded", "dropped", "loaded", "swapped"]
    assert (replies[0]["code"], replies[0]["where"]) == (7, str(tmp_path))
    assert json.loads((bundle / "manifest.json").read_bytes())["content_hash"].startswith(replies[1]["bundle"])


@pytest.mark.parametrize(
    "harm",
    [
        {"golden/rows.json": b"[]", "golden/expected.json": b"{}"},
        {"golden/rows.json": b"7"},
        {"manifest.json": {"outputs": "x" * 200_000}},
        {"manifest.json": {"reader": {"columns": [{"name": "y" * 200_000}]}}},
    ],
    ids=["no golden rows", "golden rows of another kind", "a long error", "a long name"],
)
def test_a_bundle_that_nobody_foresaw_does_not_end_it(harm, bundle, tmp_path):
    """V10: a bundle with all hashes right that cannot be opened, or whose error is long, leaves the old one."""
    strange = tmp_path / "strange.bundle"
    shutil.copytree(bundle, strange)
    manifest = json.loads((strange / "manifest.json").read_bytes())
    for name, content in harm.items():
        if name == "manifest.json":
            manifest |= content
        else:
            (strange / name).write_bytes(content)
            manifest["files"][name] = hashlib.sha256(content).hexdigest()
    text = json.dumps(manifest).encode()
    (strange / "manifest.json").write_bytes(text)
    (strange / "manifest.sha256").write_bytes(seal(text))
    replies = orders(
        {"do": "load", "path": str(strange), "tables": "{}"},
        {"do": "load", "path": str(bundle), "tables": "{}"},
        {"do": "swap"},
    )
    assert [reply["said"] for reply in replies] == ["refused", "loaded", "swapped"]
    assert replies[0]["code"] == 7
    assert len(json.dumps(replies[0])) < 5_000


def test_it_needs_little(bundle):
    """Serving imports numpy, onnxruntime, polars, pydantic, FastAPI and uvicorn, and nothing that trains."""
    probe = f"""
import sys
class Refuse:
    def find_spec(self, name, path=None, target=None):
        heavy = ("sklearn", "scipy", "lightgbm", "xgboost", "catboost", "flaml", "featuretools", "onnx", "narwhals",
                 "jinja2", "psutil", "setuptools", "pkg_resources", "cryptography")
        if name.split(".")[0] in heavy:
            raise ImportError(name)
sys.meta_path.insert(0, Refuse())
from pathlib import Path
from automl.cli import cli
import automl.deploy.serve.supervise
from automl.deploy.serve.app import make_app
from automl.deploy.serve.current import Current
from automl.deploy.serve.log import Log
from automl.deploy.serve.meter import Meter
from automl.deploy.serve.model import Model
from automl.deploy.serve.protocol import guarded
from automl.deploy.serve.settings import Settings
model = Model.open(Path({str(bundle)!r}), Settings())
make_app(Current(model), Settings(), token=None, log=Log(sys.stderr), meter=Meter())
row = model.schema["example"]["request"]["rows"][0]
assert not {{"pandas", "pyarrow", "sqlalchemy"}} & set(sys.modules)
print(len(model.answer([row, row]).content))
"""
    done = subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) > 50
