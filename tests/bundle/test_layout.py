"""What may lie in a bundle is a closed list."""

from __future__ import annotations

import pytest

from automl.bundle.explain_text import code_files
from automl.bundle.layout import ANSWERING, DESCRIBING, answering, is_code, is_file, is_member


def test_every_file_that_is_written_is_known(bundle, tables_bundle):
    """B02: the files of a bundle, of one table and of several, are members of the list."""
    for folder in (bundle, tables_bundle):
        names = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
        assert all(map(is_member, names))
        assert {name for name in names if is_code(name)} == set(code_files(tables=folder is tables_bundle))


@pytest.mark.parametrize(
    "name",
    [
        "numpy.py",
        "score_tables/../numpy.py",
        "score_tables/a/b.py",
        "SCORE.PY",
        "golden/x.json",
        "",
        "score.py\n",
        "a.so",
    ],
)
def test_other_names_are_unknown(name):
    """B02: what Python, the loader or a reader could take for something else is no file of a bundle."""
    assert not is_file(name)
    assert not is_member(name)


def test_only_four_files_have_no_part_in_the_answers():
    """R12: whatever is added to the list counts for the content hash, unless it only describes."""
    assert not ANSWERING & DESCRIBING
    files = dict.fromkeys([*ANSWERING, *DESCRIBING, "score_tables/x.py"], "0")
    assert set(answering(files)) == {*ANSWERING, "score_tables/x.py"}
