"""Logs are one document a line, and never more lines than were allowed."""

from __future__ import annotations

import io
import json
import logging

import pytest

from automl.deploy.serve.log import Bridge, Log, told


def test_one_line_an_event():
    """S08: whatever stands in a fact, an event is one line of JSON without control characters."""
    stream = io.StringIO()
    log = Log(stream, clock=lambda: 0.0, worker=1)
    log("info", "a\nb", what="\x1b[31m\r\n{}", more=object)
    (line,) = stream.getvalue().splitlines()
    assert line.isprintable()
    assert json.loads(line)["event"] == "a\nb"
    assert json.loads(line)["worker"] == 1


def test_a_flood_is_counted():
    """V15: of a thousand events in one second fifty are written; the next line says how many were not."""
    now = [0.0]
    stream = io.StringIO()
    log = Log(stream, rate=50, clock=lambda: now[0])
    for _ in range(1_000):
        log("warning", "request")
    assert len(stream.getvalue().splitlines()) == 50
    now[0] = 1.0
    log("info", "later")
    assert json.loads(stream.getvalue().splitlines()[-1])["suppressed"] == 950


def test_an_error_is_told_without_its_text():
    """S08: of an error the kind and the place are told, not the text that may quote a value."""
    stream = io.StringIO()
    with pytest.raises(ValueError, match="4711") as caught:
        int("4711 secret")
    error = caught.value
    assert told(error).startswith("ValueError at test_log.py:")
    record = logging.LogRecord("uvicorn.error", logging.ERROR, "", 0, "Exception in %s", ("4711",), None)
    record.exc_info = (type(error), error, error.__traceback__)
    Bridge(Log(stream)).emit(record)
    assert "4711" not in stream.getvalue()
    assert json.loads(stream.getvalue())["error"].startswith("ValueError")
