"""Who comes in, how many at once, and what is noted."""

from __future__ import annotations

import asyncio
import io
import json

import pytest

from automl.deploy.serve.door import Door
from automl.deploy.serve.log import Log
from automl.deploy.serve.meter import Meter
from automl.deploy.serve.settings import Settings

METHODS = ("GET", "POST", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS", "TRACE")
ROUTES = (
    "/predict",
    "/explain",
    "/schema",
    "/openapi.json",
    "/health/live",
    "/health/ready",
    "/metrics",
    "/watch",
    "/labels",
    "/nix",
)


def test_every_way_in_needs_the_token(bundle, serving):
    """V05: every method on every path, known or not, is 401 without the token or with a wrong one."""
    locked = serving(bundle, token="s3cret")  # noqa: S106  # a test
    for headers in (
        {},
        {"authorization": "Bearer s3cre"},
        {"authorization": "s3cret"},
        {"authorization": "Basic s3cret"},
    ):
        answers = locked.together([(method, path, {"headers": headers}) for method in METHODS for path in ROUTES])
        assert {answer.status_code for answer in answers} == {401}
        assert {answer.headers["www-authenticate"] for answer in answers} == {"Bearer"}
    right = {"authorization": "Bearer s3cret"}
    assert locked.ask("GET", "/metrics", headers=right).status_code == 200
    assert locked.predict(locked.row, headers=right).status_code == 200
    assert "s3cre" not in locked.stream.getvalue()


def test_health_may_be_open(bundle, serving):
    """With `open_health` probes need no token, and nothing else opens with them."""
    locked = serving(bundle, Settings(open_health=True), token="s3cret")  # noqa: S106  # a test
    assert locked.ask("GET", "/health/ready").status_code == 200
    assert locked.ask("GET", "/health/../schema", headers={}).status_code == 401
    assert locked.ask("GET", "/metrics").status_code == 401


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("localhost:8000", 200),
        ("127.0.0.1:8000", 200),
        ("[::1]:8000", 200),
        ("10.0.0.7", 200),
        ("scorer.example", 200),
        ("SCORER.example:80", 200),
        ("evil.example", 400),
        ("127.0.0.1.evil.example", 400),
        ("localhost:80.evil.example", 400),
        ("[::1]", 200),
        ("[::1]evil.example", 400),
        ("[::1]:80evil", 400),
        ("[::1", 400),
        ("[localhost]", 400),
        ("evil.example[::1]", 400),
        ("", 400),
    ],
)
def test_the_host_is_ours(bundle, serving, host, status):
    """V13: a foreign Host (DNS rebinding) is 400; addresses and names of ours are not."""
    served = serving(bundle, Settings(hosts=("scorer.example",)))
    assert served.ask("GET", "/schema", headers={"host": host}).status_code == status


def test_the_origin_is_ours(served):
    """V13: a page of another origin cannot ask for rows; one of our own can."""
    row = served.row
    assert served.predict(row, headers={"origin": "https://evil.example"}).status_code == 403
    assert served.predict(row, headers={"origin": "null"}).status_code == 403
    assert served.predict(row, headers={"origin": "http://localhost"}).status_code == 200


def test_more_than_the_server_holds(bundle, serving):
    """V07: of forty requests at once eight are answered, the others get 503 with Retry-After; then there is room."""
    served = serving(bundle, Settings(concurrency=8))
    asked = ("POST", "/predict", {"json": {"rows": [served.row]}})
    answers = served.together([asked] * 40)
    assert [answer.status_code for answer in answers].count(200) == 8
    refused = [answer for answer in answers if answer.status_code != 200]
    assert {(answer.status_code, answer.headers["retry-after"]) for answer in refused} == {(503, "1")}
    assert served.together([asked] * 8)[-1].status_code == 200
    assert "automl_requests_active 0.0" in served.ask("GET", "/metrics").text


def test_more_than_one_client_may(bundle, serving):
    """One address that asks for more than its share gets 429 with Retry-After."""
    served = serving(bundle, Settings(per_client=3))
    answers = served.together([("GET", "/schema", {})] * 10)
    assert sorted(answer.status_code for answer in answers) == [200] * 3 + [429] * 7
    assert served.app._places._clients == {}


def test_probes_are_answered_when_the_server_is_full(bundle, serving):
    """Health and numbers take no place."""
    served = serving(bundle, Settings(concurrency=1))
    answers = served.together([("GET", "/health/live", {})] * 10 + [("GET", "/metrics", {})] * 3)
    assert {answer.status_code for answer in answers} == {200}


def test_request_ids(served):
    """A plain id that came is handed back; any other gets a new one, and no two are the same."""
    assert served.ask("GET", "/schema", headers={"x-request-id": "a-1.B_2"}).headers["x-request-id"] == "a-1.B_2"
    odd = served.ask("GET", "/nix", headers={"x-request-id": "x" * 65})
    assert odd.json()["request_id"] == odd.headers["x-request-id"]
    ids = {
        served.ask("GET", "/schema", headers={"x-request-id": bad}).headers["x-request-id"] for bad in ("", "a b", "\t")
    }
    assert len(ids) == 3


def test_what_failed_is_noted_without_values(served):
    """S08: a failed request is one line of JSON with its id and status; no value, path or header is in it."""
    evil = 'x\n{"level": "forged"}\x1b[31m'
    served.predict({evil: evil, **served.row, "job": [evil]}, headers={"user-agent": "forged"})
    served.ask("GET", "/forged%0a%1b[31m", headers={"x-request-id": "fine"})
    assert [(line["event"], line["route"], line["status"]) for line in served.lines] == [
        ("request", "/predict", 422),
        ("request", "other", 404),
    ]
    assert "forged" not in served.stream.getvalue()
    assert served.lines[1]["request_id"] == "fine"


def test_what_succeeds_is_noted_if_asked(bundle, serving):
    """V15: an answered request writes nothing, unless every request shall be logged; then one line."""
    quiet, loud = serving(bundle), serving(bundle, Settings(log_requests=True))
    for served in (quiet, loud):
        assert served.predict(served.row).status_code == 200
    assert quiet.lines == []
    assert [(line["status"], line["rows"]) for line in loud.lines] == [(200, 1)]


def test_answers_are_not_sniffed_or_kept(served):
    """Every answer says that it is what it says, and that it is not to be kept."""
    headers = served.ask("GET", "/schema").headers
    assert (headers["x-content-type-options"], headers["cache-control"]) == ("nosniff", "no-store")


def visited(app, **scope):
    """What a door around `app` sends for one request, and what it notes."""
    stream, sent, ticks = io.StringIO(), [], iter([10.0, 10.25])
    door = Door(app, Settings(), token=None, log=Log(stream, rate=100), meter=Meter(), clock=lambda: next(ticks))
    request = {"type": "http", "method": "POST", "path": "/predict", "headers": [(b"host", b"localhost")], **scope}

    async def send(message):
        sent.append(message)

    asyncio.run(door(request, None, send))
    return sent, [json.loads(line) for line in stream.getvalue().splitlines()]


def test_a_bug_inside_is_a_document_and_a_note_without_its_text():
    """A value in an error's words is nobody's business: 500, and the log has the kind of error and the time taken."""

    async def broken(scope, receive, send):
        raise RuntimeError("secret")

    (start, body), (line,) = visited(broken)
    assert start["status"] == 500
    assert json.loads(body["body"])["error"]["what"] == "a bug of the server"
    assert (line["level"], line["status"], line["ms"]) == ("error", 500, 250.0)
    assert "RuntimeError" in json.dumps(line)
    assert "secret" not in json.dumps([line, body["body"].decode()])


def test_an_answer_that_was_begun_is_not_begun_again():
    """A bug after the status went out is noted; a second status would be no HTTP."""

    async def half(scope, receive, send):
        await send({"type": "http.response.start", "status": 200, "headers": []})
        raise RuntimeError

    sent, (line,) = visited(half)
    assert [message["type"] for message in sent] == ["http.response.start"]
    assert (line["level"], line["status"]) == ("error", 200)


def test_the_start_of_the_server_is_no_visit():
    """What is no request passes unchanged, and is neither counted nor noted."""
    passed = []

    async def app(scope, receive, send):
        passed.append(scope["type"])

    assert visited(app, type="lifespan") == ([], [])
    assert passed == ["lifespan"]
