"""A learner that raises."""

from fake_learners._faulty import faulty


def complain() -> None:
    raise ValueError("no good")


RAISES = faulty("raises", complain)
