"""A bundle that belongs to an estimator: in a temporary folder while it is used, as bytes where it is pickled."""

from __future__ import annotations

import weakref
from collections.abc import Callable
from pathlib import Path

from automl import disk
from automl.bundle.archive import pack
from automl.bundle.read import Bundle
from automl.pipeline.result import Fit
from automl.pipeline.run_folder import run_of

NAME = "model.bundle"


def fitted(fit: Callable[[Path], Fit]) -> tuple[Fit, Bundle]:
    """What `fit` gives for a place, and the bundle there, whose folder goes when nobody holds the bundle any more."""
    folder = disk.make_scratch("automl-fit-")
    try:
        done = fit(folder / NAME)
        disk.discard(run_of(folder / NAME))  # nobody goes on with it
        bundle = done.bundle
    except BaseException:
        disk.discard(folder)
        raise
    weakref.finalize(bundle, disk.discard, folder)
    return done, bundle


def to_bytes(bundle: Bundle) -> bytes:
    """The bundle as a zip: equal bundles give equal bytes."""
    with disk.scratch() as folder:
        pack(bundle.files.names, bundle.files.read, folder / f"{NAME}.zip")
        return (folder / f"{NAME}.zip").read_bytes()


def of_bytes(content: bytes) -> Bundle:
    """The bundle of a zip, checked as any other is; `BundleError` where it is none."""
    with disk.scratch() as folder:
        disk.write(folder / f"{NAME}.zip", content)
        return Bundle.load(folder / f"{NAME}.zip")
