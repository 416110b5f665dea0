"""Bundles of older protocols: how a manifest of protocol N becomes one of protocol N + 1.

How a protocol is changed stands in docs/bundle.md. Each upgrade is one function over the manifest as JSON values; it
opens no file and computes nothing anew, so that what an old bundle answers stays what its golden rows say.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from automl.bundle.manifest import PROTOCOL
from automl.errors import BundleError

Upgrade = Callable[[dict[str, object]], dict[str, object]]
UPGRADES: Final[Mapping[int, Upgrade]] = {
    1: dict,  # 2 has the fields of 1; it hashes and replays more, and its reader knows further parsers
    2: dict,  # 3 has the fields of 2; its profile.json has bins and a background
}
"""By the protocol that they read; 1 is the first."""


def upgraded(
    content: object, *, where: str, upgrades: Mapping[int, Upgrade] = UPGRADES, newest: int = PROTOCOL
) -> dict[str, object]:
    """A manifest of any protocol from 1 to `newest` as one of `newest`. `BundleError` for every other."""
    manifest = content if isinstance(content, dict) else {}
    protocol = manifest.get("protocol")
    if type(protocol) is not int or not 1 <= protocol <= newest:  # True is no protocol 1
        raise BundleError(
            f"the bundle has protocol {protocol!r}, this automl reads protocols 1 to {newest}",
            where=where,
            hint="Use the automl that wrote it, or fit again.",
        )
    for step in range(protocol, newest):
        manifest = upgrades[step](dict(manifest)) | {"protocol": step + 1}
    return dict(manifest)
