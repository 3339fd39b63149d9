"""Answers to assignment 3: wrong ones with the hint that each must get, and right ones in every form."""

from functools import partial

import numpy as np
import torch
from scipy.optimize import linear_sum_assignment

from answers import Later
from wgan_lib import metrics, mnist, transport


def arc(z0, z1, t):
    """Walk along the arc."""
    angle = np.arccos(z0 @ z1 / np.linalg.norm(z0) / np.linalg.norm(z1))
    return (np.sin((1 - t) * angle) * z0 + np.sin(t * angle) * z1) / np.sin(angle)


def unit(z):
    """Return the direction."""
    return z / np.linalg.norm(z)


def error(values):
    """Return the standard error."""
    return np.std(values, ddof=1) / np.sqrt(len(values))


def near(x, among, power=1):
    """Return the median distance to the nearest."""
    return np.median(np.linalg.norm(x[:, None] - among, axis=2).min(axis=1) ** power)


def batches(x, y, size, power=1):
    """Return the exact W of each pair of batches."""
    costs = [
        np.linalg.norm(x[at : at + size, None] - y[at : at + size], axis=2) ** power
        for at in range(0, len(x) - size + 1, size)
    ]
    return np.array([cost[linear_sum_assignment(cost)].mean() for cost in costs])


def halves(measure, see=metrics.features):
    """Return a measure between test images 0 to 499 and 500 to 999, made when it is needed."""
    return Later(lambda: measure(*see(mnist.scale(mnist.images("test")[:1000])).split(500)))


WRONG: list[tuple[str, object, str]] = [
    ("A3.1", 0.0, "with themselves"),
    ("A3.1", halves(metrics.fid, see=partial(torch.flatten, start_dim=1)), "in pixels"),
    ("A3.1", halves(metrics.kid), "That is KID"),
    ("A3.1", 1e9, "of the features of test images"),
    ("A3.1", [1, 2], "Give one number"),
    ("A3.1", lambda: 1, "Give one number"),
    ("A3.2", lambda z0, z1, t: (1 - t) * z0 + t * z1, "the straight line"),
    ("A3.2", lambda z0, z1, t: arc(z1, z0, t), "The other way round"),
    ("A3.2", lambda z0, z1, t: unit(arc(z0, z1, t)), "Leave the length"),
    ("A3.2", lambda z0, z1, t: arc(unit(z0), unit(z1), t), "Leave the length"),
    ("A3.2", lambda z0, z1, t: np.sin((1 - t) * np.pi / 2) * z0 + np.sin(t * np.pi / 2) * z1, "near a right angle"),
    ("A3.2", lambda z0, z1, t: arc(z0, z1, t) * np.sqrt(1 - (unit(z0) @ unit(z1)) ** 2), "Divide by sin"),
    ("A3.2", lambda z0, z1, t: z0, "with the angle"),
    ("A3.3", lambda v: [error(v), np.mean(v)], "The mean first"),
    ("A3.3", lambda v: [np.mean(v), np.std(v, ddof=1)], "spread of one run"),
    ("A3.3", lambda v: [np.mean(v), np.std(v) / np.sqrt(len(v))], "n - 1 in the variance"),
    ("A3.3", lambda v: [np.mean(v), np.std(v) / (len(v) - 1)], "Take the root of n once"),
    ("A3.3", lambda v: [np.mean(v), np.var(v, ddof=1) / len(v)], "its square"),
    ("A3.3", lambda v: [np.mean(v), np.std(v, ddof=1) / len(v)], "the root of n, not by n"),
    ("A3.3", lambda v: [np.median(v), error(v)], "not the median"),
    ("A3.3", lambda v: [np.min(v), error(v)], "The best run"),
    ("A3.3", lambda v: [0, 0], "with ddof=1"),
    ("A3.3", np.mean, "Give 2 numbers"),
    ("A3.4", lambda s, x, t: near(t, x) / near(s, x), "Upside down"),
    ("A3.4", lambda s, x, t: near(s, x), "Is that far or near?"),
    ("A3.4", lambda s, x, t: np.linalg.norm(s[:, None] - x, axis=2).min(1).mean()
     / np.linalg.norm(t[:, None] - x, axis=2).min(1).mean(), "Medians"),
    ("A3.4", lambda s, x, t: near(s, x) / near(s, t), "from test to training images"),
    ("A3.4", lambda s, x, t: near(x, s) / near(x, t), "From samples to training images"),
    ("A3.4", lambda s, x, t: near(s, x, 2) / near(t, x, 2), "Not squared"),
    ("A3.4", lambda s, x, t: 1.0, "over the same for test images"),
    ("A3.5", lambda x, y, n: [batches(x, y, len(x))[0], error(batches(x, y, n))], "all points at once"),
    ("A3.5", lambda x, y, n: [batches(x, y, n, 2).mean(), error(batches(x, y, n, 2))], "not its square"),
    ("A3.5", lambda x, y, n: [batches(x, y, n).mean(), batches(x, y, n).std(ddof=1)], "the error of the mean"),
    ("A3.5", lambda x, y, n: [n * batches(x, y, n).mean(), n * error(batches(x, y, n))], "not the sum"),
    ("A3.5", lambda x, y, n: [batches(x, y, n)[0], error(batches(x, y, n))], "first batch alone"),
    ("A3.5", lambda x, y, n: [0, 0], "the optimal pairing"),
    ("A3.5", lambda x, y, n: [transport.emd(x, y).cost, 0], "Write it yourself"),
]  # fmt: skip
RIGHT: list[tuple[str, object]] = [
    ("A3.1", halves(lambda a, b: float(f"{metrics.fid(a, b):.3g}"))),
    ("A3.3", lambda v: (sum(v) / len(v), (np.var(v, ddof=1) / len(v)) ** 0.5)),
    ("A3.5", lambda x, y, n: (batches(x, y, n).mean(), error(batches(x, y, n)))),
]
