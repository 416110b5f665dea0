"""A ring gives back what was added, however often it went round; what has no room is refused, and does no harm."""

from __future__ import annotations

import os

from hypothesis import given
from hypothesis import strategies as st

from automl.deploy.serve.record.ring import Ring

SIZE = 4_096  # bytes


@given(st.lists(st.tuples(st.integers(1, 1_500), st.booleans()), max_size=60))
def test_what_is_added_is_read(texts) -> None:
    """Of any lengths; whoever reads does so now and then, and sees all of it once."""
    ring, waiting = Ring(size=SIZE), b""
    for length, reads in texts:
        text = os.urandom(length)
        now = ring.add(text)
        if len(waiting) + length > SIZE:
            assert now == 0
        else:
            waiting += text
            assert now == len(waiting)
        if reads:
            assert ring.between(ring.taken, ring.put) == waiting
            ring.taken, waiting = ring.put, b""
    assert ring.between(ring.taken, ring.put) == waiting
    ring.close()


def test_a_full_ring_refuses_until_it_is_read() -> None:
    """What waits is not written over."""
    ring = Ring(size=SIZE)
    assert ring.add(b"x" * SIZE) == SIZE
    assert ring.add(b"y") == 0
    assert ring.between(0, SIZE) == b"x" * SIZE
    ring.taken = ring.put
    assert ring.add(b"y") == 1
    ring.close()


def test_another_process_reads_the_same_memory() -> None:
    """By its descriptor."""
    ring = Ring(size=SIZE)
    ring.add(b"text")
    there = Ring(os.dup(ring.file))
    assert there.between(0, ring.put) == b"text"
    there.close()
    ring.close()
