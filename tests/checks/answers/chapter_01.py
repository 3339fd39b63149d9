"""Answers to chapter 1: wrong ones with the hint that each must get, and right ones in every form."""

from itertools import permutations

import numpy as np
import ot
import torch

from wgan_lib import transport

BEST = [[4, 1, 0], [0, 2, 0], [0, 0, 3]]
ROW = [0, 1, 0] * 4


def w1(x, y):
    """W1 of two samples of one size on a line."""
    return np.abs(np.sort(x) - np.sort(y)).mean()


def pairings(cost):
    """The mean cost of every pairing."""
    return [cost[range(len(cost)), list(order)].mean() for order in permutations(range(len(cost)))]


def greedy(cost):
    """The cheapest routes first."""
    cost, bill = cost.copy(), []
    for _ in cost:
        i, j = np.unravel_index(cost.argmin(), cost.shape)
        bill.append(cost[i, j])
        cost[i], cost[:, j] = np.inf, np.inf
    return np.mean(bill)


def hole_by_hole(cost):
    """Each hole in turn takes the nearest pile that is left."""
    left, bill = list(range(len(cost))), 0
    for row in cost:
        left.sort(key=lambda pile: -row[pile])
        bill += row[left.pop()]
    return bill / len(cost)


WRONG: list[tuple[str, object, str]] = [
    ("1.1", [[2, 3, 0], [0, 0, 2], [2, 0, 1]], "costs 27, but there is a cheaper one."),
    ("1.1", [[3, 2, 0], [1, 1, 0], [0, 0, 3]], "costs 21, but there is a cheaper one."),
    ("1.1", np.transpose(BEST), "Turn the table"),
    ("1.1", np.array(BEST) / 10, "Give shovelfuls"),
    ("1.1", np.outer([5, 2, 3], [4, 3, 3]) / 10, "the lazy one"),
    ("1.1", [[5, 0, 0], [0, 2, 0], [0, 0, 3]], "The columns sum to [5. 2. 3.]"),
    ("1.1", [[4, 0, 0], [0, 3, 0], [0, 0, 3]], "The rows sum to [4. 3. 3.]"),
    ("1.1", [[4, 2, -1], [0, 1, 1], [0, 0, 3]], "No entry may be negative"),
    ("1.1", 19, "an array of shape (3, 3)"),
    ("1.2", [0, 0, 0, 1, 1, 1] + [0] * 6, "says that hole 2 is filled"),
    ("1.2", [0, 0, 1] * 4, "This is pile 3"),
    ("1.2", [1, 0, 0] * 4, "This is pile 1"),
    ("1.2", [0, 1, 0, 0] * 3, "three places apart"),
    ("1.2", [0, 0, 0, 0, 1, 1, 1, 1, 0, 0, 0, 0], "rows of three entries"),
    ("1.2", [0, 0.25, 0] * 4, "with the factor 1"),
    ("1.2", [1, 0, 1] * 4, "nothing to do with pile 2"),
    ("1.2", [1] * 12, "Put a one at each entry"),
    ("1.2", [[0, 1, 0]] * 4, "Give 12 numbers"),
    ("1.3", 2.25, "its way counts too"),
    ("1.3", -2.25, "a bill cannot be negative"),
    ("1.3", 2.958, "This is W2;"),
    ("1.3", 8.75, "W2 squared"),
    ("1.3", 11, "each carries a quarter"),
    ("1.3", 2.4167, "The piles do not hold equal amounts"),
    ("1.3", 3.875, "the lazy plan"),
    ("1.3", 3.25, "Cut the earth into quarters"),
    ("1.3", 2.8, "more digits"),
    ("1.4", lambda x, y: np.abs(x - y).mean(), "Sort first"),
    ("1.4", lambda x, y: abs(np.mean(x) - np.mean(y)), "ways left and right cancel"),
    ("1.4", lambda x, y: np.mean(x) - np.mean(y), "ways left and right cancel"),
    ("1.4", lambda x, y: (np.sort(y) - np.sort(x)).mean(), "ways left and right cancel"),
    ("1.4", lambda x, y: np.abs(np.sort(x) - np.sort(y)).sum(), "weight 1/n"),
    ("1.4", lambda x, y: ((np.sort(x) - np.sort(y)) ** 2).mean(), "W2 squared"),
    ("1.4", lambda x, y: np.sqrt(((np.sort(x) - np.sort(y)) ** 2).mean()), "That is W2:"),
    ("1.4", lambda x, y: np.abs(np.sort(x) - np.sort(y)[::-1]).mean(), "one downwards"),
    ("1.4", lambda x, y: np.median(np.abs(np.sort(x) - np.sort(y))), "median length"),
    ("1.4", lambda x, y: np.abs(np.sort(x) - y).mean(), "Only one of the two"),
    ("1.4", lambda x, y: np.abs(x - np.sort(y)).mean(), "Only one of the two"),
    ("1.4", lambda x, y: np.abs(x[:, None] - y).mean(), "lazy plan"),
    ("1.4", lambda x, y: 1.0, "Pair the smallest"),
    ("1.4", lambda x, y: np.sort(x) - np.sort(y), "Give one number"),
    ("1.4", lambda x, y: transport.wasserstein_1d(x, y), "Write it yourself: yours lets wgan_lib."),
    ("1.4", lambda x, y: ot.emd2_1d(x, y, metric="euclidean"), "Write it yourself: yours lets ot."),
    ("1.5", 4, "That is the mean"),
    ("1.5", 5.5, "half way between the ends"),
    ("1.5", 1.8, "That is the least bill"),
    ("1.5", 1, "Another place is cheaper"),
    ("1.5", 6.0, "Another place is cheaper"),
    ("1.6", [[0.5, 0], [0, 0.5]], "an entry is zero"),
    ("1.6", [[0, 0.5], [0.5, 0]], "an entry is zero"),
    ("1.6", [[0.5, 0.5], [0.5, 0.5]], "Masses are fractions"),
    ("1.6", [[0.4, 0.2], [0.1, 0.3]], "The rows sum to"),
    ("1.6", [[0.6, -0.1], [-0.1, 0.6]], "negative"),
    ("1.7", ([0, 100], [0.99, 0.01][::-1]), "Here W1 = 99"),
    ("1.7", ([0, 50], [0.98, 0.02]), "W2 = 7.071. Send less earth further."),
    ("1.7", ([0, 10], [0.9, 0.1]), "W2 squared is 10"),
    ("1.7", ([1], [1]), "W2 = 1."),
    ("1.7", ([0.995, 0.005], [0, 200]), "The places come first"),
    ("1.7", ([0, 200], [1, 0.005]), "must sum to 1."),
    ("1.7", ([0, 200], [1.5, -0.5]), "A share cannot be negative"),
    ("1.7", ([0, 200], [1]), "two flat lists of the same length"),
    ("1.7", 200, "two flat lists of the same length"),
    ("1.8", lambda cost: len(cost) * min(pairings(cost)), "carries the mass 1/n"),
    ("1.8", lambda cost: cost.min(axis=1).mean(), "a pile may be used twice"),
    ("1.8", lambda cost: cost.min(axis=0).mean(), "a hole may be used twice"),
    ("1.8", greedy, "That is greedy"),
    ("1.8", hole_by_hole, "takes the nearest pile that is left"),
    ("1.8", lambda cost: np.diag(cost).mean(), "first with first"),
    ("1.8", lambda cost: max(pairings(cost)), "dearest"),
    ("1.8", lambda cost: np.mean(pairings(cost)), "the mean over all pairings"),
    ("1.8", lambda cost: cost.min(), "cheapest single route"),
    ("1.8", lambda cost: 0.7, "For each order of the piles"),
    ("1.8", lambda cost: min(permutations(range(len(cost)))), "Give one number"),
    ("1.8", lambda cost: ot.emd2([], [], cost), "Write it yourself: yours lets ot."),
    ("1.9", 2.9, "about the factor in the plane"),
    ("1.9", 4.0, "the rate of a mean"),
    ("1.9", 0.83, "Neither the other way round, nor a difference"),
    ("1.9", 16, "too much"),
    ("1.9", 1, "too little"),
    ("1.9", -0.82, "a positive number"),
    ("1.9", 0, "a positive number"),
]


def brute(cost):
    """A right answer to 1.8 that changes its argument and returns a tensor."""
    least = min(pairings(np.asarray(cost)))
    cost[:] = 0
    return torch.tensor(least)


RIGHT = [
    ("1.1", BEST),
    ("1.1", np.array(BEST, dtype=float)),
    ("1.1", torch.tensor(BEST)),
    ("1.2", ROW),
    ("1.2", np.array(ROW, dtype=bool)),
    ("1.3", 2.75),
    ("1.3", torch.tensor(2.75)),
    ("1.4", w1),
    ("1.4", lambda x, y: float(np.mean([abs(p - q) for p, q in zip(sorted(x), sorted(y), strict=True)]))),
    ("1.4", lambda x, y: (torch.tensor(x).sort()[0] - torch.tensor(y).sort()[0]).abs().mean()),
    ("1.5", 2),
    ("1.5", np.float32(2)),
    ("1.5", 2.0001),
    ("1.6", [[0.25, 0.25], [0.25, 0.25]]),
    ("1.6", torch.tensor([[0.4, 0.1], [0.1, 0.4]])),
    ("1.7", ([0, 200], [0.995, 0.005])),
    ("1.7", (np.array([-300.0, 0, 300]), [1 / 600, 1 - 1 / 300, 1 / 600])),
    ("1.7", [[0, 100], [0.99, 0.01]]),
    ("1.7", ([0, 100, 5], [0.99, 0.01, 0.0])),
    ("1.8", brute),
    ("1.8", lambda cost: float(min(pairings(cost)))),
    ("1.9", 1.2),
    ("1.9", np.float64(1.2047)),
]
