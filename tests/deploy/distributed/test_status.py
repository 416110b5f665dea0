"""How far it is stands in the folder, for whoever asks."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from automl.cli import run
from automl.deploy.distributed import join as of
from automl.deploy.distributed.join import Joined
from automl.deploy.distributed.leases import LEASED, TODO
from automl.deploy.distributed.status import status
from automl.errors import DataError


def test_it_tells_what_is_done_under_way_and_failed(
    planned: Callable[..., Path], at_once: Callable[..., Joined], tmp_path: Path
) -> None:
    """Chunks are counted from 1; a lost lease is told with its owner, a failure with its reason."""
    folder = planned()
    assert str(status(folder)) == "0 of 7 chunks are scored"
    (folder / TODO / "00000001.0.0").rename(folder / LEASED / "00000001.0.2.host-1-aa")
    assert str(status(folder)).splitlines()[1] == "  chunk 2 (lost by 2 workers) is with host-1-aa"

    def broken(*_: object) -> None:
        raise DataError("bad luck", where="in.parquet")

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(of, "cut_batches", broken)
        with pytest.raises(DataError):
            at_once(folder)
    assert "failed: in.parquet: bad luck" in str(status(folder))
    assert at_once(folder, again=True).complete.rows == 2000
    assert str(status(folder)) == f"7 of 7 chunks are scored\n{tmp_path / 'out.csv'} is whole: 2,000 rows"


def test_the_command_line(
    bundle: Path, data: Path, tmp_path: Path, plain: Callable[[str], bytes], capsys: pytest.CaptureFixture[str]
) -> None:
    """A manifest is written, asked about, and joined by two processes; what a manifest holds is not given again."""
    folder, out = str(tmp_path / "job"), tmp_path / "out.csv"
    words = [str(bundle), str(data), "--manifest", folder, "-o", str(out), "--chunk-rows", "300"]
    assert run(["predict", *words]) == 0
    assert f"7 chunks wait in {folder}" in capsys.readouterr().err
    assert run(["predict", "--join", folder, "--status"]) == 0
    assert "0 of 7" in capsys.readouterr().out
    assert run(["predict", "--join", folder, "--missing", "empty"]) == 2
    assert "--join takes no --missing" in capsys.readouterr().err
    assert run(["predict", *words, "--resume"]) == 2
    assert run(["predict", str(bundle), str(data), "-o", str(out), "--status"]) == 2
    assert run(["predict", str(bundle), str(data)]) == 2
    assert run(["predict"]) == 2
    assert run(["predict", "--join", str(tmp_path)]) == 2
    capsys.readouterr()
    assert run(["predict", "--join", folder, "--workers", "2"]) == 0
    assert "is whole: 2,000 rows" in capsys.readouterr().err
    assert out.read_bytes() == plain(".csv")
    assert run(["predict", "--join", folder]) == 0
