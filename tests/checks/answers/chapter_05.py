"""Answers to chapter 5: wrong ones with the hint that each must get, and right ones in every form."""

import itertools

import numpy as np
import torch

from wgan_lib import lipschitz

C = 0.01


def layers(sizes):
    """Return the norm of each layer, for c = 1."""
    return [(a * b) ** 0.5 for a, b in zip(sizes[:-1], sizes[1:], strict=True)]


def ceiling(sizes, c):
    """Return the ceiling on the slope of a clipped critic."""
    return np.prod([c * norm for norm in layers(sizes)])


def step(w, real, fake, rate, c):
    """Return the weights after one clipped step."""
    return np.clip(w + rate * (real.mean(axis=0) - fake.mean(axis=0)), -c, c)


def clipped_by_library(w, real, fake, rate, c):
    """Clip by the library."""
    layer = torch.nn.Linear(4, 1, bias=False)
    layer.weight.data[:] = torch.tensor(w + rate * (real.mean(0) - fake.mean(0)))
    lipschitz.clip_weights(layer, c)
    return layer.weight[0]


def raises(*arguments):
    """Fail as a reader's function may."""
    raise ZeroDivisionError("division by zero")


WRONG: list[tuple[str, object, str]] = [
    ("5.1", [5, 0.07], "in the other order"),
    ("5.1", [0.05, 5], "Each weight has its own limit"),
    ("5.1", [0.07, 7], "city-block length"),
    ("5.1", [0.07, 25], "square root"),
    ("5.1", [0.07, 0.05], "W knows nothing of c"),
    ("5.1", [7, 5], "weights of 1"),
    ("5.1", [-0.07, 5], "The sign"),
    ("5.1", [0.04, 5], "at the same time"),
    ("5.1", [5, 5], "This one is clipped"),
    ("5.1", [0.01, 5], "grows with the distance"),
    ("5.1", [0.02, 5], "Which w1 and w2"),
    ("5.1", [0.07, 4.9], "the arrow's length"),
    ("5.2", lambda sizes, c: c * np.prod(layers(sizes)), "Each layer has a c"),
    ("5.2", lambda sizes, c: c ** len(sizes) * np.prod(layers(sizes)), "one less than the sizes"),
    ("5.2", lambda sizes, c: np.prod([c * norm**2 for norm in layers(sizes)]), "square root"),
    ("5.2", lambda sizes, c: sum(c * norm for norm in layers(sizes)), "you add them"),
    ("5.2", lambda sizes, c: ceiling(sizes[:-1], c), "last layer"),
    ("5.2", lambda sizes, c: ceiling(sizes[1:], c), "first layer"),
    ("5.2", lambda sizes, c: np.prod([c * n**0.5 for n in sizes[:-1]]), "norm of one row"),
    (
        "5.2",
        lambda sizes, c: np.prod([c * (a + b) ** 0.5 for a, b in itertools.pairwise(sizes)]),
        "entries",
    ),
    ("5.2", lambda sizes, c: c**4 * np.prod(layers(sizes)), "four is only our critic's"),
    ("5.2", lambda sizes, c: 2**0.5 * c**4 * 64**3, "for each layer of weights"),
    ("5.3", 1 / 8, "Here all terms have the same sign"),
    ("5.3", 2 / 64, "no half is lost"),
    ("5.3", 32**-0.5, "all are on"),
    ("5.3", 64, "For which c is it 1"),
    ("5.3", 1 / 65, "each c times an entry"),
    ("5.3", 1 / 63, "each c times an entry"),
    ("5.3", 64**-2, "not of 64 × 64"),
    ("5.3", 1, "With c = 1 each layer"),
    ("5.3", 0.01, "fades"),
    ("5.4", (1.0416666 / 0.5), "no bound on the slope"),
    ("5.4", 1.0416666, "but weak"),
    ("5.4", 4.1666667, "Four units can push"),
    ("5.4", 2.1, "What does *this critic* prove"),
    ("5.4", 3, "more than W"),
    ("5.4", -1.3888889, "The sign"),
    ("5.4", 0.78125, "Divide by the steepest slope"),
    ("5.4", 0.75, "That is the steepest slope"),
    ("5.4", 1.2, "straight between its kinks"),
    ("5.5", ((1.2, 0), (0.7, 0.7)), "in the other order"),
    ("5.5", ((1, 0), (2, 0)), "Where does it exaggerate"),
    ("5.5", ((3, 4), (3, 4)), "the first must be smaller"),
    ("5.5", ((3, 4), (4, 0)), "the first must be smaller"),
    ("5.5", (0.7, 1.2), "Give an array of shape (2, 2)"),
    ("5.6", lambda w, x, y, r, c: w + r * (x.mean(0) - y.mean(0)), "Nothing is clipped"),
    ("5.6", lambda w, x, y, r, c: np.clip(w, -c, c) + r * (x.mean(0) - y.mean(0)), "as in main.py"),
    ("5.6", lambda w, x, y, r, c: step(w, y, x, r, c), "*raises* the score gap"),
    ("5.6", lambda w, x, y, r, c: w + np.clip(r * (x.mean(0) - y.mean(0)), -c, c), "clip the step"),
    ("5.6", lambda w, x, y, r, c: w + r * np.clip(x.mean(0) - y.mean(0), -c, c), "clip the gradient"),
    ("5.6", lambda w, x, y, r, c: step(w, x, y, 1, c), "forgot the rate"),
    ("5.6", lambda w, x, y, r, c: np.clip(w + r * (x.sum(0) - y.sum(0)), -c, c), "*means*"),
    ("5.6", lambda w, x, y, r, c: np.clip(w + r * (x.mean() - y.mean()), -c, c), "axis=0"),
    ("5.6", lambda w, x, y, r, c: step(w, x, 0 * y, r, c), "Generated points push, too"),
    ("5.6", lambda w, x, y, r, c: np.minimum(w + r * (x.mean(0) - y.mean(0)), c), "lower side"),
    ("5.6", lambda w, x, y, r, c: w, "then every entry back"),
    ("5.6", clipped_by_library, "Write it yourself"),
    ("5.7", 4, "4 is the power of c"),
    ("5.7", 3, "two decimals"),
    ("5.7", 1, "Keep c = 0.1"),
    ("5.7", 47.3, "by how much the slope grows"),
    ("5.7", -2.8, "upside down"),
    ("5.7", 0.36, "Upside down"),
    ("5.7", 1.68, "Logarithms of the same kind"),
    ("5.7", 3.86, "logarithm of a quotient"),
]

RIGHT = [
    ("5.1", [0.07, 5]),
    ("5.1", torch.tensor([0.07, 5.0])),
    ("5.2", ceiling),
    ("5.2", lambda sizes, c: torch.tensor(ceiling(sizes, c), requires_grad=True)),
    ("5.3", 1 / 64),
    ("5.3", 0.0156),
    ("5.4", 1.0416666667 / 0.75),
    ("5.4", 1.389),
    ("5.5", [[3, 4], [5.5, 0]]),
    ("5.5", np.array([[-0.7, 0.7], [0, -1.2]])),
    ("5.6", step),
    ("5.6", lambda w, x, y, r, c: torch.tensor(step(w, x, y, r, c))),
    ("5.7", 2.8),
    ("5.7", np.float32(2.61)),
]
