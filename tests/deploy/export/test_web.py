"""The page that scores in a browser: a field for each column, and nothing of the data that runs."""

from __future__ import annotations

import json
import re

import pytest

from automl.bundle.read import Bundle
from automl.deploy.export.base import export
from automl.deploy.export.web import PACKAGE, RUNTIME, VERSION, signature
from automl.errors import SpecError


def test_no_free_text_runs_in_the_page(evil, tmp_path):
    """S07, V13: names and levels are escaped, nothing stands in the script, and the page forbids other scripts."""
    export(evil, "web", tmp_path / "web")
    page = (tmp_path / "web" / "index.html").read_text(encoding="utf-8")
    assert "<script>alert" not in page
    assert "<img" not in page
    assert "{{ 7 * 7 }}" in page, "it is text, and no template"
    assert re.findall(r"<script[^>]*>", page) == ['<script type="module" src="page.js">']
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', page)
    assert policy is not None
    assert "default-src 'none'" in policy[1]
    assert "unsafe-inline" not in policy[1]
    assert not re.search(r"\son[a-z]+\s*=\s*\"|style=", page.replace("&#34;", ""))


def test_the_web_folder(bundle, tmp_path):
    """A field for each raw column, the reader's twin, a pinned package; the vendor's files are copied where asked."""
    export(bundle, "web", tmp_path / "web")
    page = (tmp_path / "web" / "index.html").read_text(encoding="utf-8")
    assert re.findall(r'data-column="(\w+)"', page) == Bundle.load(bundle).needed
    package = json.loads((tmp_path / "web" / "package.json").read_bytes())
    assert package["dependencies"] == {PACKAGE: VERSION}
    installed = tmp_path / "node_modules" / PACKAGE
    for name in RUNTIME:
        (installed / name).parent.mkdir(parents=True, exist_ok=True)
        (installed / name).write_text(name, encoding="utf-8")
    about = {"name": PACKAGE, "version": "1.29.5"}
    (installed / "package.json").write_text(json.dumps(about), encoding="utf-8")
    export(bundle, "web", tmp_path / "web", vendor=installed)
    package = json.loads((tmp_path / "web" / "package.json").read_bytes())
    assert package["dependencies"] == {PACKAGE: "1.29.5"}
    assert all((tmp_path / "web" / "node_modules" / PACKAGE / name).is_file() for name in RUNTIME)
    for wrong in ("", "../../etc", '1.0.0"'):
        (installed / "package.json").write_text(json.dumps(about | {"version": wrong}), encoding="utf-8")
        with pytest.raises(SpecError, match=f"no installed {PACKAGE}"):
            export(bundle, "web", tmp_path / "other", vendor=installed)
    with pytest.raises(SpecError, match=r"there is no package\.json in it"):
        export(bundle, "web", tmp_path / "other", vendor=tmp_path)


def test_the_script_is_told_what_the_graph_takes(bundle, tmp_path):
    """The signature names each input with its column and whether it is text, and the outputs of the manifest."""
    found = signature(Bundle.load(bundle))
    manifest = Bundle.load(bundle).manifest
    assert {one["column"]: one["text"] for one in found["inputs"]} == {
        "age": False,
        "income": False,
        "job": True,
        "note": True,
        "day": False,
        "member": False,
    }
    assert [one["name"] for one in found["outputs"]] == [output.name for output in manifest.outputs]
    assert found["content_hash"] == manifest.content_hash
    export(bundle, "web", tmp_path / "web")
    assert json.loads((tmp_path / "web" / "signature.json").read_bytes()) == found


def test_the_form_begins_with_a_row_that_scores(bundle, tmp_path):
    """Fields hold the cells of the first golden row, categories offer their levels."""
    export(bundle, "web", tmp_path / "web")
    page = (tmp_path / "web" / "index.html").read_text(encoding="utf-8")
    first = json.loads((bundle / "golden" / "rows.json").read_bytes())[0]
    for name in Bundle.load(bundle).needed:
        assert first[name] is None or f'value="{first[name]}"' in page, name
    assert 'value="clerk"' in page
    assert not re.search(r"https?://", page)
