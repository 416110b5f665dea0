"""How far shared scoring is, for people."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from automl.deploy.distributed import leases as of
from automl.deploy.distributed.leases import FINISH, Token
from automl.deploy.distributed.manifest import read_manifest
from automl.deploy.distributed.notes import complete_of, reason_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """Of so many `chunks` some are `done`; `leased` are the works under way with their workers, `failed` with reasons.

    `rows` are those of the whole output, None where it is not whole.
    """

    chunks: int
    done: int
    leased: tuple[tuple[Token, str], ...]
    failed: tuple[tuple[Token, str], ...]
    rows: int | None
    out: str

    def __str__(self) -> str:
        """A line each for what is done, under way and failed."""
        lines = [f"{self.done:,} of {self.chunks:,} chunks are scored"]
        lines += [f"  {_called(token)} is with {worker}" for token, worker in self.leased]
        lines += [f"  {_called(token)} failed: {reason}" for token, reason in self.failed]
        if self.rows is not None:
            lines.append(f"{self.out} is whole: {self.rows:,} rows")
        return "\n".join(lines)


def status(folder: Path) -> Status:
    """How far the manifest in `folder` is. Raises as `read_manifest` does."""
    manifest, complete = read_manifest(folder), complete_of(folder)
    return Status(
        chunks=len(manifest.chunks),
        done=sum(token.name != FINISH for token in of.tokens(folder, of.DONE)),
        leased=tuple(of.workers(folder)),
        failed=tuple((token, str(reason_of(folder, token.name))) for token in of.tokens(folder, of.FAILED)),
        rows=None if complete is None else complete.rows,
        out=manifest.out,
    )


def _called(token: Token) -> str:
    lost = f" (lost by {token.losses} workers)" if token.losses else ""
    return f"{'the output' if token.name == FINISH else f'chunk {int(token.name) + 1:,}'}{lost}"
