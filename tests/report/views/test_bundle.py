"""A bundle in a notebook: what it predicts, its proof, and what it is made of."""

from __future__ import annotations

from automl.bundle.read import Bundle


def test_a_bundle_tells_what_its_manifest_says(bundle, read):
    """Target, columns, hash, scores and members, as `automl show` has them."""
    opened = Bundle.load(bundle)
    told = read(opened._repr_html_())
    manifest = opened.manifest
    assert f"It predicts {manifest.target.name} ({manifest.target.kind}) from" in told
    assert manifest.content_hash in told
    assert all(member.learner in told for member in manifest.members)
