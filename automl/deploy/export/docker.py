"""A Dockerfile and a context that hold the scorer and what it reads, and nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from automl import disk
from automl.bundle.layout import MANIFEST, SEAL, SIGNATURE
from automl.bundle.read import Bundle
from automl.deploy.export._locked import locked_requirements
from automl.deploy.export._needs import needs
from automl.deploy.export.base import Exporter, Source

FILE = """\
# Made by `automl export --to docker`. It scores CSV files with the bundle beside it:
#
#   docker build -t scorer .
#   docker run --rm --network none --read-only -v "$PWD:/data" --user "$(id -u):$(id -g)" scorer \\
#     /data/rows.csv -o /data/scored.csv
FROM {base}
COPY requirements.txt /requirements.txt
RUN pip install --no-cache-dir --only-binary :all:{hashes} -r /requirements.txt
COPY bundle /bundle
ENV OMP_NUM_THREADS=1 ORT_DISABLE_TELEMETRY=1 PYTHONDONTWRITEBYTECODE=1
USER 65534:65534
ENTRYPOINT ["python", "/bundle/score.py"]
"""


def write(source: Source, folder: Path) -> None:
    """Dockerfile, requirements.txt, and bundle/ with the files that score.py reads.

    Nothing that a user wrote enters the Dockerfile: versions are numbers, names stay in the bundle's JSON (S07). The
    requirements have hashes where the bundle was judged by the versions that automl is locked to.
    """
    bundle = source.bundle
    versions = needs(bundle)
    python = ".".join(versions.pop("python").split(".")[:2])
    locked = locked_requirements(versions)
    plain = "".join(f"{name}=={version}\n" for name, version in versions.items())
    text = FILE.format(base=source.base or f"python:{python}-slim", hashes=" --require-hashes" if locked else "")
    disk.write(folder / "Dockerfile", text.encode())
    disk.write(folder / "requirements.txt", (locked or plain).encode())
    for name in _read_by_scorer(bundle):
        target = folder / "bundle" / name
        disk.make_folder(target.parent)
        disk.write(target, bundle.files.read(name))


def _read_by_scorer(bundle: Bundle) -> Iterator[str]:
    """No evidence, no profile, no golden rows, nor what needs them: rows and shares of the training data stay here."""
    wanted = {MANIFEST, SEAL, SIGNATURE, "model.onnx", "relational.json"}
    return (name for name in bundle.files.names if name in wanted or (name.endswith(".py") and name != "explain.py"))


EXPORTER = Exporter(
    name="docker",
    purpose="a Dockerfile and a context with nothing but the scorer",
    makes="folder",
    write=write,
    bases=True,
)
