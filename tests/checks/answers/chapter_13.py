"""Answers to chapter 13: wrong ones with the hint that each must get, and right ones in every form."""

import numpy as np
import scipy.stats
import torch

from wgan_lib.experiments import uses


def fair(a, b, t):
    """Return the straight walk, divided so that it keeps the law of noise."""
    return ((1 - t) * a + t * b) / ((1 - t) ** 2 + t**2) ** 0.5


def sphere(a, b, t):
    """Return the walk that turns the direction evenly."""
    angle = torch.cosine_similarity(a, b, dim=1).arccos()[:, None]
    return (torch.sin((1 - t) * angle) * a + torch.sin(t * angle) * b) / angle.sin()


def by_ranks(normal, odd, method="average", first=1):
    """Return the area from ranks that begin at `first`; `method` says what happens to ties."""
    ranks = scipy.stats.rankdata(np.concatenate([normal, odd]), method=method) - 1 + first
    m, n = len(odd), len(normal)
    return (ranks[n:].sum() - m * (m + 1) / 2) / (m * n)


def by_sorting(normal, odd):
    """Return the area from ranks, with NumPy alone."""
    values, index, counts = np.unique(np.concatenate([normal, odd]), return_inverse=True, return_counts=True)
    ranks = (np.cumsum(counts) - (counts - 1) / 2)[index]
    m, n = len(odd), len(normal)
    return (ranks[n:].sum() - m * (m + 1) / 2) / (m * n)


def by_pairs(normal, odd, tie=0.5):
    """Return the area from all pairs."""
    return (odd[:, None] > normal).mean() + tie * (odd[:, None] == normal).mean()


def by_argsort(normal, odd):
    """Return the area from ranks of which equal scores get different ones."""
    ranks = np.argsort(np.argsort(np.concatenate([normal, odd]), kind="stable"), kind="stable") + 1
    m, n = len(odd), len(normal)
    return (ranks[n:].sum() - m * (m + 1) / 2) / (m * n)


WRONG: list[tuple[str, object, str]] = [
    ("13.1", [20, 16], "in the other order"),
    ("13.1", [4, 4.472], "Those are the lengths"),
    ("13.1", [32, 20], "mean square of the ends"),
    ("13.1", [8, 20], "There are two of them"),
    ("13.1", [64, 20], "of the sum a + b"),
    ("13.1", [13, 20], "the cross terms"),
    ("13.1", [16, 32], "is shorter than the ends, too"),
    ("13.1", [16, 16], "no longer equal"),
    ("13.1", [16, 24], "no straight line in t"),
    ("13.1", [16, 18], "the smaller of the two squares"),
    ("13.1", [16, 27], "are 3/4 and 1/4"),
    ("13.2", lambda a, b, t: (1 - t) * a + t * b, "That is the straight walk"),
    ("13.2", lambda a, b, t: ((1 - t) * a + t * b) / ((1 - t) ** 2 + t**2), "Divide by its root"),
    ("13.2", lambda a, b, t: fair(b, a, t), "runs backwards"),
    ("13.2", sphere, "along the sphere"),
    ("13.2", lambda a, b, t: ((1 - t) * a + t * b) * 2**0.5, "at t = 1/2 alone"),
    (
        "13.2",
        lambda a, b, t: torch.nn.functional.normalize((1 - t) * a + t * b, dim=1) * a.shape[1] ** 0.5,
        "every point the same length",
    ),
    ("13.2", lambda a, b, t: a, "in every coordinate"),
    ("13.3", 0.5, "left out the two ties"),
    ("13.3", 0.6667, "A tie is no win"),
    ("13.3", 0.41667, "a *normal* image has"),
    ("13.3", 7, "number of wins"),
    ("13.3", 0.9, "equal ones count half"),
    ("13.4", by_argsort, "the odd ones the higher"),
    ("13.4", lambda normal, odd: 1 - by_argsort(odd, normal), "the normal ones the higher"),
    ("13.4", lambda normal, odd: by_sorting(odd, normal), "Turned round"),
    ("13.4", lambda normal, odd: by_sorting(normal, odd) + 1 / len(normal), "the first m ranks is off"),
    ("13.4", lambda normal, odd: by_sorting(normal, odd) - 1 / len(normal), "m (m - 1) / 2"),
    ("13.4", lambda normal, odd: by_sorting(normal, odd) * len(normal) * len(odd), "number of pairs that are right"),
    ("13.4", lambda normal, odd: 0.5, "Rank all scores together"),
    ("13.4", by_ranks, "Write it yourself"),
    (
        "13.4",
        lambda normal, odd: uses.auroc(torch.tensor(normal), torch.tensor(odd)),
        "Write it yourself",
    ),
    ("13.5", [0.85, 0.15, 0.5], "exp keeps the order"),
    ("13.5", [1.162, 0.85, 0.5], "not to the area"),
    ("13.5", [0.5, 0.85, 0.5], "Only the order of scores counts"),
    ("13.5", [0.3, 0.85, 0.5], "which of two scores is the higher"),
    ("13.5", [0.15, 0.15, 0.5], "turns every pair round"),
    ("13.5", [0.15, -0.15, 0.5], "An area is a probability"),
    ("13.5", [0.15, 0.7, 0.5], "who wins a pair"),
    ("13.5", [0.15, 0.85, 0], "A tie counts one half"),
    ("13.5", [0.15, 0.85, 1], "A tie is no win"),
    ("13.5", [0.15, 0.85, 0.25], "every pair is a tie"),
    ("13.6", [0.42, 0.21, 0.3], "the best guess comes first"),
    ("13.6", [0.3, 0.42, 0.3], "The mean does better"),
    ("13.6", [0.09, 0.42, 0.3], "Average over both cases"),
    ("13.6", [0.4583, 0.42, 0.3], "standard deviation"),
    ("13.6", [0.12, 0.42, 0.3], "Its error is the variance"),
    ("13.6", [0.21, 0.21, 0.3], "a variance of its own"),
    ("13.6", [0.21, 0.58, 0.3], "*agree*"),
    ("13.6", [0.21, 0.33, 0.3], "in either order"),
    ("13.6", [0.21, 0.42, 0.7], "*right* so often"),
    ("13.6", [0.21, 0.42, 0.09], "Square the error, not p"),
    ("13.6", [0.21, 0.42, 0.2], "is wrong, by 1"),
    ("13.7", [-0.1, 0.2], "is above 0"),
    ("13.7", [90, 60], "how many are hidden"),
    ("13.7", [0.02, 0.01], "Only the hidden ones count"),
    ("13.7", [0.15, 0.25], "first the search, then the ten"),
    ("13.7", [0.5, 0.15], "in begin and in search"),
    ("13.7", [0.35, 0.3], "average ten of the training"),
    ("13.8", 96.0, "not per cent"),
    ("13.8", 1.5, "between 0 and 1"),
    ("13.8", 0.1, "belong to the images"),
    ("13.8", 0.85, "Too low"),
    ("13.8", 0.999, "Too high"),
]

RIGHT = [
    ("13.1", [16, 20]),
    ("13.1", torch.tensor([16.0, 20.0])),
    ("13.2", fair),
    ("13.2", lambda a, b, t: torch.lerp(a, b, t) / np.hypot(t, 1 - t)),
    ("13.3", 7 / 12),
    ("13.3", 0.583),
    ("13.4", by_sorting),
    ("13.4", by_pairs),
    ("13.4", lambda normal, odd: torch.tensor(by_pairs(normal, odd))),
    ("13.5", [0.15, 0.85, 0.5]),
    ("13.5", (0.15, 1 - 0.15, 1 / 2)),
    ("13.6", [0.21, 0.42, 0.3]),
    ("13.6", np.array([0.21, 0.42, 0.3])),
    ("13.7", [0.25, 0.16]),
    ("13.7", torch.tensor([0.24, 0.15])),
    ("13.8", 0.96),
    ("13.8", torch.tensor(0.955)),
]
