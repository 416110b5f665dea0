"""Names of a header are found and judged alike wherever a header is read."""

from __future__ import annotations

import pytest

from automl.data.read.column_names import fault_of, names_in


def test_blanks_are_no_part_of_a_name() -> None:
    """The first column of a file that pandas wrote has no name, and gets one; others do not."""
    assert names_in(["", " a\u00a0", "\ufeffb", ""]) == ["column_1", "a", "b", ""]
    assert names_in([]) == []


@pytest.mark.parametrize(
    ("names", "said"),
    [(["a", "b", "a"], "same name: 'a'"), (["a", ""], "column 2 has no name"), (["a", "A"], None), ([], None)],
)
def test_names_tell_columns_apart(names: list[str], said: str | None) -> None:
    """D05: a name that stands twice, and one that is empty, are told with what to do."""
    fault = fault_of(names)
    assert fault is None if said is None else fault is not None and said in fault[0] and bool(fault[1])
