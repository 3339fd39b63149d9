"""Answers to assignment 2: wrong ones with the hint that each must get, and right ones in every form."""

import numpy as np
import torch
from torch import nn

from wgan_lib import lipschitz, transport
from wgan_lib.checks.assignment_2 import toy_problem


def gradients(critic, x):
    """Return the gradient of the score at each point."""
    x = x.clone().requires_grad_()
    return torch.autograd.grad(critic(x).sum(), x)[0]


def slopes(critic, x):
    """Return the length of each gradient."""
    return gradients(critic, x).flatten(1).norm(dim=1)


def charge(slopes, strength, one_sided):
    """Return the penalty."""
    excess = np.maximum(slopes - 1, 0) if one_sided else slopes - 1
    return strength * (excess**2).mean()


def bounds(matrices, x, *, pick=max, norm=2, total=np.prod, relu=True):
    """Return what is known of a ReLU network's Lipschitz constant."""
    found = []
    for point in x:
        h, jacobian = point, np.eye(len(point))
        for matrix in matrices[:-1]:
            h, jacobian = matrix @ h, matrix @ jacobian
            if relu:
                jacobian, h = (h > 0)[:, None] * jacobian, np.maximum(h, 0)
        found.append(np.linalg.norm(matrices[-1] @ jacobian))
    return [pick(found), total([np.linalg.norm(matrix, norm) for matrix in matrices])]


REAL, GENERATED = toy_problem()
POTENTIAL = torch.as_tensor(transport.emd(REAL, GENERATED).potentials[0])


def optimal(x):
    """Score as the lowest optimal potential does."""
    return (POTENTIAL - torch.cdist(x.double(), REAL.double())).amax(dim=1)


WRONG: list[tuple[str, object, str]] = [
    ("A2.1", lambda f, g: f.mean() - g.mean(), "That is the estimate"),
    ("A2.1", lambda f, g: f.mean() + g.mean(), "a difference"),
    ("A2.1", lambda f, g: g.sum() - f.sum(), "Means, not sums"),
    ("A2.1", lambda f, g: (g.mean() - f.mean()) / 2, "The halves belong to other losses"),
    ("A2.1", lambda f, g: ((f - 1) ** 2).mean() + (g**2).mean(), "least squares"),
    ("A2.1", lambda f, g: g.sigmoid().mean() - f.sigmoid().mean(), "No sigmoid"),
    ("A2.1", lambda f, g: 0.0, "must raise the mean score of real points"),
    ("A2.1", lambda f, g: None, "is a `return` missing?"),
    ("A2.2", lambda w, g, rate, c: np.clip(w, -c, c) - rate * g, "Clip *after* the step"),
    ("A2.2", lambda w, g, rate, c: w - rate * g, "leaves weights beyond c"),
    ("A2.2", lambda w, g, rate, c: np.clip(w + rate * g, -c, c), "against the gradient"),
    ("A2.2", lambda w, g, rate, c: w - rate * np.clip(g, -c, c), "You clipped the gradient"),
    ("A2.2", lambda w, g, rate, c: w - np.clip(rate * g, -c, c), "You clipped the step"),
    ("A2.2", lambda w, g, rate, c: np.clip(w - rate * g, 0, c), "weights may be negative"),
    ("A2.2", lambda w, g, rate, c: np.clip(w - g, -c, c), "learning rate is left out"),
    ("A2.2", lambda w, g, rate, c: c * (w - rate * g) / np.abs(w - rate * g).max(), "You scaled all weights"),
    ("A2.2", lambda w, g, rate, c: 0 * w, "back to the nearest number"),
    ("A2.3", lambda f, x: slopes(f, x) ** 2, "The root is missing"),
    ("A2.3", lambda f, x: gradients(f, x).flatten(1).abs().sum(1), "sum of sizes"),
    ("A2.3", lambda f, x: gradients(f, x).flatten(1).abs().amax(1), "largest entry"),
    ("A2.3", lambda f, x: slopes(f, x) / len(x), "differentiated the mean score"),
    ("A2.3", lambda f, x: f(x).abs(), "Those are the scores"),
    ("A2.3", lambda f, x: 0 * slopes(f, x), "one norm for each point"),
    ("A2.3", lambda f, x: gradients(f, x).norm(dim=1), "Give 5 numbers"),
    ("A2.3", lambda f, x: lipschitz.gradient_norms(f, x), "Write it yourself"),
    ("A2.4", lambda s, k, one: charge(s, k, False), "no notice of `one_sided`"),
    ("A2.4", lambda s, k, one: charge(s, k, True), "charges slopes below 1, too"),
    ("A2.4", lambda s, k, one: charge(s, k, not one), "exchanged"),
    ("A2.4", lambda s, k, one: charge(s, 1, one), "λ is left out"),
    ("A2.4", lambda s, k, one: len(s) * charge(s, k, one), "not their sum"),
    ("A2.4", lambda s, k, one: k * (s**2).mean(), "asks for slope 0"),
    ("A2.4", lambda s, k, one: charge(np.array([s.mean()]), k, one), "Square each excess first"),
    ("A2.4", lambda s, k, one: 1.0, "an excess below 0 counts as 0"),
    ("A2.5", lambda m, x: bounds(m, x)[::-1], "The other way round"),
    ("A2.5", lambda m, x: bounds(m, x, norm="fro"), "not the best of its kind"),
    ("A2.5", lambda m, x: bounds(m, x, pick=np.mean), "not the mean"),
    ("A2.5", lambda m, x: bounds(m, x, total=sum), "Slopes of layers multiply"),
    ("A2.5", lambda m, x: bounds(m, x, relu=False), "A unit that is off"),
    ("A2.5", lambda m, x: [0, 1], "the longest gradient"),
    ("A2.6", [20, 0.16], "Divide once"),
    ("A2.6", [0.16, 0.16], "The other way"),
    ("A2.6", [0.8, 0.16], "the critic's own units"),
    ("A2.6", [3, 0.16], "what does it report then"),
    ("A2.6", [4, 1], "is no distance"),
    ("A2.6", [4, 4], "you must divide by 5"),
    ("A2.7", 3, "Give a function"),
    ("A2.7", nn.Linear(2, 1), "array of shape (200, 1)"),
    ("A2.7", lambda x: x[:, 0] * float("nan"), "There is a NaN"),
    ("A2.7", lambda x: torch.ones(len(x)), "the same score"),
    ("A2.7", lambda x: -x.norm(dim=1), "the sign of the loss"),
    ("A2.7", lambda x: x.norm(dim=1) ** 3, "Not far enough"),
    ("A2.7", lambda x: torch.as_tensor(transport.emd(x, x + 1).potentials[0]), "Write it yourself"),
    ("A2.7", lambda x: x.norm(dim=1) ** 2, "over the steepest slope"),
    ("A2.8", lambda f, x, step: x - step * gradients(f, x), "downhill"),
    ("A2.8", lambda f, x, step: x + step * nn.functional.normalize(gradients(f, x).flatten(1)).reshape(x.shape),
     "all arrows equally long"),
    ("A2.8", lambda f, x, step: x + step * gradients(f, x) / len(x), "differentiated the mean score"),
    ("A2.8", lambda f, x, step: step * gradients(f, x), "Where does it end?"),
    ("A2.8", lambda f, x, step: x + gradients(f, x), "length of the step"),
    ("A2.8", lambda f, x, step: x, "where its score rises fastest"),
]  # fmt: skip
RIGHT: list[tuple[str, object]] = [
    ("A2.1", lambda f, g: float(torch.mean(g)) - float(torch.mean(f))),
    ("A2.2", lambda w, g, rate, c: np.minimum(np.maximum(w - rate * g, -c), c)),
    ("A2.4", charge),
    ("A2.6", (4, 4 / 25)),
    ("A2.7", optimal),
]
