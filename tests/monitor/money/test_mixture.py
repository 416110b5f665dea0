"""The mixture is the integral that it stands for, and its boundary is crossed as seldom as it says."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.integrate import quad

from automl.monitor.money.mixture import Mixture


@pytest.mark.parametrize(("total", "time"), [(0.0, 0.0), (5.0, 10.0), (40.0, 100.0), (10.0, 100.0)])
def test_the_closed_form_is_the_integral_over_all_tilts(total, time):
    """The gamma density of tilts times exp(lambda S - psi(lambda) V), integrated by quadrature."""
    c, rho = 2.0, 30.0

    def density(tilt: float) -> float:
        return math.exp(rho / c * tilt + (rho / c**2 - 1.0) * math.log1p(-c * tilt))

    def tilted(tilt: float) -> float:
        spent = (-math.log1p(-c * tilt) - c * tilt) / c**2
        return density(tilt) * math.exp(tilt * total - spent * time)

    integral = quad(tilted, 0.0, 1.0 / c)[0] / quad(density, 0.0, 1.0 / c)[0]
    found = Mixture(scale=c, rho=rho).log(np.array(total), np.array(time))
    assert found == pytest.approx(math.log(integral), abs=1e-9)


def test_the_boundary_is_where_the_mixture_reaches_one_by_alpha():
    """At each intrinsic time the mixture at the boundary is 1/alpha, to rounding."""
    mixture, times = Mixture.tightest_at(1_000.0, 0.01, 3.0), np.geomspace(0.1, 1e7, 30)
    assert np.allclose(mixture.log(mixture.boundary(times, 0.01), times), math.log(100.0))


def test_a_mixture_is_tightest_about_where_it_is_asked_to_be():
    """At its own time it is within 2 % of the best of many, and others are worse far from theirs."""
    at = np.array([500.0])
    own = Mixture.tightest_at(500.0, 0.02, 1.0).boundary(at, 0.02)[0]
    others = [Mixture(scale=1.0, rho=rho).boundary(at, 0.02)[0] for rho in np.geomspace(1.0, 1e5, 60)]
    assert min(others) <= own <= 1.02 * min(others)
    assert Mixture.tightest_at(5e5, 0.02, 1.0).boundary(at, 0.02)[0] > 1.2 * own
