"""A signature holds against who can compute hashes."""

from __future__ import annotations

import base64
import shutil
import stat
import subprocess

import pytest

from automl.bundle.archive import pack
from automl.bundle.files import open_files
from automl.bundle.layout import MANIFEST, SIGNATURE
from automl.bundle.signature import make_keys, sign
from automl.bundle.verify import verify
from automl.errors import BundleError, SpecError


@pytest.fixture
def copy(bundle, tmp_path):
    """A bundle to sign and to break."""
    return shutil.copytree(bundle, tmp_path / "copy.bundle")


@pytest.fixture(scope="module")
def keys(tmp_path_factory):
    """A private key and its public one."""
    private = tmp_path_factory.mktemp("keys") / "key"
    return private, make_keys(private)


def test_a_signed_bundle_passes(copy, keys):
    """The owner's key passes, as a folder and as a zip; the report says whether it was checked."""
    private, public = keys
    assert verify(copy).signature is None
    sign(copy, private)
    assert verify(copy).signature == "not checked"
    assert verify(copy, require_signature=public).signature == "checked"
    packed = copy.with_suffix(".zip")
    pack(open_files(copy).names, open_files(copy).read, packed)
    assert verify(packed, require_signature=public).signature == "checked"


def test_tampering_with_hashes_made_right_is_refused(copy, keys, reseal):
    """B07: a signed bundle that was changed, with every hash computed again, passes plainly and not with the key."""
    private, public = keys
    sign(copy, private)
    (copy / "card.md").write_text("# A better card\n", encoding="utf-8")
    reseal(copy)
    assert verify(copy).signature == "not checked"
    with pytest.raises(BundleError, match="not one over this manifest") as raised:
        verify(copy, require_signature=public)
    assert raised.value.exit_code == 7


def test_another_key_is_refused(copy, keys, tmp_path):
    """B07: a signature by somebody else, none at all, or bytes that are none, end in exit code 7."""
    private, public = keys
    with pytest.raises(BundleError, match="is not signed"):
        verify(copy, require_signature=public)
    other = make_keys(tmp_path / "other")
    sign(copy, private)
    with pytest.raises(BundleError, match="by the owner of"):
        verify(copy, require_signature=other)
    for content in (b"", b"?", base64.b64encode(b"short"), b"\xff" * 88):
        (copy / SIGNATURE).write_bytes(content)
        with pytest.raises(BundleError, match="by the owner of"):
            verify(copy, require_signature=public)


def test_the_signature_comes_before_any_parser(copy, keys, monkeypatch):
    """B07: with a key required, not even the manifest is parsed before its signature was checked."""
    (copy / MANIFEST).write_bytes(b"{")
    monkeypatch.setattr("automl.bundle.files.json.loads", lambda _: pytest.fail("the parser was reached"))
    sign(copy, keys[0])
    (copy / MANIFEST).write_bytes(b"[")
    with pytest.raises(BundleError, match="by the owner of"):
        verify(copy, require_signature=keys[1])


def test_keys_are_kept_from_others_and_never_replaced(tmp_path):
    """The private key is readable by its owner only; a pair that exists stays."""
    public = make_keys(tmp_path / "key")
    assert stat.S_IMODE((tmp_path / "key").stat().st_mode) == 0o600
    before = public.read_bytes()
    with pytest.raises(SpecError, match="a key is not replaced"):
        make_keys(tmp_path / "key")
    assert public.read_bytes() == before


@pytest.mark.parametrize(
    "content", [b"", b"not a key", b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"]
)
def test_what_is_no_key_is_told(copy, keys, tmp_path, content):
    """A file that is no key, or the key of the other half, is refused with the command that makes a pair."""
    path = tmp_path / "wrong"
    path.write_bytes(content)
    for wrong in (path, keys[1]):
        with pytest.raises(SpecError, match="no private Ed25519 key"):
            sign(copy, wrong)
    for wrong in (path, keys[0]):
        with pytest.raises(SpecError, match="no public Ed25519 key"):
            verify(copy, require_signature=wrong)
    with pytest.raises(SpecError, match="cannot be read"):
        sign(copy, tmp_path / "nowhere")


@pytest.mark.skipif(shutil.which("openssl") is None, reason="there is no openssl here")
def test_openssl_checks_it_too(copy, keys, tmp_path):
    """The signature is plain Ed25519 over manifest.json: OpenSSL needs nothing of ours."""
    signature = tmp_path / "raw"
    signature.write_bytes(base64.b64decode(sign(copy, keys[0]).read_bytes()))
    command = ["openssl", "pkeyutl", "-verify", "-pubin", "-inkey", keys[1], "-rawin", "-sigfile", signature]
    done = subprocess.run([*command, "-in", copy / MANIFEST], capture_output=True, text=True, check=False)
    assert "Success" in done.stdout, done.stderr
