"""A figure is well-formed, told to screen readers, has its numbers beside it, and no text of it is markup."""

from __future__ import annotations

import re
from dataclasses import replace
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from automl.figures.marks import NARROW, Box, Dot, Figure, Line, Path, Word, table
from automl.figures.svg import element, svg, text
from automl.figures.svg import table as html_table

EVIL = '"><img src=x onerror=alert(1)><script>alert(1)</script>'
NS = "{http://www.w3.org/2000/svg}"


def figure(words: str) -> Figure:
    """One mark of each kind, all of whose texts are `words`."""
    return Figure(
        title=words,
        note=words,
        width=100.0,
        height=50.0,
        marks=(
            Line(x1=0.0, y1=1.0, x2=2.0, y2=3.25, kind=words),
            Dot(x=1.0, y=2.0, tip=words),
            Box(x=1.0, y=2.0, width=3.0, height=4.0, tip=words, strength=0.5),
            Path(points=((0.0, 0.0), (1.0, 1.0)), kind=words, filled=True),
            Word(x=1.0, y=1.0, text=words, turned=True),
        ),
        table=table([words, words], [[words, words]]),
    )


@given(st.text(min_size=1))
def test_any_text_is_well_formed(words: str) -> None:
    """V13: whatever stands in the data, the element parses as XML and has the tags that we wrote."""
    root = ET.fromstring(f"<div>{element(figure(words))}</div>")  # noqa: S314  # we wrote it a line above
    tags = [one.tag for one in root.iter()]
    assert tags == [one.tag for one in ET.fromstring(f"<div>{element(figure('plain'))}</div>").iter()]  # noqa: S314  # as above


def test_names_that_are_markup_are_text() -> None:
    """V13: no tag and no attribute comes out of a name, wherever it stands."""
    page = element(figure(EVIL))
    assert "<img" not in page
    assert "<script" not in page
    assert not re.search(r'="[^"]*"[^ />]', page.replace('"/>', '" />')), "an attribute was closed by a name"


def test_a_cell_of_megabytes_is_no_label() -> None:
    """A long text is cut; a note of our own is not."""
    assert len(text("x" * 10_000_000)) == 300
    assert len(svg(figure("x" * 10_000_000))) < 20_100_000, "the title and the note are ours"
    assert len(html_table(figure("x" * 1_000_000).table)) < 2_000


def test_a_screen_reader_is_told_what_it_is() -> None:
    """An image with a title and a description, and the numbers as a table with heads."""
    root = ET.fromstring(f"<div>{element(figure('Costs'))}</div>")  # noqa: S314  # we wrote it a line above
    drawn = next(root.iter("svg"))
    assert drawn.get("role") == "img"
    assert [drawn[0].tag, drawn[0].text, drawn[1].tag] == ["title", "Costs", "desc"]
    assert {head.get("scope") for head in root.iter("th")} == {"col", "row"}


@pytest.mark.parametrize(("value", "told"), [(3.0, "3"), (3.25, "3.2"), (-0.04, "-0")])
def test_lengths_are_short(value: float, told: str) -> None:
    """A tenth of a pixel is enough."""
    marks = (Line(x1=value, y1=0.0, x2=0.0, y2=0.0),)
    drawn = svg(Figure(title="t", note="n", width=1.0, height=1.0, marks=marks, table=table([], [])))
    assert f'x1="{told}"' in drawn


def test_a_wide_picture_can_be_moved() -> None:
    """What would be too small on a phone keeps its size in a frame that keys reach; what fits has none."""
    wide = replace(figure("a"), width=NARROW + 1)
    assert '<div class="scroll" tabindex="0"' in element(wide)
    assert "scroll" not in element(figure("a"))


def test_words_lie_to_the_left() -> None:
    """A column of a table without a number is one of words; a head without a name is none."""
    rows = [["a", "9f3c", "95 ms", "0.1 to 0.2", ""], ["b", "1 feature by number", "none", "", ""]]
    page = html_table(table(["", "one", "two", "three", "four"], rows))
    kinds = ["<td></td>", '<th scope="col" class="words">one', '<th scope="col">two', '<th scope="col">three']
    assert all(kind in page for kind in kinds)
    assert page.count('class="words"') == 6
