"""What comes before a bundle is used: its bytes are taken once, and a stranger's are tried in a process of its own."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from automl.bundle.archive import Scratch, is_archive
from automl.bundle.files import Files, open_files
from automl.bundle.quarantine import try_out
from automl.bundle.released import foreign_code
from automl.bundle.replay import replay, scorer_of
from automl.bundle.scorer import Scorer
from automl.errors import AutomlError, BundleError


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """A bundle whose hashes are right: what it is, and the bytes of all its files as they were read, by name.

    `path` is where it lies, a folder or a zip; `scratch` keeps the folder of a zip for as long as somebody holds it.
    """

    path: Path
    files: Files
    content: Mapping[str, bytes]
    scratch: Scratch | None

    def try_out(self) -> int:
        """The golden rows that a process of its own replayed; `BundleError` where it refused, or did not survive."""
        manifest = self.files.manifest.model_dump(mode="json")
        return try_out(manifest, self.content, protocol=self.files.protocol, where=self.files.folder)

    def replay(self, scorer: Scorer) -> int:
        """The golden rows that the scorer answers here; `BundleError` where it answers otherwise."""
        return replay(scorer, self.content, protocol=self.files.protocol, where=self.files.folder)

    def open(self) -> Scorer:
        """The scorer, in this process: for bundles that are trusted or were tried."""
        return scorer_of(self.files.folder, self.files.manifest.model_dump(mode="json"), self.content)


def check_code(files: Files) -> None:
    """Raise `BundleError` where a stranger's bundle has code that is not one that automl released."""
    if not files.is_trusted and (foreign := foreign_code(files.manifest.files)):
        raise BundleError(
            f"{foreign[0]} is not what automl writes under this name",
            where=str(files.folder),
            hint="If you know who wrote it, --require-signature opens what that one signed.",
        )


def take(path: Path, *, require_signature: Path | None = None) -> Taken:
    """The bundle at `path`, each file read once and checked; `BundleError` where one is not the one that was written.

    `require_signature` is the file of a public key: its owner must have signed the bundle.
    """
    scratch = Scratch(path) if is_archive(path) else None
    files = open_files(scratch.folder if scratch else path, require_signature=require_signature)
    return Taken(path=path, files=files, content=files.read_all(), scratch=scratch)


@contextmanager
def bundle_errors(what: str, path: Path) -> Iterator[None]:
    """Whatever else a file of a stranger makes fail, it is the bundle that failed."""
    try:
        yield
    except AutomlError:
        raise
    except Exception as error:  # ONNX Runtime has its own family of errors; a manifest can lack anything
        raise BundleError(f"the bundle cannot be {what}: {error}", where=str(path)) from error
