"""Every learner keeps the contract of learners."""

from automl.testing.learners import *  # noqa: F403  # the tests of the suite
