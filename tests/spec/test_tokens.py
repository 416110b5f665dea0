"""An expression is cut into words, each with its place, and an error points at one."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as some

from automl.errors import SpecError
from automl.spec.expressions import parse_expression
from automl.spec.tokens import HINTS, LONGEST, MOST, pointing, tokens

WHERE = "objective.costs.false_negative"


def read(source: str) -> object:
    return parse_expression(source, where=WHERE).root


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("amount *", "expected a number, a column or a function, got the end\n  amount *\n          ^"),
        ("wher(a, 1, 2)", "no function 'wher'\n  wher(a, 1, 2)\n  ^\n  did you mean 'where'?"),
        ("where(a, 1)", "where takes 3 arguments, got 2\n  where(a, 1)\n  ^"),
        ("a < b < c", "one comparison follows another\n  a < b < c\n        ^\n  join them: a < b and b < c"),
        ("(a + 1", "expected an operator such as + or a closing ), got the end\n  (a + 1\n        ^"),
        ("a = 3", "'=' has no meaning here\n  a = 3\n    ^\n  write == to compare"),
        ("漢字 $", "'$' has no meaning here\n  漢字 $\n       ^"),
        ("a +\nb ? c", "'?' has no meaning here\n  b ? c\n    ^"),
        ("x.at", "'.' has no meaning here\n  x.at\n   ^\n  a name that is no plain word stands in `backticks`"),
    ],
)
def test_an_error_shows_the_place(source, message):
    """The line with a caret under what is wrong, and what to write instead."""
    with pytest.raises(SpecError) as caught:
        read(source)
    assert str(caught.value) == f"{WHERE}: {message}"


def test_kinds_and_places() -> None:
    """Numbers, texts, names, names in backticks and signs; quotes are gone, places are those of the source."""
    words = tokens("größe>=.5e-3 != 'it' + `my col`", WHERE)
    assert [(word.kind, word.value, word.at) for word in words] == [
        ("name", "größe", 0),
        ("sign", ">=", 5),
        ("number", ".5e-3", 7),
        ("sign", "!=", 13),
        ("text", "it", 16),
        ("sign", "+", 21),
        ("column", "my col", 23),
        ("end", "the end", 31),
    ]


@pytest.mark.parametrize("source", ["", " \t\r\n "])
def test_nothing_is_its_end(source: str) -> None:
    """Space alone has one word: the end, behind it."""
    assert [(word.kind, word.at) for word in tokens(source, WHERE)] == [("end", len(source))]


@pytest.mark.parametrize("letter", HINTS)
def test_each_wrong_letter_has_a_hint(letter: str) -> None:
    """A letter of other languages is answered with what to write here."""
    with pytest.raises(SpecError) as caught:
        tokens(f"a {letter} b", WHERE)
    assert str(caught.value).endswith(f"\n  a {letter} b\n    ^\n  {HINTS[letter]}")


def test_a_name_in_backticks_is_not_empty() -> None:
    """`` names no column."""
    with pytest.raises(SpecError, match="a name is empty"):
        tokens("1 + ``", WHERE)


def test_bounds_are_exact() -> None:
    """The longest source and the most words are read, one more is not."""
    assert len(tokens(" " * LONGEST, WHERE)) == 1
    with pytest.raises(SpecError, match="2,001 characters, at most 2,000 are read"):
        tokens(" " * (LONGEST + 1), WHERE)
    assert len(tokens("a " * MOST, WHERE)) == MOST + 1  # and the end
    with pytest.raises(SpecError, match="more than 300 words"):
        tokens("a " * (MOST + 1), WHERE)


@given(some.lists(some.sampled_from(["a", "1.5", "`x y`", "'t'", "==", "(", "漢"]), max_size=20))
def test_space_between_words_changes_nothing(words: list[str]) -> None:
    """The same words come out however they are spaced, each from its own place."""
    source = "\n  ".join(words)
    read_words = tokens(source, WHERE)
    assert [word.value for word in tokens(" ".join(words), WHERE)] == [word.value for word in read_words]
    assert all(source[word.at :].lstrip("`'").startswith(word.value) for word in read_words[:-1])


def test_a_long_line_is_shown_around_the_place() -> None:
    """Of a line that fits no screen, the part around the place is shown, and the caret is under it."""
    source = "a" * 500 + "$" + "b" * 500
    shown, caret = str(pointing("no", source, 500, where=WHERE)).splitlines()[1:]
    assert len(shown) <= 102
    assert shown[caret.index("^")] == "$"


def test_only_the_line_of_the_place_is_shown() -> None:
    """The lines before and after are left out; tabs count as one space."""
    assert str(pointing("no", "first\n\tsecond\nthird", 7, where=WHERE)) == f"{WHERE}: no\n   second\n   ^"
