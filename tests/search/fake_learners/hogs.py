"""A learner that takes all the memory it can get."""

import numpy as np
from fake_learners._faulty import faulty


def eat() -> None:
    hoard = []
    while True:
        hoard.append(np.ones(1_000_000))


HOGS = faulty("hogs", eat)
