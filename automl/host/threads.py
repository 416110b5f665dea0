"""Threads of the linear algebra in this process."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def single_threaded() -> Iterator[None]:
    """Within it BLAS has one thread here, as it has in workers and under the command line.

    A second one waits by spinning: where the cores are busy with fits, a small step takes tens of times as long. The
    limit is that of the process, so the last of several that overlap may leave one thread behind.
    """
    import scipy.linalg  # noqa: F401  # brings a BLAS of its own, which a limit set before would not reach
    from threadpoolctl import threadpool_limits

    with threadpool_limits(limits=1, user_api="blas"):
        yield
