"""A signature over the manifest: who wrote the bundle. Hashes find accidents, a signature finds people (B07).

The manifest names the SHA-256 of every other file, so that its signature is one over all of them. The algorithm is
Ed25519 (RFC 8032), keys are PEM files as OpenSSL reads and writes them.
"""

from __future__ import annotations

import base64
import binascii
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from automl.bundle import disk
from automl.bundle.layout import MANIFEST, SIGNATURE
from automl.bundle.plain_file import read_file
from automl.errors import BundleError, SpecError

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

_LARGEST = 10_000  # bytes of a key file: a PEM of Ed25519 has 119


def make_keys(private: Path) -> Path:
    """Write a new private key to `private`, readable by its owner only, and the public one beside it; its path.

    Neither file is replaced: `SpecError` where one exists.
    """
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    public = private.with_name(f"{private.name}.pub")
    for path in (private, public):
        if path.exists():
            raise SpecError("this exists, and a key is not replaced", where=str(path), hint="Name another file.")
    key = Ed25519PrivateKey.generate()
    pem = serialization.Encoding.PEM
    nothing = serialization.NoEncryption()
    with disk.machine_errors(private):
        handle = os.open(private, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "wb") as file:
            file.write(key.private_bytes(pem, serialization.PrivateFormat.PKCS8, nothing))
    info = serialization.PublicFormat.SubjectPublicKeyInfo
    disk.write(public, key.public_key().public_bytes(pem, info))
    return public


def sign(folder: Path, private: Path, *, manifest: bytes | None = None) -> Path:
    """Put manifest.sig into the bundle at `folder`, in place of an older one; its path.

    Check the bundle before; `manifest` are the bytes of manifest.json that passed, by default those that lie there.
    """
    key: Ed25519PrivateKey = _key(private, "private")
    signature = base64.b64encode(key.sign(read_file(folder, MANIFEST) if manifest is None else manifest))
    path = folder / SIGNATURE
    with disk.whole_file(path) as partial:
        partial.write_bytes(signature + b"\n")
    return path


def check_signature(manifest: bytes, signature: bytes | None, public: Path, *, where: Path) -> None:
    """Pass, or a `BundleError`: the manifest of the bundle at `where` is not signed, or not by the owner of this key.

    `manifest` and `signature` are the bytes of manifest.json and of manifest.sig, None where there is none.
    """
    from cryptography.exceptions import InvalidSignature

    key: Ed25519PublicKey = _key(public, "public")
    if signature is None:
        raise BundleError(
            "the bundle is not signed", where=str(where), hint="Ask its author for a signed one (`automl sign`)."
        )
    try:
        key.verify(base64.b64decode(signature.strip(), validate=True), manifest)
    except (InvalidSignature, binascii.Error) as error:
        raise BundleError(
            f"the signature is not one over this manifest by the owner of {public}",
            where=str(where / SIGNATURE),
            hint="Somebody changed the bundle, or another key signed it. Don't use it.",
        ) from error


def _key(path: Path, kind: str) -> Any:
    """The Ed25519 key in a PEM file."""
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import ed25519

    wanted: Any = ed25519.Ed25519PrivateKey if kind == "private" else ed25519.Ed25519PublicKey
    try:
        with path.open("rb") as file:
            content = file.read(_LARGEST)
        if kind == "private":
            key: Any = serialization.load_pem_private_key(content, password=None)
        else:
            key = serialization.load_pem_public_key(content)
    except OSError as error:
        raise SpecError(f"the key cannot be read: {error.strerror or error}", where=str(path)) from error
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:  # TypeError: the key has a password
        raise _no_key(path, kind) from error
    if not isinstance(key, wanted):
        raise _no_key(path, kind)
    return key


def _no_key(path: Path, kind: str) -> SpecError:
    return SpecError(
        f"this is no {kind} Ed25519 key in a PEM file without a password",
        where=str(path),
        hint="`automl sign --new-key FILE` makes a pair: FILE signs, FILE.pub checks.",
    )
