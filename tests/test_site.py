"""The site of `make site`: made of every page without a warning, read and searched without a network."""

from __future__ import annotations

import re
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest
from devtools import Tab

import automl
import automl.sklearn

ROOT = Path(__file__).parents[1]
PAGES = ("index.html", "docs/tutorials/fraud.html", "docs/howto/serve.html", "docs/reference/spec.html", "search.html")
OPTIONS = ("--quiet", "--fail-on-warning", "--keep-going", "--conf-dir", "docs")
LEADS = """new Promise((done) => {
  const look = () => {
    const found = document.querySelector("ul.search a[href*='docs/howto/tables.html']");
    if (found) done(found.textContent);
    else setTimeout(look, 50);
  };
  look();
})"""  # results come one by one


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site, built as `make site` builds it."""
    if find_spec("sphinx") is None:
        pytest.skip("there is no Sphinx here: `make site` and `make test` install it")
    out = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "sphinx", *OPTIONS, ".", str(out)]
    made = subprocess.run(command, cwd=ROOT, check=False, capture_output=True, text=True)
    assert (made.returncode, made.stderr) == (0, "")
    return out


def test_each_page_is_there(site: Path) -> None:
    """Every page of the docs is made, the front page is the README, and no warning was given."""
    pages = [page.relative_to(ROOT).with_suffix(".html") for page in ROOT.glob("docs/**/*.md")]
    assert [page for page in pages if not (site / page).exists()] == []
    assert (site / "index.html").read_bytes() == (site / "README.html").read_bytes()


def test_what_is_public_is_described(site: Path) -> None:
    """Each public name stands in the reference that is made from code, with what its docstring says."""
    page = (site / "docs" / "reference" / "python.html").read_text(encoding="utf-8")
    names = [f"automl.{name}" for name in automl.__all__] + [
        f"automl.sklearn.{name}" for name in automl.sklearn.__all__
    ]
    assert [name for name in names if f'id="{name}"' not in page] == []
    assert "Search within the budget, and write a bundle that keeps every limit." in page


def test_no_page_names_what_would_be_fetched(site: Path) -> None:
    """Scripts, sheets, fonts and pictures are files of the site."""
    for page in site.rglob("*.html"):
        text = page.read_text(encoding="utf-8")
        sources = re.findall(r"""<(?:script|img|iframe)\b[^>]*?\bsrc="([^"]*)""", text)
        sources += re.findall(r"""<link\b[^>]*?\bhref="([^"]*)""", text)
        assert [source for source in sources if source.startswith(("http:", "https:", "//"))] == [], page
    for sheet in site.rglob("*.css"):
        assert not re.search(r"url\(['\"]?(https?:)?//", sheet.read_text(encoding="utf-8")), sheet


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_is_read_without_a_network(site: Path, tab: Tab, scheme: str) -> None:
    """On a phone and on a desk nothing runs over the edge, and all that is asked for are files of the site."""
    for page in PAGES:
        for width in (390, 1280):
            tab.open(site / page, width=width, scheme=scheme)
            over = tab.run("document.documentElement.scrollWidth - document.documentElement.clientWidth")
            assert over <= 0, f"{page} is wider than {width} px"
            assert [address for address in tab.fetched if not address.startswith((site.as_uri(), "data:"))] == []


def test_it_is_searched_without_a_server(site: Path, tab: Tab) -> None:
    """A word of one page leads to it."""
    tab.open(site / "search.html")
    tab.call("Page.navigate", url=f"{(site / 'search.html').as_uri()}?q=horizon")
    assert tab.run(LEADS) == "Use several tables"
