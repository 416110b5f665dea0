"""What a browser would make of a view: its tags, and the text between them."""

from __future__ import annotations

from collections.abc import Callable
from html.parser import HTMLParser

import pytest

EVIL = '"><script>document.title = "evil"</script><img src=x onerror=alert(1)>'
OURS = {
    *("div", "style", "section", "p", "span", "dl", "dt", "dd", "h3", "details", "summary"),
    *("table", "thead", "tbody", "tr", "th", "td", "figure", "figcaption"),
    *("svg", "title", "desc", "line", "circle", "rect", "text", "polyline", "polygon"),
}


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.told: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag in OURS, f"<{tag}> is none of ours"
        assert not [name for name, _ in attrs if name.startswith("on")], f"<{tag}> has a script"

    def handle_data(self, data: str) -> None:
        self.told.append(data)


@pytest.fixture
def read() -> Callable[[str], str]:
    """The text of a view; fails where it has a tag or an attribute that is none of ours (V13)."""

    def text(html: str) -> str:
        reader = _Reader()
        reader.feed(html)
        return " ".join(" ".join(reader.told).partition("}\n")[2].split())

    return text
