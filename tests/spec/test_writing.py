"""A resolved spec is written as TOML that can be pasted: what is read back is what was written."""

from __future__ import annotations

import tomllib

from hypothesis import given, settings
from hypothesis import strategies as some

from automl.spec.writing import to_toml

texts = some.text(some.characters(exclude_categories=["Cs"]), max_size=6)
leaves = some.one_of(some.booleans(), some.integers(-(2**53), 2**53), some.floats(allow_nan=False), texts)
values = some.recursive(
    leaves.filter(lambda leaf: leaf not in {float("inf"), float("-inf")}),
    lambda inner: some.lists(inner, max_size=3) | some.dictionaries(texts, inner, min_size=1, max_size=3),
    max_leaves=8,
)


@settings(max_examples=40)
@given(some.dictionaries(texts, values, max_size=4))
def test_what_is_written_reads_back(given_values: dict[str, object]) -> None:
    """Any keys, texts, numbers, lists and tables come back from tomllib as they went in."""
    assert tomllib.loads(to_toml(given_values)) == given_values


def test_tables_are_sections_and_tables_in_lists_are_inline() -> None:
    """It looks as people write it: plain keys first, a blank line before a section, a dotted name for an inner one."""
    shown = to_toml({"a": {"x": 1, "b": {"y": [True, {"k": "v", "two words": 2.5}]}}, "top": "é"})
    assert shown == 'top = "é"\n\n[a]\nx = 1\n\n[a.b]\ny = [true, { k = "v", "two words" = 2.5 }]'


def test_a_section_of_sections_only_has_no_header_of_its_own() -> None:
    """`[a]` above `[a.b]` would say nothing."""
    assert to_toml({"a": {"b": {"c": 1}}}) == "[a.b]\nc = 1"


def test_keys_and_texts_are_quoted_where_they_must_be() -> None:
    """A key of other letters stands in quotes; line breaks, quotes, and DEL are escaped."""
    assert to_toml({"odd.name": 'a\n"b"\x7f'}) == '"odd.name" = "a\\n\\"b\\"\\u007f"'


def test_nothing_is_written_as_nothing() -> None:
    """An empty spec is an empty text; a table without values leaves nothing either."""
    assert (to_toml({}), to_toml({"limits": {}})) == ("", "")
