"""A refusal after a stop says that there was one."""

from __future__ import annotations

import signal

import pytest

from automl.errors import VerdictRefusal
from automl.pipeline.stopped import refusing
from automl.stop_request import StopRequest


@pytest.mark.parametrize("hint", [None, "--write-anyway"])
def test_a_refusal_says_that_a_signal_came(hint: str | None) -> None:
    """S10: what was left out and how to go on stand below the refusal's own hint; without a signal nothing is added."""
    stop = StopRequest(stands=True, left_out=["further trials"])
    with pytest.raises(VerdictRefusal) as calm, refusing(stop):
        raise VerdictRefusal("no saving", hint=hint)
    assert calm.value.hint == hint
    stop.receive(signal.SIGTERM)
    with pytest.raises(VerdictRefusal) as caught, refusing(stop):
        raise VerdictRefusal("no saving", hint=hint)
    assert (caught.value.hint or "").splitlines()[-1].startswith("The fit was stopped by SIGTERM, without further tri")
    assert (caught.value.hint or "").startswith(hint or "The fit")
