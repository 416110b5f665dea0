"""A parent hears each worker's replies in order, and learns when one has died, hangs or talks nonsense."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from pathlib import Path

import pytest

from automl.deploy.serve.child import Child, error_of, worker_environment
from automl.errors import AutomlError, BundleError, MachineError

ECHO = """
import sys
print('{"said": "alive"}', flush=True)
for line in sys.stdin:
    print('{"said": ' + line.strip() + "}", flush=True)
"""


async def started(script):
    """A worker that runs `script`, heard by its parent."""
    pipes = {"stdin": asyncio.subprocess.PIPE, "stdout": asyncio.subprocess.PIPE}
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", script, **pipes)
    child = Child(process, process.stdin)
    return child, asyncio.ensure_future(child.hear(process.stdout))


def test_orders_are_answered_in_turn():
    """Signs of life are no replies; one that was let end answers nothing more."""

    async def talk():
        child, hearing = await started(ECHO)
        replies = await asyncio.gather(child.ask(do="load"), child.ask(do="swap"))
        child.hang_up()
        await asyncio.gather(hearing, child.process.wait())
        return replies, await child.ask(do="load"), child.process.returncode

    replies, after, code = asyncio.run(talk())
    assert replies == [{"said": {"do": "load"}}, {"said": {"do": "swap"}}]
    assert (after, code) == (None, 0)


def test_nonsense_ends_a_worker():
    """What is no JSON is the last that is heard of it."""

    async def talk():
        child, hearing = await started("print('nonsense', flush=True); import time; time.sleep(60)")
        await hearing
        return await child.process.wait(), await child.ask(do="load")

    code, after = asyncio.run(talk())
    assert code < 0
    assert after is None


@pytest.mark.parametrize(
    ("reply", "kind"),
    [
        (None, MachineError),
        ({"code": BundleError.exit_code, "what": "x", "where": None, "hint": None}, BundleError),
        ({"code": 99, "what": "x", "where": None, "hint": None}, AutomlError),
    ],
)
def test_a_worker_that_did_not_start_says_why(reply, kind):
    """Its error is of the kind that its exit code stands for; one that died without a word is the machine's."""
    assert type(error_of(json.loads(json.dumps(reply)))) is kind


def test_threads_are_single():
    """A worker counts on one core: the libraries below are told before they start."""
    environment = worker_environment(Path("/room"), {"PATH": os.environ["PATH"], "PYTHONPATH": "/mine"})
    assert environment["OMP_NUM_THREADS"] == environment["POLARS_MAX_THREADS"] == "1"
    assert environment["PYTHONPATH"].split(os.pathsep)[1] == "/mine"
