"""Every gate keeps the contract of gates."""

from automl.testing.gates import *  # noqa: F403  # the tests of the suite
