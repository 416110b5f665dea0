"""`verify` replays what was judged and knows every file."""

from __future__ import annotations

import io
import json
import pickle
import shutil
import zipfile

import pytest
from onnx import helper

from automl.bundle.layout import MANIFEST, SEAL
from automl.bundle.read import Bundle
from automl.bundle.scorer import seal
from automl.bundle.verify import looks_pickled, verify
from automl.errors import BundleError


@pytest.fixture
def copy(bundle, tmp_path):
    """A bundle to break."""
    return shutil.copytree(bundle, tmp_path / "copy.bundle")


def test_a_good_bundle_passes(bundle):
    """The report counts files and golden rows, and names the content hash."""
    report = verify(bundle)
    assert report.files == len([path for path in bundle.rglob("*") if path.is_file()])
    assert report.golden_rows == len(json.loads((bundle / "golden" / "rows.json").read_bytes()))
    assert len(report.content_hash) == 64


def test_no_bundle_holds_a_pickle(bundle):
    """B01: no file of a bundle is a pickle or an archive, by its content as by its name."""
    files = [path for path in bundle.rglob("*") if path.is_file()]
    assert {path.suffix for path in files} == {".json", ".sha256", ".onnx", ".parquet", ".md", ".py"}
    assert not any(looks_pickled(path.read_bytes()) for path in files)


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_pickles_are_known_by_content(protocol, copy, reseal):
    """B01: a pickle of any protocol, under a harmless name and with all hashes right, is refused."""
    (copy / "card.md").write_bytes(pickle.dumps({"a": [1, 2.5, "x"]}, protocol=protocol))
    reseal(copy)
    with pytest.raises(BundleError, match=r"card\.md: this is a pickle"):
        verify(copy)


def test_archives_are_known_by_content():
    """B01: a zip may hold a pickle and counts as one."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("data.pkl", b"x")
    assert looks_pickled(buffer.getvalue())


@pytest.mark.parametrize("name", ["model.pkl", "sitecustomize.py", "golden/more.json", ".hidden"])
def test_strangers_are_refused(copy, name):
    """B02: a file that the manifest does not name is refused by name."""
    (copy / name).write_bytes(b"import os")
    with pytest.raises(BundleError, match="does not name this file"):
        verify(copy)


def test_a_skewed_graph_is_refused(copy, reseal, make_contents, binary):
    """B13: a graph with one threshold moved answers the golden rows otherwise, though every hash was made right."""
    model = make_contents(binary).model
    moved = model.replace(b"clerk", b"klerk")
    assert moved != model
    (copy / "model.onnx").write_bytes(moved)
    reseal(copy)
    with pytest.raises(BundleError, match="golden answers differ; row") as raised:
        verify(copy)
    assert raised.value.exit_code == 7


def test_a_content_hash_of_other_content_is_refused(copy):
    """R12: a manifest whose content hash is another's is refused, though its seal was made right."""
    content = json.loads((copy / MANIFEST).read_bytes()) | {"content_hash": "0" * 64}
    text = json.dumps(content).encode()
    (copy / MANIFEST).write_bytes(text)
    (copy / SEAL).write_bytes(seal(text))
    with pytest.raises(BundleError, match="content hash is not that of the content"):
        verify(copy)


def test_labels_that_changed_places_are_refused(copy, reseal):
    """B13: the labels that decisions become are replayed in the type of the target, with all hashes made right."""
    target = json.loads((copy / MANIFEST).read_bytes())["target"]
    reseal(copy, target=target | {"values": target["values"][::-1]})
    with pytest.raises(BundleError, match="golden answers differ; row 0: decision is"):
        verify(copy)


def test_labels_of_another_type_are_refused(bundle, copy, reseal):
    """D21: a label that was text and is a number now is another answer, and so the other way round."""
    target = json.loads((copy / MANIFEST).read_bytes())["target"]
    reseal(copy, target=target | {"values": [0, 1], "dtype": "int"})
    with pytest.raises(BundleError, match=r"golden answers differ; row 0: decision is [01], expected"):
        verify(copy)


@pytest.mark.parametrize("open_it", [verify, Bundle.load], ids=["verify", "load"])
def test_a_graph_with_a_second_meaning_is_refused(open_it, copy, reseal):
    """B10: a node behind a tag that ONNX Runtime cuts to 32 bits, with all hashes made right, is exit 7 at once."""
    graph = helper.make_graph([helper.make_node("Sin", ["x"], ["y"])], "g", [], []).SerializeToString()
    tag = b"\xba\x80\x80\x80\x10"  # field 7 of a model, its graph, with bit 32 set
    model = copy / "model.onnx"
    model.write_bytes(model.read_bytes() + tag + bytes([len(graph)]) + graph)
    reseal(copy)
    with pytest.raises(BundleError, match="damaged") as raised:
        open_it(copy)
    assert raised.value.exit_code == 7


def test_a_bundle_without_golden_rows_is_refused(copy, reseal):
    """B13: a bundle that says nothing of what it answers has no proof."""
    (copy / "golden" / "rows.json").write_bytes(b"[]")
    (copy / "golden" / "expected.json").write_bytes(b"{}")
    reseal(copy)
    with pytest.raises(BundleError, match="there is no golden row"):
        verify(copy)


def test_a_scorer_that_we_never_wrote_is_refused(copy, reseal):
    """B02: score.py is code that people run: with all hashes made right it is still not ours."""
    script = copy / "score.py"
    script.write_text(script.read_text(encoding="utf-8") + "\nimport os\n", encoding="utf-8")
    reseal(copy)
    with pytest.raises(BundleError, match=r"score\.py is not what automl writes under this name"):
        verify(copy)


@pytest.mark.parametrize("name", ["numpy.py", "csv.py", "golden/more.json", "score_tables/__init__/x.py", "x.html"])
def test_a_manifest_names_only_what_a_bundle_has(copy, reseal, name):
    """B02: a file that no bundle has is refused, also where the manifest names it and all hashes are right."""
    (copy / name).parent.mkdir(parents=True, exist_ok=True)
    (copy / name).write_bytes(b"x = 1")
    reseal(copy)
    with pytest.raises(BundleError, match="a file that no bundle has"):
        verify(copy)
