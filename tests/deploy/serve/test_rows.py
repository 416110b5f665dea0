"""The rows of a body are read strictly: what readers of JSON disagree on is refused, with the place it stands in."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from automl.deploy.serve.refusal import Refusal
from automl.deploy.serve.rows import check_columns, read_rows

CELLS = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=4), inner, max_size=2),
    max_leaves=4,
)


def refused(body: bytes, *, max_rows: int = 10) -> Refusal:
    """How a body is refused."""
    with pytest.raises(Refusal) as raised:
        read_rows(body, max_rows=max_rows)
    return raised.value


@given(st.lists(st.dictionaries(st.text(max_size=5), CELLS, max_size=4), min_size=1, max_size=5))
def test_rows_are_what_was_sent(rows: list[dict[str, Any]]) -> None:
    """Any JSON objects, nested ones too, in any script, as escapes or as UTF-8."""
    for plain in (True, False):
        body = json.dumps({"rows": rows}, ensure_ascii=plain).encode("utf-8", errors="surrogatepass")
        assert read_rows(body, max_rows=5) == rows


@pytest.mark.parametrize(
    ("body", "where", "what"),
    [
        (b"", "body, line 1, column 1", "no JSON"),
        (b'{"rows": [{"x": 1}]', "body, line 1, column 20", "no JSON"),
        (b'{\n"rows": oops}', "body, line 2, column 9", "no JSON"),
        (b'{"rows": [{"x": "\xff"}]}', "body", "no UTF-8 at byte 17"),
        (b"[]", "body", "a list of rows"),
        (b"null", "body", "a list of rows"),
        (b'{"rows": {"x": 1}}', "body", "a list of rows"),
        (b'{"rows": [{"x": 1}], "explain": true}', "body", "no key 'explain'"),
        (b'{"rows": [{"x": 1}, 7]}', "rows[1]", "a row is an object"),
        (b'{"rows": [{"x": NaN}]}', "rows[0].x", "NaN is no number of JSON"),
        (b'{"rows": [{"x": 1}, {"t": [{"a": -Infinity}]}]}', "rows[1].t[0].a", "-Infinity is no number"),
        (b'{"rows": [{"x": 1, "x": 2}]}', "rows[0]", "a key stands twice"),
        (b'{"rows": [{"t": {"a": 1, "a": 1}}]}', "rows[0].t", "a key stands twice"),
        (b'{"rows": [{"x": 1}], "rows": [{"x": 2}]}', "body", "a key stands twice"),
        (b"NaN", "body", "NaN is no number of JSON"),
        (b'{"rows": [{"x": ' + b"1" * 5_000 + b"}]}", "body", "too many digits"),
        (b'{"rows": ' + b"[" * 100_000, "body", "nested too deep"),
    ],
    ids=lambda value: value[:24].decode(errors="replace") if isinstance(value, bytes) else None,
)
def test_what_is_odd_is_refused_where_it_stands(body: bytes, where: str, what: str) -> None:
    """422, with the row and the field; nothing is guessed, neither the first of two keys nor the last."""
    refusal = refused(body)
    assert (refusal.status, refusal.where) == (422, where)
    assert what in refusal.what


def test_more_rows_than_are_taken_are_another_refusal() -> None:
    """As many as the limit are read; one more is 413, so that a client sends less at a time."""
    body = json.dumps({"rows": [{"x": 1}] * 3}).encode()
    assert len(read_rows(body, max_rows=3)) == 3
    assert refused(body, max_rows=2).status == 413


def test_an_unknown_column_is_answered_with_the_nearest() -> None:
    """V04: at its row, with the column that was meant, or that there is none such."""
    check_columns([{"age": 1}, {}], {"age", "job"})
    with pytest.raises(Refusal, match="no column 'agee' is known") as raised:
        check_columns([{"age": 1}, {"agee": 1}], {"age", "job"})
    assert (raised.value.status, raised.value.where, raised.value.hint) == (422, "rows[1]", "did you mean 'age'?")
    with pytest.raises(Refusal) as raised:
        check_columns([{"zzz": 1}], {"age", "job"})
    assert "leave it out" in str(raised.value.hint)


def test_no_rows_are_rows() -> None:
    """Nothing to score is no error."""
    assert read_rows(b'{"rows": []}', max_rows=1) == []
