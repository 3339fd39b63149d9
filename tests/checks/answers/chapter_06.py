"""Answers to chapter 6: wrong ones with the hint that each must get, and right ones in every form."""

import numpy as np
import torch

from wgan_lib import lipschitz


def gradients(critic, real, fake, epsilon, *, graph=True, detach=False):
    """Return the gradients at the mixed images."""
    epsilon = epsilon[:, None, None, None]
    mixed = (epsilon * real + (1 - epsilon) * fake).requires_grad_()
    (slopes,) = torch.autograd.grad(critic(mixed).sum(), mixed, create_graph=graph)
    return slopes.detach() if detach else slopes


def each(slopes):
    """Return one norm for each image."""
    return slopes.flatten(1).norm(dim=1)


def penalty(*case, **options):
    """Return the penalty that was asked for."""
    return (each(gradients(*case, **options)) - 1).square().mean()


def forgot(critic, real, fake, epsilon):
    """Differentiate with respect to something that asks for no gradient."""
    mixed = epsilon[:, None, None, None] * real + (1 - epsilon[:, None, None, None]) * fake
    with torch.no_grad():
        scores = critic(mixed)
    return torch.autograd.grad(scores.sum(), mixed, create_graph=True)[0].norm()


def half_detached(*case):
    """Have the right value, but a gradient that lacks a half."""
    norms = each(gradients(*case))
    return ((norms - 1) * (norms.detach() - 1)).mean()


def by_library(critic, real, fake, epsilon):
    """Let the library do it."""
    return lipschitz.gradient_penalty(critic, real, fake, epsilon=epsilon[:, None, None, None])


def per_pixel(critic, real, fake, epsilon):
    """Mix with a fixed number."""
    return penalty(critic, real, fake, torch.full_like(epsilon, 0.5))


def excess(slopes):
    """Return by how much each slope exceeds 1."""
    return np.maximum(np.linalg.norm(slopes, axis=1) - 1, 0)


def loss(x, y, slopes, strength):
    """Return the one-sided loss."""
    return y.mean() - x.mean() + strength * (excess(slopes) ** 2).mean()


WRONG: list[tuple[str, object, str]] = [
    ("6.1", 1, "what the penalty asks for"),
    ("6.1", 1.3, "where is the 2"),
    ("6.1", 1.05, "which is 3"),
    ("6.1", 0.85, "not down"),
    ("6.1", 0.15, "exceeds 1"),
    ("6.1", 3.45, "Give the slope"),
    ("6.1", 1.25, "set its derivative to 0"),
    ("6.1", 1 + 20 / 3, "Upside down"),
    ("6.2", 3, "2 (|s| - 1)"),
    ("6.2", 1 / 6, "A longer way pulls harder"),
    ("6.2", 2 / 3, "Upside down"),
    ("6.2", 0.5, "which is 3"),
    ("6.2", -1.5, "λ is positive"),
    ("6.2", 10, "at which that begins"),
    ("6.2", 2, "where the derivative is 0"),
    ("6.2", 0.75, "The valley must lie below 0"),
    ("6.3", lambda *case: (each(gradients(*case)) - 1).relu().square().mean(), "one-sided"),
    ("6.3", lambda *case: (gradients(*case).norm() - 1).square(), "one norm for the whole batch"),
    ("6.3", lambda *case: (gradients(*case).norm(dim=1) - 1).square().mean(), "one axis only"),
    ("6.3", lambda *case: (gradients(*case).norm(dim=-1) - 1).square().mean(), "one axis only"),
    ("6.3", lambda *case: (each(gradients(*case)).mean() - 1).square(), "Square each excess first"),
    ("6.3", lambda *case: (each(gradients(*case)) - 1).square().sum(), "not their sum"),
    ("6.3", lambda *case: (each(gradients(*case)) - 1).abs().mean(), "absolute value"),
    ("6.3", lambda *case: (each(gradients(*case)) - 1).mean(), "square is missing"),
    ("6.3", lambda *case: each(gradients(*case)).square().mean(), "asks for slope 0"),
    ("6.3", lambda *case: each(gradients(*case)).mean(), "the mean slope"),
    ("6.3", lambda *case: (each(gradients(*case)) - 1).square().max(), "not the largest"),
    ("6.3", lambda *case: (each(gradients(*case)).square() - 1).square().mean(), "take the root"),
    ("6.3", lambda f, x, y, e: penalty(f, y, x, e), "ε goes with the real image"),
    ("6.3", lambda f, x, y, e: penalty(f, x, x, e), "at the real images"),
    ("6.3", lambda f, x, y, e: penalty(f, y, y, e), "at the generated images"),
    ("6.3", per_pixel, "half and half"),
    ("6.3", lambda *case: 10 * penalty(*case), "Leave λ out"),
    ("6.3", lambda *case: penalty(*case, graph=False), "create_graph=True"),
    ("6.3", lambda *case: penalty(*case, detach=True), "nothing may be detached"),
    ("6.3", lambda *case: penalty(*case).item(), "as a torch tensor"),
    ("6.3", half_detached, "is something detached"),
    ("6.3", by_library, "Write it yourself"),
    ("6.3", lambda *case: torch.tensor(0.5), "Mix with ε"),
    ("6.3", forgot, "Your function stopped"),
    ("6.3", lambda *case: each(gradients(*case)), "Give one number"),
    ("6.4", [1, -0.25, 0], "by a quarter as much"),
    ("6.4", [-0.25, 0.75, 0], "own slope first"),
    ("6.4", [0.25, -0.25, 0], "how fast the mean moves"),
    ("6.4", [0.75, 0.25, 0], "The sign"),
    ("6.4", [0.75, 0, 0], "subtracted from x2"),
    ("6.4", [0.75, -0.75, 0], "all three others together"),
    ("6.4", [0.75, -0.25, 0.5], "three other examples"),
    ("6.4", [0.75, -0.25, 0.75], "own slope alone"),
    ("6.4", [0.75, -0.25, 1], "always add up to 0"),
    ("6.4", [0, -0.25, 0], "moves faster than the mean"),
    ("6.4", [0.5, -0.25, 0], "the derivative of x1 - mean(x) by x1"),
    ("6.4", [0.75, -0.5, 0], "How does the mean change with x1"),
    ("6.4", [0.75, -0.25, 0.3], "Add the own slope and the three"),
    ("6.5", [0.25, 1.917], "crosses the gap"),
    ("6.5", [0.5, 1.917], "9/11 of its length"),
    ("6.5", [9 / 44, 1.917], "lies there wholly"),
    ("6.5", [0, 1.917], "*optimal plan*"),
    ("6.5", [45.4545, 1.917], "not in per cent"),
    ("6.5", [1.9166667, 0.4545455], "in the other order"),
    ("6.5", [0.4545455, 2.8333333], "Half of the mass"),
    ("6.5", [0.4545455, 2], "passes there as well"),
    ("6.5", [0.4545455, 0.9166667], "exceeds 1"),
    ("6.5", [0.4545455, 1], "exact critic's slope"),
    ("6.5", [9 / 11, 1.917], "How likely is that pair"),
    ("6.5", [6 / 11, 1.917], "share outside"),
    ("6.5", [0.3, 1.917], "There are four pairs"),
    ("6.5", [5 / 11, 1.5], "only 1/11 of its length"),
    ("6.5", [5 / 11, 1.7], "find ρ on [0, 1] first"),
    ("6.6", lambda x, y, s, k: y.mean() - x.mean() + k * ((np.linalg.norm(s, axis=1) - 1) ** 2).mean(), "two-sided"),
    ("6.6", lambda x, y, s, k: loss(y, x, s, k), "*minimises*"),
    ("6.6", lambda x, y, s, k: loss(x, y, s, -k), "it is added"),
    ("6.6", lambda x, y, s, k: loss(x, y, s, 1), "forgot λ"),
    ("6.6", lambda x, y, s, k: y.mean() - x.mean() + k * excess(s).mean(), "square is missing"),
    ("6.6", lambda x, y, s, k: y.mean() - x.mean() + k * excess(s).mean() ** 2, "Square first"),
    (
        "6.6",
        lambda x, y, s, k: y.mean() - x.mean() + k * max(np.linalg.norm(s, axis=1).mean() - 1, 0) ** 2,
        "average last",
    ),
    ("6.6", lambda x, y, s, k: y.mean() - x.mean() + k * max(np.linalg.norm(s) - 1, 0) ** 2, "axis=1"),
    ("6.6", lambda x, y, s, k: y.mean() - x.mean() + k * (np.maximum(s - 1, 0) ** 2).mean(), "length of its gradient"),
    ("6.6", lambda x, y, s, k: loss(x, y, s.T, k), "wrong axis"),
    ("6.6", lambda x, y, s, k: y.mean() - x.mean() + k * (excess(s) ** 2).sum(), "The mean, not the sum"),
    ("6.6", lambda x, y, s, k: loss(x, y, s, k) - y.mean() + x.mean(), "penalty alone"),
    ("6.6", lambda x, y, s, k: y.mean() - x.mean(), "Where is the penalty"),
    ("6.6", lambda x, y, s, k: 0.0, "one slope for each point"),
    ("6.7", 0.75, "That is W"),
    ("6.7", 2.083, "That is the formula"),
    ("6.7", 1.15, "λ = 1 gives"),
    ("6.7", 3.9, "λ = 0.1 gives"),
    ("6.7", 9.1, "sum over five"),
    ("6.7", -1.8, "minus that of generated"),
    ("6.7", 0, "minus that of generated"),
    ("6.7", 0.5, "estimates_on_road(0.3)"),
]

RIGHT = [
    ("6.1", 1.15),
    ("6.2", 1.5),
    ("6.2", torch.tensor(1.5)),
    ("6.3", penalty),
    ("6.3", lambda *case: torch.mean((torch.sqrt(gradients(*case).square().sum((1, 2, 3))) - 1) ** 2)),
    ("6.4", [0.75, -0.25, 0]),
    ("6.4", torch.tensor([0.75, -0.25, 0.0])),
    ("6.5", [5 / 11, 23 / 12]),
    ("6.5", [0.455, 1.917]),
    ("6.6", loss),
    ("6.6", lambda x, y, s, k: torch.tensor(loss(x, y, s, k), requires_grad=True)),
    ("6.7", 1.8),
    ("6.7", np.float32(1.75)),
]
