"""Answers to chapter 3: wrong ones with the hint that each must get, and right ones in every form."""

import numpy as np
import torch
from scipy.spatial.distance import jensenshannon
from scipy.special import expit

from wgan_lib import divergences


def shares(x, edges):
    return np.histogram(x, edges)[0] / len(x)


def kl(p, q):
    mass = p > 0
    return np.sum(p[mass] * np.log(p[mass] / q[mass]))


def js(p, q):
    return (kl(p, (p + q) / 2) + kl(q, (p + q) / 2)) / 2


def right_js(x, y, edges):
    return js(shares(x, edges), shares(y, edges))


def counted_js(x, y, edges):
    return js(np.histogram(x, edges)[0].astype(float), np.histogram(y, edges)[0].astype(float))


def dense_js(x, y, edges):
    return js(*(np.histogram(points, edges, density=True)[0] for points in (x, y)))


def pooled_js(x, y, edges):
    middle = shares(np.concatenate([x, y]), edges)
    return (kl(shares(x, edges), middle) + kl(shares(y, edges), middle)) / 2


def right_best(p, q):
    return np.where(p + q > 0, p / np.where(p + q > 0, p + q, 1), 0.5)


def unguarded_best(p, q):
    with np.errstate(invalid="ignore"):
        return p / (p + q)


def filled(value):
    return lambda p, q: np.where(p + q > 0, right_best(p, q), value)


def right_trick(s, ds):
    return -np.mean(expit(-s) * ds)


def comb(step, cells=100):
    p = np.zeros(cells)
    p[step::2] = 2 / cells
    return p


K = np.arange(1, 200)
D = expit(-K / 2)
SLOPE = K * D * (1 - D)


def first(epsilon, limit=0.05):
    bound = np.where(epsilon < 1, epsilon / np.where(epsilon < 1, 1 - epsilon, 1), np.inf)
    return [K[bound < limit][0], bound[bound < limit][0]]


SILENT = first(D + SLOPE)
BEST_NOISE = 0.81412

WRONG: list[tuple[str, object, str]] = [
    ("3.1", 0.5, "in bits"),
    ("3.1", np.log(2), "without a shared cell"),
    ("3.1", np.log(2) / 4, "one half of the sum"),
    ("3.1", np.log(2) / 3, "a mean over the cells"),
    ("3.1", 0.15051, "base 10"),
    ("3.1", 0, "JS is above 0"),
    ("3.1", 0.35, "give more digits"),
    ("3.1", 1.7, "Write m"),
    ("3.1", np.inf, "an infinity"),
    ("3.1", "log 2", "Give one number"),
    ("3.1", [0.3, 0.4], "Give one number"),
    ("3.2", lambda x, y, e: 2 * right_js(x, y, e), "twice JS"),
    ("3.2", lambda x, y, e: right_js(x, y, e) / np.log(2), "Take the natural logarithm"),
    ("3.2", lambda x, y, e: jensenshannon(shares(x, e), shares(y, e)), "yours lets scipy.spatial"),
    ("3.2", lambda x, y, e: right_js(x, y, e) ** 0.5, "SciPy calls it a distance"),
    ("3.2", lambda x, y, e: (right_js(x, y, e) / np.log(2)) ** 0.5, "square root of JS, in bits"),
    ("3.2", lambda x, y, e: np.abs(shares(x, e) - shares(y, e)).sum() / 2, "That is TV"),
    ("3.2", lambda x, y, e: kl(shares(x, e), (shares(x, e) + shares(y, e)) / 2), "one side"),
    ("3.2", lambda x, y, e: kl(shares(y, e), (shares(x, e) + shares(y, e)) / 2), "one side"),
    ("3.2", dense_js, "densities"),
    ("3.2", counted_js, "Those are counts"),
    ("3.2", pooled_js, "larger sample must not count for more"),
    ("3.2", lambda x, y, e: divergences.js(shares(x, e), shares(y, e)), "yours lets wgan_lib.divergences"),
    ("3.2", lambda x, y, e: 0.3, "Count both samples"),
    ("3.2", lambda x, y: 0.3, "stopped on arguments"),
    ("3.2", lambda x, y, e: print(end=""), "is a `return` missing"),
    ("3.2", 0.3, "Give a function"),
    ("3.3", lambda p, q: 1 - right_best(p, q), "being generated"),
    ("3.3", filled(0), "½ is asked for"),
    ("3.3", filled(1), "½ is asked for"),
    ("3.3", unguarded_best, "There is a NaN"),
    ("3.3", lambda p, q: np.where(p > q, 1.0, np.where(p < q, 0.0, 0.5)), "not a yes or no"),
    ("3.3", lambda p, q: (p > q) * 1.0, "not a yes or no"),
    ("3.3", lambda p, q: (p >= q) * 1.0, "not a yes or no"),
    ("3.3", lambda p, q: p, "That is p itself"),
    ("3.3", lambda p, q: (p + q) / 2, "the middle m"),
    ("3.3", divergences.optimal_discriminator, "yours lets wgan_lib.divergences"),
    ("3.3", lambda p, q: 0.5, "Give 8 numbers"),
    ("3.3", lambda p, q: p / q.nothing, "stopped on arguments"),
    ("3.3", lambda p, q: np.full(8, 0.5), "is the share of the mass in a cell"),
    ("3.4", lambda s, ds: -right_trick(s, ds), "the sign is not"),
    ("3.4", lambda s, ds: -np.mean(expit(s) * ds), "its weight is D"),
    ("3.4", lambda s, ds: np.mean(expit(s) * ds), "the wrong sign"),
    ("3.4", lambda s, ds: len(s) * right_trick(s, ds), "sum over the points"),
    ("3.4", lambda s, ds: -np.mean(ds), "1 - D is missing"),
    ("3.4", lambda s, ds: -np.mean(expit(-s)), "slope of each score"),
    ("3.4", lambda s, ds: -np.mean(expit(s) * expit(-s) * ds), "The logarithm is missing"),
    ("3.4", lambda s, ds: -np.mean(expit(-s)) * np.mean(ds), "not the product of the means"),
    ("3.4", lambda s, ds: np.mean(np.log(1 + np.exp(-s))), "the cost itself"),
    ("3.4", lambda s, ds: expit(-s) * ds, "Give one number"),
    ("3.4", -0.2, "Give a function"),
    ("3.4", lambda s, ds: 0.0, "By the chain rule"),
    ("3.5", first(D), "added"),
    ("3.5", first(SLOPE), "added"),
    ("3.5", first(np.hypot(D, SLOPE)), "no squares"),
    ("3.5", first(D + K * D), "k D (1 - D)"),
    ("3.5", first(D + SLOPE, 1e-3), "for 0.001"),
    ("3.5", [11, (D + SLOPE)[10]], "where ε falls below"),
    ("3.5", [12, (D + SLOPE)[11]], "The second number is ε"),
    ("3.5", first(expit(-K) + K * expit(-K) * expit(K)), "so the score is -k/2"),
    ("3.5", SILENT[::-1], "the other order"),
    ("3.5", [11, ((D + SLOPE) / (1 - D - SLOPE))[10]], "One too small"),
    ("3.5", [12, 0.05], "Compute ε(k)"),
    ("3.5", 12, "Give 2 numbers"),
    ("3.6", BEST_NOISE / 2, "for θ = 1"),
    ("3.6", BEST_NOISE**2, "the variance"),
    ("3.6", 0.23976, "the largest slope itself"),
    ("3.6", 0.47952, "the largest gradient itself"),
    ("3.6", 0.1, "leaves the plateau"),
    ("3.6", 0.9, "Compute noisy_js_slope"),
    ("3.6", -BEST_NOISE, "above 0"),
    ("3.6", None, "Give one number"),
    ("3.7", None, "Give two histograms"),
    ("3.7", [comb(0)], "Give two histograms"),
    ("3.7", [comb(0), comb(0)], "share no cell"),
    ("3.7", [comb(0)[:50], comb(1)], "Give 100 numbers"),
    ("3.7", [np.eye(100)[0], np.eye(100)[1]], "at least 40 cells"),
    ("3.7", [50 * comb(0), comb(1)], "sums to 1"),
    ("3.7", [np.repeat([0.02, 0], 50), np.repeat([0, 0.02], 50)], "to the next cell"),
    ("3.7", "two combs", "Give two histograms"),
    ("3.8", 0.0005, "without noise"),
    ("3.8", 1.0, "the accuracy"),
    ("3.8", -0.8, "not below 0"),
    ("3.8", 10.3, "gradient of -log D"),
    ("3.8", 0.1, "not what noise 0.3 gives"),
    ("3.8", [0.8, 0.9], "Give one number"),
]

RIGHT = [
    ("3.1", 0.347),
    ("3.1", np.log(2) / 2),
    ("3.1", torch.tensor(0.346574, requires_grad=True)),
    ("3.2", right_js),
    ("3.2", lambda x, y, e: torch.tensor(right_js(x, y, e))),
    ("3.3", right_best),
    ("3.3", lambda p, q: right_best(p, q).tolist()),
    ("3.4", right_trick),
    ("3.4", lambda s, ds: (-ds / (1 + np.exp(s))).mean()),
    ("3.5", SILENT),
    ("3.5", [12, round(SILENT[1], 4)]),
    ("3.5", torch.tensor(SILENT)),
    ("3.6", 0.81),
    ("3.6", torch.tensor(0.82)),
    ("3.7", [comb(0), comb(1)]),
    ("3.7", (comb(1).tolist(), torch.tensor(comb(0)))),
    ("3.8", 0.79),
    ("3.8", np.float32(0.6)),
]
