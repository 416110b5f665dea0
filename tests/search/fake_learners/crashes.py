"""A learner that dies of a signal."""

import os
import signal

from fake_learners._faulty import faulty

CRASHES = faulty("crashes", lambda: os.kill(os.getpid(), signal.SIGSEGV))
