"""What an exporter is, and the way every export goes: check the bundle, write aside, put in place in one step."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from automl import disk
from automl.bundle.place import check_output
from automl.bundle.read import Bundle
from automl.bundle.verify import verified
from automl.errors import DataError, SpecError
from automl.own_names import dead_names, own_name
from automl.registry import Registry


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A bundle that passed its check, and what the user gave beside it.

    `vendor` is the folder of an installed JavaScript package, for exporters that use one, `base` an image by its
    digest, for exporters that build on one.
    """

    bundle: Bundle
    vendor: Path | None = None
    base: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Exporter:
    """A form of a bundle.

    `purpose` is a line for people. `write` puts it at a path that does not exist yet: a folder or a file, as `makes`
    says. It raises `DataError` where the form cannot hold the bundle, and names the step. `vendors` and `bases` say
    whether it looks at `Source.vendor` and at `Source.base`.
    """

    name: str
    purpose: str
    makes: Literal["folder", "file"]
    write: Callable[[Source, Path], None]
    vendors: bool = False
    bases: bool = False


EXPORTERS: Final = Registry("automl.deploy.export", Exporter, "form")
MARK: Final = ".automl-export"
IMAGE: Final = re.compile(r"[a-z0-9][a-z0-9._/:-]{0,200}@sha256:[0-9a-f]{64}")


def export(
    bundle: Path,
    to: str,
    out: Path,
    *,
    vendor: Path | None = None,
    base: str | None = None,
    require_signature: Path | None = None,
) -> Exporter:
    """Write the bundle (a folder or a zip) at `bundle` as the form `to` to `out`.

    Refuses a bundle that fails `verify` (`BundleError`), a form that cannot hold it (`DataError`), an unknown form and
    a place that holds something else than an earlier export (`SpecError`). `out` appears when it is whole, and is made
    of the bytes that passed. `require_signature` is a public key, whose owner must have signed the bundle.
    """
    exporter = EXPORTERS.get(to)
    if vendor is not None and not exporter.vendors:
        raise SpecError(f"the form {to} takes nothing from a vendor", where="--vendor", hint="Leave it out.")
    if base is not None and not (exporter.bases and IMAGE.fullmatch(base)):
        what = "this names no image by its digest" if exporter.bases else f"the form {to} builds on no image"
        raise SpecError(
            what, where="--base", hint="Say --to docker --base NAME@sha256:... (64 digits), or leave it out."
        )
    check_output(out, inputs=[bundle])
    _check_place(out, exporter)
    passed = verified(bundle, require_signature=require_signature)
    source = Source(bundle=passed, vendor=vendor, base=base)
    if exporter.makes == "file":
        with disk.whole_file(out) as partial:
            exporter.write(source, partial)
    else:
        _write_folder(exporter, source, out)
    return exporter


def one_table(bundle: Bundle, form: str) -> None:
    """Refuse a bundle that computes features from other tables."""
    if bundle.tables:
        raise DataError(
            f"{form} cannot hold the features that polars computes from other tables: {', '.join(bundle.tables)}",
            where=f"export to {form}",
            hint="Use --to docker.",
        )


def _check_place(out: Path, exporter: Exporter) -> None:
    if not out.parent.is_dir():
        raise SpecError("there is no such folder", where=str(out.parent), hint="Make it, or name another place.")
    if exporter.makes == "file" and out.is_dir():
        raise SpecError(f"the form {exporter.name} is a file, and this is a folder", where=str(out))
    if exporter.makes == "folder" and out.exists() and (foreign := _foreign(out)):
        raise SpecError(f"{foreign}, so it is not replaced", where=str(out), hint="Name another -o.")


def _foreign(out: Path) -> str | None:
    """Why this is no folder that holds an export and nothing else; Python's own copies of `score.py` are nothing."""
    if not out.is_dir():
        return "this exists and is no export"
    mark = out / MARK
    ours = {MARK, *mark.read_text("utf-8", errors="replace").splitlines()[1:]} if mark.is_file() else set()
    foreign = sorted(name for name in _names(out) - ours if "__pycache__/" not in name)
    if not foreign:
        return None
    return f"this export holds '{foreign[0]}', which is no part of it" if ours else "this exists and is no export"


def _names(folder: Path) -> set[str]:
    found = (path for path in folder.rglob("*") if not path.is_dir() or path.is_symlink())
    return {path.relative_to(folder).as_posix() for path in found}


def _write_folder(exporter: Exporter, source: Source, out: Path) -> None:
    staged = own_name(out, "exported")
    with disk.machine_errors(out):
        for left in (staged, *dead_names(out, "exported")):
            disk.remove_folder(left)
        disk.make_folder(staged)
        try:
            exporter.write(source, staged)
            disk.write(staged / MARK, "\n".join([exporter.name, *sorted(_names(staged)), ""]).encode())
            disk.replace_folder(staged, out)
        finally:
            disk.discard(staged)
