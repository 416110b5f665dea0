"""What all views share: their sheet holds for them alone, and they are as dark as the notebook around them."""

from __future__ import annotations

import pytest

from automl.figures.marks import table
from automl.report.views.base import Content, drawn, tag_of

FOREIGN = "<h3>theirs</h3><table><tr><td>1</td></tr></table><details><summary>more</summary></details><code>x</code>"
STYLES = """JSON.stringify(["h3", "td", "summary", "code", "body"].map(name => {
  const seen = getComputedStyle(document.querySelector(name));
  return [seen.fontSize, seen.color, seen.padding, seen.margin, seen.backgroundColor];
}))"""
PAPER = "getComputedStyle(document.querySelector('.automl-view')).backgroundColor"
INK = "getComputedStyle(document.querySelector('.automl-view tbody td')).color"
VIEW = drawn(
    Content(kind="fit", lead="It pays.", facts=[("rows", "12")], opened={"Numbers": table(("a", "b"), [("c", "1")])})
)
WHITE, BLACK = "rgb(255, 255, 255)", "rgb(18, 23, 29)"


@pytest.fixture
def show(tab, tmp_path):
    """A notebook's page around a view, with the attributes of its body."""

    def opened(view: str, body: str = "", *, width: int = 1280, scheme: str = "light") -> None:
        file = tmp_path / "notebook.html"
        file.write_text(f"<!doctype html><body {body}>{FOREIGN}{view}", encoding="utf-8")
        tab.open(file, width=width, scheme=scheme)

    return opened


def test_the_sheet_holds_for_the_view_alone(show, tab):
    """What stands beside it looks as it did, nothing is fetched, and it is no wider than a phone."""
    show("")
    before = tab.run(STYLES)
    show(VIEW, width=390)
    assert tab.run(STYLES) == before
    assert len(tab.fetched) == 1
    assert tab.run("document.documentElement.scrollWidth") <= 390


@pytest.mark.parametrize(
    ("body", "scheme", "paper"),
    [
        ("", "light", WHITE),
        ("", "dark", BLACK),
        ('data-jp-theme-light="true"', "dark", WHITE),
        ('data-jp-theme-light="false"', "light", BLACK),
        ('class="vscode-dark"', "light", BLACK),
    ],
)
def test_it_is_as_dark_as_the_notebook(body, scheme, paper, show, tab):
    """The notebook's own word goes before that of the system; ink is the other one, in tables too."""
    show(VIEW, body, scheme=scheme)
    assert tab.run(PAPER) == paper
    assert (sum(map(int, tab.run(INK)[4:-1].split(","))) > 3 * 128) == (paper == BLACK)


def test_a_verdict_is_told_in_a_word():
    """None where there is none."""
    assert tag_of(worth=None) is None
    assert tag_of(worth=True) == ("worth deploying", "good")
    assert tag_of(worth=False) == ("not shown to pay", "bad")
