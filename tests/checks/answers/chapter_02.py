"""Answers to chapter 2: wrong ones with the hint that each must get, and right ones in every form."""

import numpy as np
import torch

from answers import Later
from wgan_lib import transport

STORMY = [-6.0, -4.0, -3.0, 0.0, 2.0]  # optimal for the piles after the storm, up to a constant
SCORES = [0.0, -0.5, -1.5, -2.0, -2.5, -3.5, -5.0, -4.5, -3.5]


def excess(u, v, cost):
    """By how much each constraint is broken."""
    return np.asarray(u)[:, None] + v - cost


def far(z, x):
    """Distances."""
    return np.linalg.norm(z[:, None] - x, axis=2)


def at_probe(make):
    """An answer to exercise 2.5, made from the lowest and the highest value, which come from the potentials."""

    def answer():
        real, fake = np.array([[0.0, 2], [2, 3], [4, 1]]), np.array([[0.0, 0], [2, 1], [3, -1]])
        place = np.array([1, -1.5])
        u, v = transport.emd(real, fake, np.array([0.5, 0.2, 0.3]), np.array([0.35, 0.25, 0.4])).potentials
        low = (u + v[0] - np.linalg.norm(place - real, axis=1)).max()
        return make(low, (np.linalg.norm(place - fake, axis=1) - v + v[0]).min())

    return Later(answer)


WRONG: list[tuple[str, object, str]] = [
    ("2.1", ([0, 2], [-1, 0]), "v is -f(y)"),
    ("2.1", ([0, 0], [0, 0]), "These prices are feasible, with value 0"),
    ("2.1", ([0, 2], [0, 0]), "There are better ones."),
    ("2.1", ([1, 2], [1, 0]), "u[0] + v[0] = 2, but your own cart makes that journey for 1"),
    ("2.1", ([0, 4], [1, 0]), "u[1] + v[0] = 5, but your own cart"),
    ("2.1", [0, 2, 1, 0], "a pair of two lists of two numbers"),
    ("2.1", ([0, 2], [1]), "Give 2 numbers"),
    ("2.1", 1.5, "a pair of two lists of two numbers"),
    ("2.2", 1, "Does W rise or fall"),
    ("2.2", -0.01, "Divide by the mass"),
    ("2.2", -2, "pile 2 is at 5 km"),
    ("2.2", 0, "Two prices differ"),
    ("2.2", 1.55, "Which potential belongs to the piles"),
    ("2.3", 1.55, "W itself"),
    ("2.3", 7.75, "cannot report more than W"),
    ("2.3", -0.31, "That is the loss"),
    ("2.3", 0.062, "not k squared"),
    ("2.3", 0.2, "limit on its slope"),
    ("2.3", 1.24, "not (1 - k) W"),
    ("2.3", 0.5, "Divide that critic by 0.2"),
    ("2.3", 0.3, "more digits"),
    ("2.4", [-score for score in SCORES], "upside down"),
    ("2.4", [2 * score for score in SCORES], "The steepest slope is 2"),
    ("2.4", np.cumsum([0, -1, -1, -1, -1, -1, -1, 1, 1]), "as long as its gap"),
    ("2.4", [0] * 9, "with value 0.0000; the best one has"),
    ("2.4", [0.5 * score for score in SCORES], "It is 1-Lipschitz"),
    ("2.4", [-1, 1, 1, -1, -1, -1, -1, 1], "Add them up"),
    ("2.4", [0, 1, 2], "Give 9 numbers"),
    ("2.5", at_probe(lambda low, high: [high, low]), "Right values; give the lower one first"),
    ("2.5", at_probe(lambda low, high: [-high, -low]), "The signs are turned"),
    ("2.5", at_probe(lambda low, high: [-low, -high]), "The signs are turned"),
    ("2.5", at_probe(lambda low, high: [low + 1, high + 1]), "Is f = 0 at the first generated point"),
    ("2.5", at_probe(lambda low, high: [low - 1, high]), "The highest value is right"),
    ("2.5", at_probe(lambda low, high: [low, high + 1]), "The lowest value is right"),
    ("2.5", at_probe(lambda low, high: [high, high]), "the highest value, twice"),
    ("2.5", at_probe(lambda low, high: [low, low]), "the lowest value, twice"),
    ("2.5", [-5, 5], "Stand a cone"),
    ("2.5", 1.5, "Give 2 numbers"),
    ("2.6", lambda u, v, cost: (excess(u, v, cost) > 0).any(), "whether one is broken"),
    ("2.6", lambda u, v, cost: (excess(u, v, cost) <= 0).all(), "whether none is broken"),
    ("2.6", lambda u, v, cost: (excess(u, v, cost) > 0).sum(), "counts the broken"),
    ("2.6", lambda u, v, cost: excess(u, v, cost).clip(0).sum(), "adds up all violations"),
    ("2.6", lambda u, v, cost: excess(u, v, cost).clip(0).mean(), "their mean"),
    ("2.6", lambda u, v, cost: np.abs(excess(u, v, cost)).max(), "Slack is no violation"),
    ("2.6", lambda u, v, cost: (cost - u[:, None] - v).max(), "the largest slack"),
    ("2.6", lambda u, v, cost: excess(u, v, cost).min(), "where u + v exceeds C"),
    ("2.6", lambda u, v, cost: (u[:, None] + v).max(), "Compare u + v with the cost"),
    ("2.6", lambda u, v, cost: max(0, max(u) + max(v) - cost.min()), "Compare pair by pair"),
    ("2.6", lambda u, v, cost: excess(u, v, cost).max(), "breaks nothing the answer is 0"),
    ("2.6", lambda u, v, cost: 1.5, "Build the (n, m) table"),
    ("2.6", lambda u, v, cost: 0, "By how much"),
    ("2.6", lambda u, v, cost: excess(u, v, cost), "Give one number"),
    ("2.6", lambda u, v, cost: (u + v - cost).max(), "stopped on arguments"),
    ("2.7", lambda z, x, u: (far(z, x) - u).min(axis=1), "from the generated side"),
    ("2.7", lambda z, x, u: (far(z, x) + u).min(axis=1), "from the generated side"),
    ("2.7", lambda z, x, u: (u - far(z, x)).min(axis=1), "The highest of the hanging cones"),
    ("2.7", lambda z, x, u: (u + far(z, x)).max(axis=1), "falls with the distance"),
    ("2.7", lambda z, x, u: (u - far(z, x) ** 2).max(axis=1), "not its square"),
    ("2.7", lambda z, x, u: (u - np.abs(z[:, None] - x).sum(axis=2)).max(axis=1), "city-block"),
    ("2.7", lambda z, x, u: (u - far(z, x)).mean(axis=1), "not their mean"),
    ("2.7", lambda z, x, u: (-u - far(z, x)).max(axis=1), "The sign of u is turned"),
    ("2.7", lambda z, x, u: -far(z, x).min(axis=1), "The prices u are missing"),
    ("2.7", lambda z, x, u: [u[k] - far(z, x)[i, k] for i, k in enumerate(far(z, x).argmin(1))], "nearest real point"),
    ("2.7", lambda z, x, u: (u[:, None] - far(x, z)).max(axis=1), "Give 9 numbers"),
    ("2.7", lambda z, x, u: z[:, 0], "For each z take u_i"),
    ("2.7", lambda z, x, u: -transport.c_transform(u, far(z, x)), "Write it yourself"),
    ("2.8", [0, 0, 0, 0, 0], "as at the start"),
    ("2.8", [0, -2, -1, 0, 0], "Is `stormy` passed on"),
    ("2.8", [-price for price in STORMY], "Give v itself"),
    ("2.8", [0, -1, 0, 1, 2], "Run more rounds"),
    ("2.8", [0.05, 0.1, 0.25, 0.2, 0.4], "Run more rounds"),
    ("2.8", [1, 3, 2, 1], "Give 5 numbers"),
    ("2.8", 2.15, "Give 5 numbers"),
    ("2.8", ([0, 0, 0, 0, 1], [0.1] * 5, 2.1), "Give 5 numbers"),
]


RIGHT = [
    ("2.1", ([0, 2], [1, 0])),
    ("2.1", (torch.tensor([5.0, 7]), np.array([-4.0, -5]))),
    ("2.1", np.array([[0, 2], [1, 0]])),
    ("2.1", ([0, 1], [1, 1])),  # another slope where no earth travels
    ("2.2", -1),
    ("2.2", np.float32(-1)),
    ("2.3", 0.31),
    ("2.3", torch.tensor(0.31)),
    ("2.4", SCORES),
    ("2.4", torch.tensor(SCORES) + 3),
    ("2.5", at_probe(lambda low, high: [low, high])),
    ("2.5", at_probe(lambda low, high: [round(low, 3), round(high, 3)])),
    ("2.6", lambda u, v, cost: max(0, excess(u, v, cost).max())),
    ("2.6", lambda u, v, cost: torch.tensor(excess(u, v, cost)).clamp(min=0).max()),
    ("2.7", lambda z, x, u: (u - far(z, x)).max(axis=1)),
    ("2.7", lambda z, x, u: [max(c - np.linalg.norm(p - q) for q, c in zip(x, u, strict=True)) for p in z]),
    ("2.8", STORMY),
    ("2.8", torch.tensor(STORMY) + 7),
    ("2.8", np.round(STORMY)),
]
