"""Addresses of object stores, `s3://bucket/key`: told from paths, and never with a secret in them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import PurePath

from automl.errors import SpecError

SCHEMES = {"s3": "AWS_...", "gs": "GOOGLE_...", "az": "AZURE_STORAGE_..."}
"""The stores that are read, and what the environment variables of their keys are called."""

_ADDRESS = re.compile(rf"({'|'.join(SCHEMES)}):/+(.*)", re.DOTALL)  # a path has one slash of the two
_BUCKET = re.compile(r"[a-z0-9$][a-z0-9._$-]{1,221}")
_QUERY = re.compile(r"[?&][A-Za-z0-9_-]+=")  # of a signed address; a mere ? is a sign of a pattern


@dataclass(frozen=True, slots=True)
class Address:
    """Of an object, a folder of objects or a pattern. `key` has no slash in front or behind."""

    scheme: str
    bucket: str
    key: str

    def __str__(self) -> str:
        return f"{self.scheme}://{self.bucket}/{self.key}".rstrip("/")

    def at(self, key: str) -> Address:
        """Another key of the same bucket."""
        return Address(self.scheme, self.bucket, key)

    def below(self, name: str) -> Address:
        """The object called `name` in the folder that this is."""
        return self.at(f"{self.key}/{name}".lstrip("/"))


def address_of(where: str | PurePath) -> Address | None:
    """The address that a text or a path is, None for a path of the machine.

    Raises SpecError for one that has a key, a password or a signature in it, and does not repeat it (S05).

    >>> str(address_of("s3://shop/rows/*.csv")), address_of("rows.csv")
    ('s3://shop/rows/*.csv', None)
    """
    found = _ADDRESS.fullmatch(where if isinstance(where, str) else where.as_posix())
    if found is None:
        return None
    scheme, rest = found[1], found[2]
    bucket, _, key = rest.partition("/")
    if "@" in bucket or ":" in bucket or _QUERY.search(rest):
        raise SpecError(
            "the address holds a key or a signature, which would stand in what is written",
            where=f"{scheme}://...",
            hint=f"leave it out, and change it: keys are taken from the environment ({SCHEMES[scheme]}) alone",
        )
    if not _BUCKET.fullmatch(bucket):
        hint = f"write {scheme}://BUCKET/KEY; names of buckets are of a-z, 0-9, '-', '_' and '.'"
        raise SpecError("the address names no bucket", where=f"{scheme}://...", hint=hint)
    return Address(scheme, bucket, key.strip("/"))
