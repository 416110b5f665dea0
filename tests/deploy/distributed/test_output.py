"""A part is the one that was written, or the output does not appear."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from automl.deploy.distributed import join as of
from automl.deploy.distributed.join import Joined
from automl.errors import MachineError


def test_a_part_that_changed_is_not_passed_on(
    planned: Callable[..., Path], at_once: Callable[..., Joined], tmp_path: Path
) -> None:
    """D12: a disk that lost bits between the worker that scored and the one that completes."""
    folder, real = planned(), of.assemble

    def damaged(*arguments: object) -> None:
        (folder / "parts" / "part-00000003.csv").write_bytes(b"c1,0.5,1,0\n")
        real(*arguments)  # type: ignore[arg-type]

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(of, "assemble", damaged)
        with pytest.raises(MachineError, match="not the one that was written"):
            at_once(folder)
    assert not (tmp_path / "out.csv").exists()
