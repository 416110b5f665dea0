"""The context of an image holds the scorer and what it reads, and no word of a stranger that would be run."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace

import polars as pl
import pytest

from automl.bundle.read import Bundle
from automl.deploy.export._locked import LOCK, _entries, locked_requirements
from automl.deploy.export.base import MARK, Source, export
from automl.deploy.export.docker import write
from automl.errors import BundleError, SpecError


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
    named = [line.partition("==")[0] for line in needed if "==" in line]
    assert {"numpy", "onnxruntime"} <= set(named)
    assert not {"polars", "automl"} & set(named)


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
    files = replace(model.files, manifest=model.manifest.model_copy(update={"versions": versions}))
    tampered = Bundle(files, model._scorer, model._origin)
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


def test_what_the_image_installs_has_hashes(bundle, tmp_path):
    """Every package of the scorer, and all that they need; pip is told to take nothing else."""
    judged = Bundle.load(bundle).manifest.versions
    if locked_requirements({name: judged[name] for name in ("numpy", "onnxruntime")}) is None:
        pytest.skip("other versions are installed than the lock has, and then there are no hashes: see the next test")
    export(bundle, "docker", tmp_path / "docker")
    lines = (tmp_path / "docker" / "requirements.txt").read_text(encoding="utf-8").splitlines()
    entries = [place for place, line in enumerate(lines) if "==" in line]
    assert all("--hash=sha256:" in lines[place + 1] for place in entries)
    assert " --require-hashes " in (tmp_path / "docker" / "Dockerfile").read_text(encoding="utf-8")


@pytest.mark.parametrize("tables", [False, True])
def test_other_versions_than_the_lock_has_are_plain(tables):
    """What judged the bundle is what is to run, with hashes or without; polars comes where there are several tables."""
    locked = {name: version for name, version, _ in _entries(LOCK.read_text())}
    wanted = {name: locked[name] for name in ("numpy", "onnxruntime", *(["polars"] if tables else []))}
    told = locked_requirements(wanted)
    assert told is not None
    assert f"numpy=={wanted['numpy']} \\" in told
    assert ("polars-runtime" in told) == tables
    assert "flatbuffers==" in told
    assert locked_requirements(wanted | {"numpy": "2.0.0"}) is None


def test_the_image_to_build_on_is_named_by_its_digest(bundle, tmp_path):
    """A tag may become another image tomorrow, and no word of it may be an instruction (S07)."""
    image = f"registry.example:5000/python@sha256:{'ab' * 32}"
    export(bundle, "docker", tmp_path / "docker", base=image)
    assert f"\nFROM {image}\n" in (tmp_path / "docker" / "Dockerfile").read_text(encoding="utf-8")
    for wrong in ("python:3.12-slim", f"{image}\nRUN touch /pwned", f"{image}0", f"python@sha256:{'AB' * 32}", ""):
        with pytest.raises(SpecError, match="no image by its digest"):
            export(bundle, "docker", tmp_path / "other", base=wrong)
    with pytest.raises(SpecError, match="builds on no image"):
        export(bundle, "zip", tmp_path / "a.zip", base=image)
