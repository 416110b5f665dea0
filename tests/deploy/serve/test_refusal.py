"""A refusal tells what, where, what next, on one line each, and what else the client must know stands in headers."""

from __future__ import annotations

import json
import unicodedata

from hypothesis import given
from hypothesis import strategies as st

from automl.deploy.serve.refusal import Refusal
from automl.errors import DataError


def test_the_document_says_what_where_and_what_next() -> None:
    """Each has its key, null where there is nothing to say; the id finds the request in the log."""
    refusal = Refusal(422, "no column 'agee' is known", where="rows[3]", hint="did you mean 'age'?")
    said = {"what": "no column 'agee' is known", "where": "rows[3]", "hint": "did you mean 'age'?"}
    assert json.loads(refusal.body("r1")) == {"error": said, "request_id": "r1"}
    assert json.loads(Refusal(503, "busy").body("r2"))["error"] == {"what": "busy", "where": None, "hint": None}


def test_megabytes_are_not_echoed() -> None:
    """V02: what a client sent is shown by its begin and its end, in each part of the document."""
    long = "x" * 8_000_000
    body = Refusal(422, f"no column {long!r} is known", where=f"rows[0].{long}", hint=f"did you mean {long!r}?").body(
        "r"
    )
    said = json.loads(body)["error"]
    assert len(body) < 2_000
    assert (said["what"][:11], said["what"][-9:]) == ("no column '", " is known")


def test_headers_say_when_to_come_again() -> None:
    """Seconds to wait, also none, and whether the connection ends; others that are given come first."""
    assert Refusal(503, "busy").headers == ()
    assert Refusal(503, "busy", retry=0, close=True).headers == ((b"retry-after", b"0"), (b"connection", b"close"))
    allow = (b"allow", b"POST")
    assert Refusal(405, "no", headers=(allow,), retry=3).headers == (allow, (b"retry-after", b"3"))


def test_an_error_of_the_rows_is_the_clients() -> None:
    """What cannot be scored is 422, at the row where that is known, else where the error says."""
    error = DataError("'x' is no number", where="age", hint="Send a number.")
    assert (Refusal.of(error).status, Refusal.of(error).where) == (422, "age")
    told = Refusal.of(error, "rows[1]")
    assert (told.what, told.where, told.hint) == ("'x' is no number", "rows[1]", "Send a number.")


@given(st.text(max_size=60), st.text(max_size=60), st.text(max_size=60))
def test_whatever_a_client_sent_stands_on_one_line(what: str, where: str, hint: str) -> None:
    """Names of columns come from outside: no line break and no control sign of theirs reaches a log or a terminal."""
    refusal = Refusal(422, what, where=where, hint=hint)
    error = json.loads(refusal.body("r"))["error"]
    assert "\n" not in error["what"]
    for text in (error["what"], error["where"] or "", error["hint"] or ""):
        assert all(sign in "\n\t" or unicodedata.category(sign)[0] != "C" for sign in text)
