"""The context of an image holds the scorer and what it reads, and no word of a stranger that would be run."""

from __future__ import annotations

import subprocess
import sys

import polars as pl
import pytest

from automl.bundle.read import Bundle
from automl.deploy.export.base import MARK, Source, export
from automl.deploy.export.docker import write
from automl.errors import BundleError


def test_no_free_text_in_the_dockerfile(evil, bundle, tmp_path):
    """S07: columns and labels that would be instructions leave Dockerfile and requirements as they always are."""
    export(evil, "docker", tmp_path / "evil")
    export(bundle, "docker", tmp_path / "good")
    for name in ("Dockerfile", "requirements.txt"):
        assert (tmp_path / "evil" / name).read_bytes() == (tmp_path / "good" / name).read_bytes()
    assert "touch" not in (tmp_path / "evil" / "Dockerfile").read_text(encoding="utf-8")


def test_the_context_holds_the_scorer_alone(bundle, content, tmp_path):
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


@pytest.mark.parametrize("version", ["2\nRUN touch /pwned", "", "latest", "1.0; rm -rf /", "2.0 --index-url http://x"])
def test_versions_of_strangers_are_refused(version, bundle, tmp_path):
    """S07: a manifest that names a command for a version ends the export, before a line of the image is written."""
    model = Bundle.load(bundle)
    versions = model.manifest.versions | {"onnxruntime": version}
    tampered = Bundle(
        model.path, model.manifest.model_copy(update={"versions": versions}), model._scorer, model._origin
    )
    with pytest.raises(BundleError, match="names no version of onnxruntime"):
        write(Source(bundle=tampered), tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_the_image_runs_as_nobody(bundle, tmp_path):
    """The Python of the judged bundle, wheels alone, no root, and one thread: what a small machine can trust."""
    export(bundle, "docker", tmp_path / "docker")
    lines = (tmp_path / "docker" / "Dockerfile").read_text(encoding="utf-8").splitlines()
    said = [line for line in lines if not line.startswith("#")]
    python = ".".join(Bundle.load(bundle).manifest.versions["python"].split(".")[:2])
    assert said[0] == f"FROM python:{python}-slim"
    assert "--only-binary :all:" in said[2]
    assert "USER 65534:65534" in said
    assert said.index("USER 65534:65534") < said.index('ENTRYPOINT ["python", "/bundle/score.py"]')
