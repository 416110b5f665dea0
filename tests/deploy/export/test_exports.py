"""What holds for every form: it refuses a broken bundle, a wrong place, and free text where it could be run."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest

from automl.bundle.read import Bundle
from automl.bundle.write import finish, stage, staging
from automl.deploy.export.base import MARK, export
from automl.deploy.export.sbom import bill
from automl.deploy.export.web import PACKAGE, RUNTIME, VERSION
from automl.errors import BundleError, SpecError
from automl.graph.onnx import to_onnx
from automl.ops import expr as ops

EVIL = (
    "\nRUN touch /pwned",
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "{{ 7 * 7 }}",
    "$(touch /pwned)",
)


def content(out: Path) -> dict[str, bytes]:
    """The bytes of an export by name."""
    if out.is_file():
        return {"": out.read_bytes()}
    return {path.relative_to(out).as_posix(): path.read_bytes() for path in out.rglob("*") if path.is_file()}


def test_wrong_words_are_answered(bundle, tmp_path):
    """An unknown form is answered with the nearest; --vendor is for the web alone."""
    with pytest.raises(SpecError, match="no form 'dokcer'") as raised:
        export(bundle, "dokcer", tmp_path / "out")
    assert raised.value.hint == "did you mean 'docker'?"
    with pytest.raises(SpecError, match="takes nothing from a vendor"):
        export(bundle, "c", tmp_path / "out", vendor=tmp_path)


@pytest.fixture(scope="module")
def evil(make_contents, binary, tmp_path_factory):
    """A bundle whose columns, labels and target are written to harm."""
    labels = replace(binary, name=EVIL[0], values=EVIL[1:3], texts=EVIL[1:3], dtype="str")
    columns = [ops.Column(name) for name in EVIL]
    score = ops.Sigmoid(ops.RowSum(ops.Concat(tuple(columns))))
    outputs = {"probability": score, "decision": ops.TakeText(ops.AsIndex(score, 2), EVIL[1:3])}
    entries = [{"name": name, "wire": "number", "missing": [], "parser": None} for name in EVIL]
    contents = make_contents(labels)
    contents = replace(
        contents,
        model=to_onnx(outputs, inputs=columns),
        reader={"columns": entries},
        outputs=contents.outputs[:2],
        keys=(),
        golden=[dict.fromkeys(EVIL, EVIL[1]), dict.fromkeys(EVIL, "0.5")],
        profile={"rows": 5, "columns": {name: {"wire": "number", "levels": dict.fromkeys(EVIL, 0.1)} for name in EVIL}},
    )
    out = tmp_path_factory.mktemp("evil") / "evil.bundle"
    stage(contents, staging(out))
    return finish(staging(out), out, gates=(), verdict=None, card="")


def test_no_free_text_in_the_dockerfile(evil, bundle, tmp_path):
    """S07: columns and labels that would be instructions leave Dockerfile and requirements as they always are."""
    export(evil, "docker", tmp_path / "evil")
    export(bundle, "docker", tmp_path / "good")
    for name in ("Dockerfile", "requirements.txt"):
        assert (tmp_path / "evil" / name).read_bytes() == (tmp_path / "good" / name).read_bytes()
    assert "touch" not in (tmp_path / "evil" / "Dockerfile").read_text(encoding="utf-8")


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


def test_versions_of_strangers_are_refused(bundle, tmp_path):
    """S07: a manifest that names a command for a version ends the export to docker and of the bill."""
    model = Bundle.load(bundle)
    tampered = model.manifest.model_copy(
        update={"versions": model.manifest.versions | {"numpy": "2\nRUN touch /pwned"}}
    )
    with pytest.raises(BundleError, match="names no version of numpy"):
        bill(Bundle(model.path, tampered, model._scorer))


def test_the_context_holds_the_scorer_alone(bundle, tmp_path):
    """The image gets score.py and what it reads: no evidence, no profile, no golden rows, nothing of automl."""
    export(bundle, "docker", tmp_path / "docker")
    files = {"score.py", "manifest.json", "manifest.sha256", "model.onnx"}
    assert set(content(tmp_path / "docker")) == {
        "Dockerfile",
        "requirements.txt",
        MARK,
        *(f"bundle/{n}" for n in files),
    }
    needed = (tmp_path / "docker" / "requirements.txt").read_text(encoding="utf-8").splitlines()
    assert [line.partition("==")[0] for line in needed] == ["numpy", "onnxruntime"]


def test_the_context_scores(bundle, raw, tmp_path):
    """What the image would run, run here: its entry point over the context's bundle gives the bundle's answers."""
    export(bundle, "docker", tmp_path / "docker")
    raw.write_csv(tmp_path / "rows.csv")
    command = [sys.executable, "-I", tmp_path / "docker" / "bundle" / "score.py", tmp_path / "rows.csv"]
    subprocess.run([*command, "-o", tmp_path / "scored.csv"], check=True)
    scored = pl.read_csv(tmp_path / "scored.csv")
    assert scored["probability"].to_list() == Bundle.load(bundle).predict(raw)["probability"].to_list()


@pytest.mark.slow
def test_the_context_needs_its_requirements_alone(bundle, raw, tmp_path):
    """A bare environment with nothing but requirements.txt runs the entry point."""
    export(bundle, "docker", tmp_path / "docker")
    raw.write_csv(tmp_path / "rows.csv")
    python = tmp_path / "venv" / "bin" / "python"
    subprocess.run([sys.executable, "-m", "venv", tmp_path / "venv"], check=True)
    install = [python, "-m", "pip", "install", "-q", "--only-binary", ":all:"]
    subprocess.run([*install, "-r", tmp_path / "docker" / "requirements.txt"], check=True)
    command = [python, tmp_path / "docker" / "bundle" / "score.py", tmp_path / "rows.csv", "-o", tmp_path / "out.csv"]
    subprocess.run(command, check=True)
    assert pl.read_csv(tmp_path / "out.csv").height == raw.height


def test_the_bill_of_materials(bundle, tmp_path):
    """The CycloneDX document names what scoring needs with versions, every file with its hash, and no time."""
    export(bundle, "sbom", tmp_path / "bom.json")
    bom = json.loads((tmp_path / "bom.json").read_bytes())
    manifest = Bundle.load(bundle).manifest
    assert (bom["bomFormat"], bom["specVersion"], bom["version"]) == ("CycloneDX", "1.6", 1)
    assert re.fullmatch(r"urn:uuid:[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", bom["serialNumber"])
    packages = {part["name"]: part["version"] for part in bom["components"]}
    assert packages == {name: manifest.versions[name] for name in ("python", "numpy", "onnxruntime")}
    files = {part["name"]: part["hashes"][0]["content"] for part in bom["metadata"]["component"]["components"]}
    assert files == manifest.files
    references = [part["bom-ref"] for part in bom["components"]]
    assert bom["dependencies"] == [{"ref": "bundle", "dependsOn": references}]
    assert "timestamp" not in json.dumps(bom)


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
