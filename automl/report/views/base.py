"""What a view consists of: a sentence that says it, figures, and tables that open."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Literal

from automl.figures.marks import Figure, Table
from automl.registry import Registry
from automl.report.page import part

Tag = tuple[str, Literal["good", "bad"]]
PAYS: Final[Tag] = ("worth deploying", "good")
PAYS_NOT: Final[Tag] = ("not shown to pay", "bad")


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """The plugin: `html` draws a value of the type called `name` as a part of a page that brings its own styles."""

    name: str
    html: Callable[[Any], str]


views = Registry("automl.report.views", View, "view")


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """`kind` is what the value is, `lead` the one sentence to read; `tag` says how it stands, in a word and its tone.

    `opened` are tables that are seen at once, `folded` those that open, by their names.
    """

    kind: str
    lead: str
    tag: Tag | None = None
    facts: Sequence[tuple[str, str]] = ()
    words: Sequence[str] = ()
    figures: Sequence[Figure] = ()
    opened: Mapping[str, Table] = field(default_factory=dict)
    folded: Mapping[str, Table] = field(default_factory=dict)


def drawn(*contents: Content) -> str:
    """The contents below each other as HTML; every text of them is escaped (V13)."""
    return part("view.html.j2", {"contents": contents})


def tag_of(*, worth: bool | None) -> Tag | None:
    """How a verdict is told in a word; None where there is none."""
    return None if worth is None else PAYS if worth else PAYS_NOT
