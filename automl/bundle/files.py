"""The files of a bundle: each is read once, and the bytes that were checked are the bytes that are used."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError

from automl.bundle.content_hash import content_hash
from automl.bundle.layout import MANIFEST, SEAL, SIGNATURE, is_file
from automl.bundle.manifest import Manifest
from automl.bundle.own import is_own
from automl.bundle.plain_file import read_file
from automl.bundle.protocols import upgraded
from automl.bundle.scorer import seal
from automl.bundle.signature import check_signature
from automl.errors import BundleError


@dataclass(frozen=True, slots=True, kw_only=True)
class Files:
    """The bundle in `folder`: its manifest, and the bytes of that, of its seal and of its signature, as they were read.

    Whoever changes the folder later changes nothing here: `read` gives what the manifest names, or refuses.
    `protocol` is the one that it was written in; `signed` says that the signature was checked with a key of the user's.
    """

    folder: Path
    protocol: int
    manifest: Manifest
    text: bytes
    seal: bytes
    signature: bytes | None
    signed: bool

    @property
    def names(self) -> list[str]:
        """All files: those that the manifest names, itself, its seal, and the signature where there is one."""
        return [*self.manifest.files, MANIFEST, SEAL, *([SIGNATURE] if self.signature is not None else [])]

    @property
    def is_trusted(self) -> bool:
        """Whether a fit of this user wrote it, or a key that the user named signed it: all others are strangers'.

        The content hash of protocol 1 leaves out what a stranger could change, so it proves nothing.
        """
        return self.signed or (self.protocol > 1 and is_own(self.manifest.content_hash))

    def read(self, name: str) -> bytes:
        """The bytes of one of `names`, checked as they are read; `BundleError` where they are not those written."""
        kept = {MANIFEST: self.text, SEAL: self.seal, SIGNATURE: self.signature}.get(name)
        if kept is not None:
            return kept
        content = read_file(self.folder, name)
        if hashlib.sha256(content).hexdigest() != self.manifest.files.get(name):
            raise _changed(self.folder, name)
        return content

    def read_all(self) -> dict[str, bytes]:
        """The bytes of every file that the manifest names, by name."""
        if "model.onnx" not in self.manifest.files:
            raise BundleError("the manifest names no model.onnx", where=str(self.folder))
        for name in self.manifest.files:
            if not is_file(name):
                raise BundleError(f"the manifest names a file that no bundle has: {name!r}", where=str(self.folder))
        return {name: self.read(name) for name in self.manifest.files}


def open_files(folder: Path, *, require_signature: Path | None = None) -> Files:
    """The manifest of the bundle in `folder`; its seal, its protocol and its content hash are checked first.

    With a public key in the file `require_signature`, nothing is parsed before its owner's signature was checked.
    """
    if not folder.exists():
        raise BundleError("there is no such bundle", where=str(folder), hint="`automl fit SPEC` writes one")
    if not (folder / MANIFEST).exists():
        raise BundleError("this is no bundle: a bundle is a folder with a manifest.json", where=str(folder))
    text = read_file(folder, MANIFEST)
    signature = read_file(folder, SIGNATURE) if (folder / SIGNATURE).exists() else None
    if require_signature is not None:
        check_signature(text, signature, require_signature, where=folder)
    own_seal = read_file(folder, SEAL)
    if own_seal != seal(text):
        raise _changed(folder, MANIFEST)
    protocol, manifest = _manifest(text, folder / MANIFEST)
    return Files(
        folder=folder,
        protocol=protocol,
        manifest=manifest,
        text=text,
        seal=own_seal,
        signature=signature,
        signed=require_signature is not None,
    )


def _manifest(text: bytes, path: Path) -> tuple[int, Manifest]:
    """The protocol that the manifest was written in, and the manifest in today's; its content hash must be its own."""
    try:
        written = json.loads(text)
        manifest = Manifest.model_validate(upgraded(written, where=str(path)))
        found = content_hash(written)
    except (ValueError, KeyError, ValidationError, RecursionError) as error:
        raise BundleError(f"the manifest cannot be read: {error}", where=str(path)) from error
    if found != manifest.content_hash:
        raise BundleError("the content hash is not that of the content", where=str(path))
    return written["protocol"], manifest


def _changed(folder: Path, name: str) -> BundleError:
    return BundleError(
        "the file is not the one that was written",
        where=str(folder / name),
        hint="Copy the bundle again, or fit again.",
    )
