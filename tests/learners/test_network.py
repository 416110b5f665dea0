"""The networks learn by true gradients, and apart from each other."""

import numpy as np
import pytest

from automl.learners._network import Shape, Training

SHAPE = Shape(nets=2, inputs=3, hidden=8, layers=2, width=1)


def training(**options):
    given = {"bias": np.zeros(1, dtype=np.float32), "step": 0.01, "decay": 0.0, "dropout": 0.0, "seed": 0, **options}
    return Training(SHAPE, **given)


def data(rows=200):
    x = np.random.default_rng(0).normal(size=(rows, 3)).astype(np.float32)
    return x, (x[:, 0] * x[:, 1] + np.maximum(x[:, 2], 0.0)).astype(np.float32)


def squares(y):
    return lambda scores, rows: scores - y[rows][None, :, None]


def trained(epochs, **options):
    x, y = data()
    net = training(**options)
    for _ in range(epochs):
        for _ in net.epoch(x, squares(y), 32):
            pass
    return net, x, y


def test_what_no_line_can_follow_is_learned():
    """A product of two inputs and a bend are fitted to a twentieth of their variance."""
    net, x, y = trained(200)
    assert np.mean((net.scores(x)[:, 0] - y) ** 2) < 0.05 * y.var()


def test_the_first_step_goes_down_the_slope():
    """Adam's first step moves each weight by its step size, against the sign of the numerical gradient."""
    x, y = data(40)
    net = training(step=1e-4)
    before = [weight.astype(np.float64) for weight in net.weights]

    def loss(place, index, change):
        weights = [weight.copy() for weight in before]
        weights[place][index] += change
        flow = x.astype(np.float64)[None]
        for k, weight in enumerate(weights):
            flow = flow @ weight
            flow = np.maximum(flow, 0.0) if k < len(weights) - 1 else flow
        return 0.5 * np.mean((flow[index[0], :, 0] - y) ** 2)

    list(net.epoch(x, squares(y), 40))
    for place in range(3):
        for index in [(0, 0, 0), (1, 2, 0)]:
            gradient = (loss(place, index, 1e-5) - loss(place, index, -1e-5)) / 2e-5
            moved = float(net.weights[place][index] - before[place][index])
            expected = -1e-4 * np.sign(gradient) if abs(gradient) > 1e-6 else pytest.approx(moved)
            assert moved == pytest.approx(expected, rel=0.02)


def test_networks_begin_apart():
    """Two networks side by side have weights of their own: their mean is better than one alone."""
    net, _, _ = trained(1)
    assert not np.array_equal(net.weights[0][0], net.weights[0][1])


def test_decay_shrinks_weights():
    """With decay the weights end up smaller."""
    plain, decayed = (trained(20, decay=decay)[0] for decay in (0.0, 5.0))
    assert sum(np.square(w).sum() for w in decayed.weights) < sum(np.square(w).sum() for w in plain.weights)


def test_averages_forget_the_start():
    """After many steps the averaged weights are near the weights, not near where they began."""
    net, _, _ = trained(60)
    begin = training()
    near, far = (np.abs(net.adam.averages[0] - other.weights[0]).mean() for other in (net, begin))
    assert near < 0.5 * far
