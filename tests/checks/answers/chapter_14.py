"""Answers to chapter 14: wrong ones with the hint that each must get, and right ones in every form."""

import functools

import numpy as np
import ot
import scipy.stats
import torch
from scipy.optimize import linear_sum_assignment
from scipy.spatial.distance import cdist

from answers import Later
from wgan_lib import mnist, toy, transport


def paired(x, y, metric="euclidean"):
    """The distances of the cheapest pairing."""
    cost = cdist(x, y, metric)
    return cost[linear_sum_assignment(cost)]


def loop_greedy(x, y):
    """Cheapest pair first, by sorting all pairs."""
    cost, taken, total = cdist(x, y), (set(), set()), 0
    for flat in np.argsort(cost, axis=None):
        i, j = divmod(int(flat), cost.shape[1])
        if i not in taken[0] and j not in taken[1]:
            taken[0].add(i), taken[1].add(j)
            total += cost[i, j]
    return total / len(cost)


def once(scores, cost):
    """The c-transform, onto the columns of cost."""
    return (cost - scores[:, None]).min(axis=0)


def twice(scores, cost):
    """The c-transform there and back."""
    return (cost - once(scores, cost)).min(axis=1)


def w(a, b):
    """Exact W of two batches."""
    return transport.emd(a, b).cost


def debiased(x, x2, y, y2):
    """Half of each floor taken away."""
    return w(x, y) - (w(x, x2) + w(y, y2)) / 2


def ranks(values):
    """0 for the smallest."""
    return np.argsort(np.argsort(values))


def correlation(a, b):
    """Of the values as they are."""
    return np.corrcoef(a, b)[0, 1]


def kendall(a, b):
    """The share of pairs in the same order, less the share in opposite order."""
    pairs = [np.sign((a[i] - a[j]) * (b[i] - b[j])) for i in range(len(a)) for j in range(i)]
    return np.mean(pairs)


@functools.cache
def digits():
    """The shuffled test digits, the mean training digit and the mean test digit of the chapter."""
    test = mnist.scale(mnist.images("test")).flatten(1)
    test = test[torch.randperm(len(test), generator=toy.rng(0))]
    return test, mnist.scale(mnist.images()[:10_000]).flatten(1).mean(dim=0), test.mean(dim=0)


def contest(middle=1, judge=debiased):
    """The answer to 14.6 with one of the two means, under one judge."""
    test, copies = digits()[0], digits()[middle].expand(64, -1)
    sides = test[:64], test[64:128]
    return [judge(copies, copies, *sides), judge(test[128:192], test[192:256], *sides)]


def sliced(middle=1, side=64, judge=transport.sliced_wasserstein):
    """The answer to 14.7 with one of the two means, against one batch, under one judge."""
    test, copies = digits()[0], digits()[middle].expand(64, -1)
    return [judge(test[:64], test[64:128]), judge(copies, test[side : side + 64])]


WRONG = [
    ("14.1", [0, 2], "0 is the population W"),
    ("14.1", [1 / 2, 2], "mean of X"),
    ("14.1", [1 / 6, 2], "You counted one"),
    ("14.1", [1 / np.sqrt(6), 2], "root of the mean square"),
    ("14.1", [1 / 3, 2 + 1 / 3], "always to the right"),
    ("14.1", [1 / 3, 2.5], "mean of Y"),
    ("14.1", [1 / 3, 1 / 3], "before the move"),
    ("14.1", [2, 1 / 3], "other order"),
    ("14.1", [0.33, 2], "more digits"),
    ("14.1", [0.45, 2], "Integrate it over the square"),
    ("14.1", [1 / 3, 1.9], "take the mean of that"),
    ("14.1", 1 / 3, "Give 2 numbers"),
    ("14.2", 50, "once on average"),
    ("14.2", 34, "50.3% of the batches do not show the face: θ = 0 is best."),
    ("14.2", 64, "a smaller batch will do"),
    ("14.2", np.log(0.5) / np.log(0.98), "whole number"),
    ("14.2", -3, "at least one toss"),
    ("14.2", [35], "Give one number"),
    ("14.3", lambda x, y: paired(x, y).sum(), "take the mean"),
    ("14.3", lambda x, y: paired(x, y, "sqeuclidean").mean(), "W2 squared"),
    ("14.3", lambda x, y: np.sqrt(paired(x, y, "sqeuclidean").mean()), "That is W2"),
    ("14.3", lambda x, y: paired(x, y, "cityblock").mean(), "Euclidean"),
    ("14.3", lambda x, y: np.linalg.norm(x - y, axis=1).mean(), "as they come"),
    ("14.3", lambda x, y: cdist(x, y).mean(), "mean over all pairs"),
    ("14.3", lambda x, y: cdist(x, y).min(axis=1).mean(), "Each x goes to its nearest y"),
    ("14.3", lambda x, y: cdist(x, y).min(axis=0).mean(), "Each y goes to its nearest x"),
    ("14.3", loop_greedy, "greedy"),
    ("14.3", lambda x, y: np.linalg.norm(x.mean(0) - y.mean(0)), "lower bound"),
    ("14.3", w, "lets wgan_lib.transport"),
    ("14.3", lambda x, y: ot.emd2([], [], cdist(x, y)), "lets ot."),
    ("14.3", linear_sum_assignment, "stopped on arguments"),
    ("14.3", 0.5, "Give a function"),
    ("14.3", lambda x, y: 1.0, "Distances of all pairs"),
    ("14.4", once, "only one transform"),
    ("14.4", lambda s, c: s, "the scores themselves"),
    ("14.4", lambda s, c: (c - (c + s[:, None]).min(axis=0)).min(axis=1), "scores are subtracted"),
    ("14.4", lambda s, c: (c + once(s, c)).min(axis=1), "prices are subtracted"),
    ("14.4", lambda s, c: (c - (c - s[:, None]).max(axis=0)).max(axis=1), "Smallest, not largest, both"),
    ("14.4", lambda s, c: (c - once(s, c)).max(axis=1), "The second time"),
    ("14.4", lambda s, c: (c - (c - s[:, None]).max(axis=0)).min(axis=1), "The first time"),
    ("14.4", lambda s, c: c.min(axis=1), "knows nothing"),
    ("14.4", lambda s, c: transport.c_transform(once(s, c), c), "lets wgan_lib.transport"),
    ("14.4", lambda s, c: (c - s).min(axis=1), "stopped on arguments"),
    ("14.4", lambda s, c: twice(s, c).mean(), "numbers, as a list or an array"),
    ("14.4", lambda s, c: 0 * s - once(s, c).max(), "too coarse"),
    ("14.4", lambda s, c: 0 * s, "First prices[j]"),
    ("14.5", lambda x, x2, y, y2: w(x, y) - w(x, x2) - w(y, y2), "Only half of each"),
    ("14.5", lambda x, x2, y, y2: w(x, y) - w(y, y2), "exposes the blur"),
    ("14.5", lambda x, x2, y, y2: w(x, y) - w(x, x2), "The other side"),
    ("14.5", lambda x, x2, y, y2: w(x, y) - w(x, x2) / 2, "Half of W(y, y2) is missing"),
    ("14.5", lambda x, x2, y, y2: w(x, y) - w(y, y2) / 2, "Half of W(x, x2) is missing"),
    ("14.5", lambda x, x2, y, y2: w(x, y), "batch W itself"),
    ("14.5", lambda x, x2, y, y2: w(x, y) + (w(x, x2) + w(y, y2)) / 2, "are subtracted"),
    ("14.5", lambda x, x2, y, y2: w(x, y) - (w(x, y2) + w(y, x2)) / 2, "x2 comes from the law of x"),
    ("14.5", lambda x, x2, y, y2: 2 * debiased(x, x2, y, y2), "twice what is asked"),
    ("14.5", lambda x, y: w(x, y), "stopped on arguments"),
    ("14.5", lambda x, x2, y, y2: 0.0, "W(x, x2) / 2 - W(y, y2) / 2"),
    ("14.6", Later(lambda: contest()[::-1]), "other order"),
    ("14.6", Later(contest, judge=lambda x, x2, y, y2: w(x, y)), "Use `debiased`"),
    ("14.6", Later(lambda: [contest(middle=2)[0], contest()[1]]), "mean of the test digits"),
    ("14.6", Later(contest, judge=lambda x, x2, y, y2: w(x, y) - w(x, x2) - w(y, y2)), "Only half of each floor"),
    ("14.6", Later(contest, judge=lambda x, x2, y, y2: w(x, y) - w(y, y2)), "that of the generated side"),
    ("14.6", Later(lambda: [contest()[0], contest(judge=lambda x, x2, y, y2: w(x, y) - w(y, y2) / 2)[1]]),
     "a floor of their own"),
    ("14.6", Later(lambda: [contest()[0], 0]), "near 0 on average"),
    ("14.6", [1, 1], "with 64 copies of mean_digit"),
    ("14.6", "the real digits", "Give 2 numbers"),
    ("14.7", Later(lambda: sliced()[::-1]), "other order"),
    ("14.7", Later(sliced, judge=w), "exact W"),
    ("14.7", Later(sliced, middle=2), "mean of the test digits"),
    ("14.7", Later(sliced, side=0), "held against test[64:128]"),
    ("14.7", Later(sliced, judge=lambda a, b: transport.sliced_wasserstein(a, b, p=2)), "order p = 2"),
    ("14.7", [0.1, 0.5], "default directions"),
    ("14.7", 0.1, "Give 2 numbers"),
    ("14.8", correlation, "Replace each by its rank"),
    ("14.8", lambda a, b: correlation(np.argsort(a), np.argsort(b)), "gives the order"),
    ("14.8", lambda a, b: correlation(ranks(a), b), "not only the first"),
    ("14.8", lambda a, b: correlation(a, ranks(b)), "not only the second"),
    ("14.8", lambda a, b: correlation(ranks(-a), ranks(b)), "The sign is wrong"),
    ("14.8", lambda a, b: abs(correlation(ranks(a), ranks(b))), "The sign is wrong"),
    ("14.8", lambda a, b: correlation(ranks(a), ranks(b)) ** 2, "the square"),
    ("14.8", lambda a, b: correlation(np.sort(a), np.sort(b)), "who goes with"),
    ("14.8", kendall, "over pairs"),
    ("14.8", lambda a, b: scipy.stats.kendalltau(a, b).statistic, "lets scipy.stats"),
    ("14.8", lambda a, b: scipy.stats.spearmanr(a, b).statistic, "lets scipy.stats"),
    ("14.8", lambda a, b: np.corrcoef(ranks(a), ranks(b)), "Give one number"),
    ("14.8", lambda a, b: 2.0, "0 for the smallest and so on"),
    ("14.9", 0.46, "what batches of 64 do"),
    ("14.9", 0.39, "not yet what 16 do"),
    ("14.9", 0.55, "a larger batch"),
    ("14.9", 1.02, "far below 1"),
    ("14.9", 0.05, "not so small"),
    ("14.9", -0.3, "below 0"),
    ("14.9", np.full((200, 5), 0.3), "Give one number"),
]  # fmt: skip

RIGHT = [
    ("14.1", [1 / 3, 2]),
    ("14.1", (0.333, 2.0)),
    ("14.1", torch.tensor([1 / 3, 2.0], dtype=torch.float64)),
    ("14.2", 35),
    ("14.2", np.int64(35)),
    ("14.2", 35.0),
    ("14.3", lambda x, y: paired(x, y).mean()),
    ("14.3", lambda x, y: torch.tensor(paired(x, y).mean())),
    ("14.4", twice),
    ("14.4", lambda s, c: list(twice(s, c))),
    ("14.5", debiased),
    ("14.6", Later(contest)),
    ("14.6", Later(lambda: [round(value, 3) for value in contest()])),
    ("14.7", Later(sliced)),
    ("14.7", Later(lambda: torch.tensor(sliced()).round(decimals=3).double())),
    ("14.8", lambda a, b: correlation(ranks(a), ranks(b))),
    ("14.8", lambda a, b: 1 - 6 * ((ranks(a) - ranks(b)) ** 2).sum() / (len(a) * (len(a) ** 2 - 1))),
    ("14.9", 0.299),
    ("14.9", torch.tensor(0.31)),
]
