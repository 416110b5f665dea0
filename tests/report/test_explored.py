"""The page of a profile states its numbers, is small and alone, and no name in it is markup."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from automl import cli
from automl.bundle.manifest import plain
from automl.decide.verdict.reason import money
from automl.errors import SpecError
from automl.explore.explore import explore, explore_file
from automl.explore.profile import Profile
from automl.report.explored import profile_page, summary
from automl.report.page import check_page, write_page
from automl.report.profile_text import print_profile
from automl.spec import parse

EVIL = "<script>document.title = 'evil'</script>\x1b[31m"
COSTS = {"false_positive": 10, "false_negative": 50, "currency": "EUR"}


@pytest.fixture(scope="module")
def rows(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """400 rows over a year in which names, levels and labels are markup and escapes, and one cell is long."""
    draw = np.random.default_rng(0)
    x = draw.normal(size=400)
    frame = pl.DataFrame(
        {
            EVIL: np.where(draw.random(400) < 0.5, f'"><img src=x onerror=alert(1)>{EVIL}', "=cmd()"),
            "x": pl.Series(x).set(pl.Series(draw.random(400) < 0.1), None),
            "day": pl.date_range(pl.date(2024, 1, 1), pl.date(2025, 2, 3), "1d", eager=True)[:400],
            "text": ["z" * 1_000_000, *(f"word {i % 7}" for i in range(399))],
            "y": np.where(x + draw.normal(size=400) > 0, EVIL, "no"),
        }
    )
    path = tmp_path_factory.mktemp("rows") / "rows.parquet"
    frame.write_parquet(path)
    return path


@pytest.fixture(scope="module")
def profile(rows: Path) -> Profile:
    """With costs and a time."""
    objective = {"target": "y", "positive": EVIL, "costs": COSTS}
    return explore(parse({"objective": objective, "data": {"train": str(rows), "time": "day"}}))


@pytest.fixture(scope="module")
def html(profile: Profile) -> str:
    """Its page."""
    return profile_page(profile)


def test_names_are_text(html: str) -> None:
    """V13: neither a name, a level nor a label is a tag, and no escape reaches the page."""
    assert html.count("<script") == 1, "ours"
    assert "<img" not in html
    assert "\x1b" not in html
    assert html.count("&lt;script&gt;") > 10


def test_the_page_is_alone_and_small(html: str) -> None:
    """No address, nothing to fetch, far under 2 MB though a cell has a million letters."""
    assert not re.search(r"https?://|<link|<script .|@import|url\(", html)
    assert len(html.encode()) < 500_000


def test_the_page_holds_in_a_browser(html: str, holds_in_browser: Callable[[str], None]) -> None:
    """V13: on a phone and on a desk nothing runs over the edge, and no name that is a script runs."""
    holds_in_browser(html)


def test_everybody_can_read_the_page(html: str, open_to_all: Callable[[str], None]) -> None:
    """No serious finding of axe: names, contrast, order."""
    open_to_all(html)


def test_numbers_are_those_of_the_profile(html: str, profile: Profile) -> None:
    """Each column's line has its figures, and the money stands as it was counted."""
    table = html[html.index('id="all"') :]
    for column in profile.columns:
        assert column.score is None or f"<td>{column.score:.3f}</td>" in table
        assert f"<td>{column.distinct:,}</td>" in table
    assert f"{money(profile.money.most)} EUR" in html
    assert f"{profile.rows + profile.test_rows:,}" in html
    for policy in profile.money.policies:
        assert f"<td>{money(policy.cost)}</td>" in html


def test_without_a_target_there_is_less(rows: Path, holds_in_browser: Callable[[str], None]) -> None:
    """Columns and pairs, and how to go on; without costs the page says what they would add."""
    found = explore_file(rows)
    page = profile_page(found)
    assert "No target was named" in summary(found)
    assert 'id="money"' not in page
    assert 'id="target"' not in page
    holds_in_browser(page)


def test_the_target_without_costs_asks_for_them(profile: Profile) -> None:
    """The part on money says where costs are given."""
    assert "[objective.costs]" in profile_page(replace(profile, money=None))


def test_the_terminal_gets_a_short_version(profile: Profile) -> None:
    """What it is, money, findings and the best columns, without an escape of the data's."""
    stream = io.StringIO()
    print_profile(profile, stream)
    said = stream.getvalue()
    assert said.startswith("400 rows and 4 columns")
    assert "cheapest policy" in said
    assert "\x1b" not in said
    assert len(said) < 6_000


def test_the_command_prints_the_same_as_json(rows: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """`--json` is the whole profile, `-o` the page, together or alone."""
    out = tmp_path / "page.html"
    assert cli.run(["explore", str(rows), "--json", "-o", str(out)]) == 0
    assert json.loads(capsys.readouterr().out) == json.loads(json.dumps(plain(explore_file(rows))))
    assert "Before any model" in out.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["--target", "z"], 2, "no column 'z'"),
        (["--set", "budget.seed=1"], 2, "no spec to overrule"),
        (["-o", "nowhere/page.html"], 2, "no such folder"),
    ],
)
def test_what_is_wrong_is_told(arguments: list[str], code: int, said: str, rows: Path, capsys, monkeypatch) -> None:
    """In a sentence, with an exit code, and nothing on stdout."""
    monkeypatch.chdir(rows.parent)
    assert cli.run(["explore", str(rows), *arguments]) == code
    told = capsys.readouterr()
    assert said in told.err
    assert told.out == ""


def test_a_file_that_is_no_table_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Bytes, an empty file, no file: exit code 3."""
    (tmp_path / "bytes.csv").write_bytes(bytes(range(256)))
    (tmp_path / "empty.csv").write_bytes(b"")
    for name in ("bytes.csv", "empty.csv", "nowhere.csv", "."):
        assert cli.run(["explore", str(tmp_path / name)]) == 3
    assert "Traceback" not in capsys.readouterr().err


def test_only_a_page_of_ours_is_replaced(tmp_path: Path, html: str) -> None:
    """A page is written over, anything else at its place is refused before anything is computed."""
    page, other = tmp_path / "page.html", tmp_path / "other.html"
    write_page(html, page)
    check_page(page)
    other.write_text("mine", encoding="utf-8")
    for place in (other, tmp_path):
        with pytest.raises(SpecError):
            check_page(place)
    assert other.read_text(encoding="utf-8") == "mine"
