"""A learner that never ends."""

import time

from fake_learners._faulty import faulty

HANGS = faulty("hangs", lambda: time.sleep(1000))
