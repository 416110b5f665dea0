"""How Sphinx makes the pages, as they stand in the repository, into the site of `make site`.

README is the front page; NAVIGATION says what stands beside each page. A page that stands nowhere in it, a link that
leads nowhere, any other warning: no site.
"""

from __future__ import annotations

import shutil
from pathlib import Path

from sphinx.application import Sphinx

project, author = "automl", "the automl authors"
copyright = "2026, the automl authors"  # noqa: A001  # the name that Sphinx reads
root_doc = "README"
include_patterns = [
    "*.md",
    "docs/*.md",
    "docs/**/*.md",
    "benchmarks/results/README.md",
    "benchmarks/results/portfolio.md",
]
exclude_patterns = [".*", "automl", "build", "dist", "recipes", "tests"]  # folders that nobody has to walk through

extensions = ["myst_parser", "sphinx.ext.autodoc"]
myst_heading_anchors = 3  # as code forges name headings
myst_enable_extensions = ["fieldlist"]
default_role = "literal"  # `name` in a docstring
autodoc_typehints = "description"
autodoc_typehints_description_target = "documented_params"
autodoc_member_order = "bysource"
nitpicky = False

html_theme = "furo"
html_title = "automl"
html_copy_source = False
html_show_sphinx = False
html_theme_options = {"top_of_page_buttons": []}

NAVIGATION = {
    "README": {
        "Tutorials": ["docs/tutorials/credit", "docs/tutorials/fraud", "docs/tutorials/*"],
        "How to": ["docs/howto/*"],
        "Reference": ["docs/reference/*", "docs/bundle", "docs/cannot"],
        "Why it is so": [
            "docs/architecture",
            "docs/money",
            "docs/gates",
            "docs/scale",
            "docs/threats",
            "benchmarks/results/README",
        ],
        "The project": ["CHANGELOG", "CONTRIBUTING"],
    },
    "docs/architecture": {"Decisions": ["docs/decisions/0*"]},
    "benchmarks/results/README": {"Results": ["benchmarks/results/portfolio"]},
}


def setup(app: Sphinx) -> None:
    """What Sphinx calls first."""
    app.connect("source-read", add_navigation)
    app.connect("build-finished", open_at_the_readme)


def add_navigation(_: Sphinx, page: str, source: list[str]) -> None:
    """Hang the pages below a page that has some: `source` is its text, and is changed."""
    for caption, below in NAVIGATION.get(page, {}).items():
        listed = "\n".join(f"/{name}" for name in below)
        source[0] += f"\n```{{toctree}}\n:hidden:\n:glob:\n:caption: {caption}\n{listed}\n```\n"


def open_at_the_readme(app: Sphinx, failure: Exception | None) -> None:
    """The front page stands where servers of files look for it, too."""
    if failure is None and app.builder.name == "html":
        shutil.copyfile(Path(app.outdir) / "README.html", Path(app.outdir) / "index.html")
