"""A refusal says why, by how much, and what is nearest to what was asked for."""

from __future__ import annotations

import json

from automl.report.refusal import tell_refusal


def test_a_refusal_says_which_limit_by_how_much_and_what_would_work(useless, golden, gate, board):
    """Exit code 4 goes before 5; both reasons stand there; the board's best comes first."""
    document, page = tell_refusal(gates=[gate(ok=False)], verdict=useless, board=board)
    assert document["exit_code"] == 4
    assert len(document["reasons"]) == 2
    assert document["nearest"][0]["limit"] == "limits.latency_p99"
    assert [trial["id"] for trial in document["board"]] == [2, 1, 3]
    json.dumps(document, allow_nan=False)
    golden("refusal.md", page)


def test_a_refusal_for_money_alone_is_exit_code_5(useless, gate, board):
    """All limits are kept."""
    document, page = tell_refusal(gates=[gate(ok=True)], verdict=useless, board=board)
    assert document["exit_code"] == 5
    assert document["nearest"] == []
    assert "nearest" not in page


def test_a_promise_that_cannot_be_kept_goes_first(useless, gate):
    """Exit code 4 without any gate that failed; its words come before all others."""
    document, page = tell_refusal(
        gates=[gate(ok=True)], verdict=useless, board=[], unpromised="precision 0.9 is out of reach"
    )
    assert document["exit_code"] == 4
    assert document["reasons"] == ["precision 0.9 is out of reach", useless["reason"]]
    assert page.index("out of reach") < page.index("loses 120 EUR")


def test_a_good_verdict_is_no_reason(verdict, gate):
    """A bundle that saves money and misses a limit is refused for the limit alone; the money is still told."""
    document, page = tell_refusal(gates=[gate(ok=False)], verdict=verdict, board=[])
    assert document["reasons"] == [gate(ok=False)["reason"]]
    assert document["nearest"][0]["text"] == "limits.latency_p99: 2 ms was asked for, this model keeps 3.1 ms."
    assert "## Money" in page


def test_looser_limits_are_offered(gate):
    """What other points of the front would keep stands below what this model keeps, as sentences."""
    document, page = tell_refusal(gates=[gate(ok=False)], verdict=None, board=[], points=["4 ms would lose 0.01"])
    assert [near["text"] for near in document["nearest"]][1:] == ["4 ms would lose 0.01."]
    assert "- 4 ms would lose 0.01." in page
    assert "## Money" not in page


def test_names_cannot_break_the_page(gate):
    """S07: a learner or a reason with a table, a tag or a new line in it stays text."""
    odd = "x | <b> \n# no"
    trial = {"id": 1, "learner": odd, "loss": 0.1, "score": None, "seconds": 1.0, "status": "error", "detail": odd}
    _, page = tell_refusal(gates=[gate(ok=False) | {"reason": odd}], verdict=None, board=[trial])
    assert "<b>" not in page
    assert "\n# no" not in page
    assert len([line for line in page.splitlines() if line.startswith("| 1 |")]) == 1


def test_a_board_without_trials_is_one(gate):
    """A search that had no time for a trial is refused all the same."""
    document, page = tell_refusal(gates=[gate(ok=False)], verdict=None, board=[])
    assert document["board"] == []
    assert page.endswith("| ---: | --- | ---: | ---: | ---: | --- |\n")
