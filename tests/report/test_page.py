"""The template of all pages: alone, escaped, and run by nothing but its own script."""

from __future__ import annotations

import base64
import hashlib
import re

import pytest
from jinja2 import UndefinedError

from automl.report.page import page

EVIL = "<script>alert(1)</script>\x1b[31m"


def test_text_is_escaped_and_our_own_markup_is_not() -> None:
    """V13: a value is text without control characters; sheet, script and policy stand as they are."""
    html = page("page.html.j2", {"header": EVIL})
    assert html.startswith("<!doctype html>")
    assert html.count("<script") == html.count("<style") == 1


def test_the_policy_names_the_script_and_the_sheet_by_their_bytes() -> None:
    """V13: a browser takes these two and no other, and loads nothing."""
    html = page("page.html.j2", {})
    policy = re.search(r'http-equiv="Content-Security-Policy" content="([^"]*)"', html)[1].replace("&#x27;", "'")
    for tag, rule in (("style", "style-src"), ("script", "script-src")):
        content = re.search(rf"<{tag}>(.*?)</{tag}>", html, re.DOTALL)[1]
        hashed = base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()
        assert f"{rule} 'sha256-{hashed}'" in policy
    assert policy.startswith("default-src 'none'")


def test_a_name_that_no_fact_has_is_an_error() -> None:
    """A template says nothing where a fact is missing: it ends."""
    with pytest.raises(UndefinedError):
        page("report.html.j2", {}, package="automl.bench")
