"""Only what automl sealed is replaced, and no output takes the place of an input or lies inside a bundle."""

from __future__ import annotations

import json

import pytest

from automl.bundle.place import check_output, check_place
from automl.bundle.write import finish, stage, staging
from automl.errors import SpecError


@pytest.fixture
def bundle(make_contents, binary, tmp_path):
    """A finished bundle."""
    out = tmp_path / "a.bundle"
    stage(make_contents(binary), staging(out))
    return finish(staging(out), out, gates=[], verdict=None, card="")


def test_nothing_and_a_bundle_may_be_replaced(bundle, tmp_path):
    """A free place, a bundle, and one that Python left its compiled files in."""
    check_place(tmp_path / "new" / "b.bundle")
    check_place(bundle)
    (bundle / "__pycache__").mkdir()
    (bundle / "__pycache__" / "score.cpython-311.pyc").write_bytes(b"compiled")
    check_place(bundle)


@pytest.mark.parametrize(
    "files",
    [
        {"thesis.txt": "all of it"},
        {"manifest.json": json.dumps({"name": "web app", "icons": []})},
        {"manifest.json": "{}", "manifest.sha256": "0" * 64 + "  manifest.json\n"},
        {},
    ],
)
def test_a_folder_without_our_seal_is_never_replaced(tmp_path, files):
    """A folder with a manifest.json of somebody else is none of ours; nor is an empty one."""
    place = tmp_path / "webapp"
    place.mkdir()
    for name, content in files.items():
        (place / name).write_text(content)
    with pytest.raises(SpecError, match="no bundle with its seal"):
        check_place(place)


def test_a_file_and_a_link_are_not_replaced(bundle, tmp_path):
    """A file at the place, and a link to a bundle, are somebody's."""
    (tmp_path / "file").write_text("x")
    with pytest.raises(SpecError, match="no bundle"):
        check_place(tmp_path / "file")
    (tmp_path / "link").symlink_to(bundle)
    (tmp_path / "dangling").symlink_to(tmp_path / "nowhere")
    for name in ("link", "dangling"):
        with pytest.raises(SpecError, match="this is a link"):
            check_place(tmp_path / name)


def test_a_bundle_that_holds_something_else_is_not_replaced(bundle):
    """Notes that somebody put into the folder would go with it."""
    (bundle / "notes.txt").write_text("why we chose this one")
    with pytest.raises(SpecError, match=r"holds 'notes\.txt'"):
        check_place(bundle)


def test_the_name_of_a_run_folder_is_no_place_for_a_bundle(tmp_path):
    """It is told before the search, not after it."""
    with pytest.raises(SpecError, match="run folders"):
        check_place(tmp_path / "x.run")


def test_nothing_is_written_into_a_bundle(bundle, tmp_path, monkeypatch):
    """In any depth, and by a relative path too."""
    for place in (bundle / "inner.bundle", bundle / "golden" / "out.csv"):
        with pytest.raises(SpecError, match="inside the bundle"):
            check_place(place)
        with pytest.raises(SpecError, match="inside the bundle"):
            check_output(place, inputs=[])
    monkeypatch.chdir(bundle)
    with pytest.raises(SpecError, match="inside the bundle"):
        check_output(tmp_path.__class__("out.csv"), inputs=[])


def test_an_input_is_not_overwritten(tmp_path):
    """By its own name, by another path to it, or by a link of either kind."""
    data = tmp_path / "rows.csv"
    data.write_text("a\n1\n")
    (tmp_path / "hard.csv").hardlink_to(data)
    (tmp_path / "soft.csv").symlink_to(data)
    for out in (data, tmp_path / "x" / ".." / "rows.csv", tmp_path / "hard.csv", tmp_path / "soft.csv"):
        (tmp_path / "x").mkdir(exist_ok=True)
        with pytest.raises(SpecError, match="would be overwritten"):
            check_output(out, inputs=[tmp_path / "other.csv", data])
    check_output(tmp_path / "out.csv", inputs=[data])


def test_a_link_is_no_output(tmp_path):
    """The file that takes its place would not be where the link leads."""
    (tmp_path / "latest.csv").symlink_to(tmp_path / "monday.csv")
    for leads in ("nowhere", "to a file"):
        with pytest.raises(SpecError, match="this is a link"):
            check_output(tmp_path / "latest.csv", inputs=[])
        (tmp_path / "monday.csv").write_text(leads)
