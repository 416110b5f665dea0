"""The report says what was found, in three forms, and no name can break out of it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

from automl.bench.judge import judge
from automl.bench.report import document, html_page, markdown_page, write_reports

ABOUT = {"name": "mine", "command": "automl bench mine"}
SCRIPT = "<script>alert(1)</script>"


def test_names_are_escaped(make_record: Callable[..., dict[str, Any]]) -> None:
    """V13: names of tasks, entrants and suites, and reasons of failures, are text wherever they stand."""
    records = [
        make_record(SCRIPT, f"rival:{SCRIPT}", 0.8),
        make_record(SCRIPT, "recipe:balanced", None, failure=f"exit code 1: {SCRIPT}"),
        make_record(SCRIPT, "rival:h2o", 0.8, skipped=SCRIPT),
    ]
    judgement = judge(records)
    about = {"name": SCRIPT, "command": f"automl bench {SCRIPT}"}
    page = html_page(judgement, about)
    assert page.count("<script") == 1, "ours, which sorts tables"
    assert page.count("&lt;script&gt;") > 8
    assert "Content-Security-Policy" in page
    assert "<script" not in markdown_page(judgement, about).replace(f"`automl bench {SCRIPT}`", "")


def test_the_page_needs_nothing_else(records: list[dict[str, Any]]) -> None:
    """V13: no address, no script or picture from elsewhere; its figures are well-formed and inside."""
    page = html_page(judge(records), ABOUT)
    assert not re.search(r"https?://|<script .|<img|<link|@import|url\(", page)
    drawn = re.findall(r"<svg.*?</svg>", page, re.DOTALL)
    assert len(drawn) == page.count("<summary>Numbers</summary>") == 4
    for svg in drawn:
        assert ET.fromstring(svg).get("role") == "img"  # noqa: S314  # we wrote it a line above


def test_all_forms_say_the_same(records: list[dict[str, Any]], tmp_path: Path) -> None:
    """Markdown, JSON and HTML hold each entrant, its rank, the failures and the sentence on the test."""
    judgement = judge(records)
    paths = write_reports(judgement, ABOUT, tmp_path)
    assert [path.name for path in paths] == ["report.json", "report.md", "report.html"]
    found = json.loads(paths[0].read_text())
    assert found["about"] == ABOUT
    assert [one["rank"] for one in found["standings"]] == [1.0, 2.5, 2.5, 4.0]
    for text in (paths[1].read_text(), paths[2].read_text()):
        assert "The ranks differ: Friedman" in text
        for part in ("balanced", "broken", "7 of 7", "exit code 1: it broke", "7-0-0", "Demsar 2006"):
            assert part in text


def test_json_has_no_nan(records: list[dict[str, Any]]) -> None:
    """A perfect separation has an infinite F: in JSON that is null."""
    text = json.dumps(document(judge(records), ABOUT), allow_nan=False)
    assert '"standings"' in text


def test_a_task_with_costs_gets_a_table_of_money(make_record: Callable[..., dict[str, Any]]) -> None:
    """The cheapest is bold, and what no model costs stands beside it."""
    money = {"per_row": 0.456, "without_model": 0.7}
    records = [
        make_record("t", "rival:a", 0.8, money=money),
        make_record("t", "rival:b", 0.9, money=money | {"per_row": 0.512}),
    ]
    assert "| t | 0.512 | **0.456** | 0.7 |" in markdown_page(judge(records), ABOUT)


def test_the_page_holds_in_a_browser(
    make_record: Callable[..., dict[str, Any]], holds_in_browser: Callable[[str], None]
) -> None:
    """V13: on a phone and on a desk nothing runs over the edge, and names that are markup are text."""
    evil = "<script>document.title = 'evil'</script>"
    names = ["recipe:balanced", f"rival:{evil}", f"rival:{'long' * 30}"]
    records = [make_record(f"{evil} {i}", name, 0.7 + i / 50) for i in range(4) for name in names]
    holds_in_browser(html_page(judge(records), {"name": evil, "command": "automl bench"}))


def test_everybody_can_read_the_page(records: list[dict[str, Any]], open_to_all: Callable[[str], None]) -> None:
    """No serious finding of axe: names, contrast, order."""
    open_to_all(html_page(judge(records), ABOUT))
