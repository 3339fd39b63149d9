"""Answers to chapter 7: wrong ones with the hint that each must get, and right ones in every form."""

import math

import numpy as np
import torch

from wgan_lib.checks import chapter_07
from wgan_lib.experiments import head_to_head


def distances(points, centres):
    """Return every distance, (n, k)."""
    return np.linalg.norm(points[:, None] - centres, axis=2)


def captured(points, centres, std):
    """The solution of 7.1."""
    apart = distances(points, centres)
    return len(set(apart.argmin(axis=1)[apart.min(axis=1) <= 3 * std]))


def library(points, centres, std):
    """Let the library count."""
    return head_to_head.modes(torch.tensor(points), torch.tensor(centres), std)["captured"]


def within(points, centres, bound):
    """Count with another bound."""
    apart = distances(points, centres)
    return len(set(apart.argmin(axis=1)[apart.min(axis=1) <= bound]))


def error(a, b, ddof=1):
    """Return the standard error of a difference."""
    return math.sqrt(a.var(ddof=ddof) / len(a) + b.var(ddof=ddof) / len(b))


def mean_error(a):
    """Return the standard error of a mean."""
    return a.std(ddof=1) / len(a) ** 0.5


def welch(a, b):
    """The solution of 7.5."""
    return (a.mean() - b.mean()) / error(a, b)


def scipys(a, b):
    """Let SciPy do it."""
    from scipy import stats

    return stats.ttest_ind(a, b, equal_var=False).statistic


def pooled(a, b):
    """Student's t."""
    n, m = len(a), len(b)
    variance = ((n - 1) * a.var(ddof=1) + (m - 1) * b.var(ddof=1)) / (n + m - 2)
    return (a.mean() - b.mean()) / math.sqrt(variance * (1 / n + 1 / m))


SHARE = 1 - math.exp(-4.5)
FLOOR = 2 / math.sqrt(math.pi * 500)
RATIO = (
    head_to_head.floor("25 Gaussians").mean()
    / chapter_07.transport.emd(
        chapter_07.toy.twenty_five_centres().numpy(),
        chapter_07.toy.twenty_five_centres().numpy(),
        b=np.array([1 / 24] * 12 + [0] + [1 / 24] * 12),
    ).cost
)
ONE, R1 = chapter_07._last("one-sided"), chapter_07._last("R1")
GAP, ERROR, LEVEL = ONE.mean() - R1.mean(), error(ONE, R1), 0.05 / 45
PAIRED = (ONE - R1).std(ddof=1) / math.sqrt(10)

WRONG: list[tuple[str, object, str]] = [
    ("7.1", lambda x, c, s: (distances(x, c).min(axis=1) <= 3 * s).sum(), "counts the good points"),
    ("7.1", lambda x, c, s: (distances(x, c).min(axis=1) <= 3 * s).mean(), "share of good points"),
    ("7.1", lambda x, c, s: len(set(distances(x, c).argmin(axis=1))), "bad points only"),
    ("7.1", lambda x, c, s: len(c), "number of centres"),
    ("7.1", lambda x, c, s: len(c) - captured(x, c, s), "*not* captured"),
    ("7.1", lambda x, c, s: within(x, c, s), "not one"),
    ("7.1", lambda x, c, s: within(x, c, 3 * s**2), "not 3 variances"),
    ("7.1", lambda x, c, s: within(x, c, np.sqrt(3 * s)), "not its square"),
    ("7.1", lambda x, c, s: (distances(x, c).mean(axis=0) <= 3 * s).sum(), "One good point is enough"),
    ("7.1", library, "Write it yourself"),
    ("7.1", lambda x, c, s: 0.5, "For each point"),
    ("7.1", lambda x, c: 8, "stopped"),
    ("7.2", 0.9973, "on the line"),
    ("7.2", 0.9973002**2, "square of side"),
    ("7.2", 0.9946, "square of side"),
    ("7.2", math.exp(-4.5), "share outside"),
    ("7.2", 98.889, "per cent"),
    ("7.2", 1 - math.exp(-9), "not r²"),
    ("7.2", 1 - math.exp(-1.5), "not r/2"),
    ("7.2", math.sqrt(0.9973002), "No root"),
    ("7.2", 0.95, "Integrate the density r exp(-r²/2) from 0 to 3."),
    ("7.3", FLOOR / math.sqrt(2), "Both samples fluctuate"),
    ("7.3", 2 / math.sqrt(1000), "E|X| is smaller"),
    ("7.3", FLOOR / 2, "travels d = 2"),
    ("7.3", FLOOR * 2, "variance p (1 - p)"),
    ("7.3", FLOOR * math.sqrt(2), "one 2 too many"),
    ("7.3", math.sqrt(2 / math.pi) / 500, "n stands under a root"),
    ("7.3", 0, "never negative"),
    ("7.3", 2.0, "W = d"),
    ("7.4", 500 * RATIO, "by the square."),
    ("7.4", 500 / RATIO**2, "not fewer"),
    ("7.4", 500 / RATIO, "not fewer"),
    ("7.4", RATIO**2, "factor by which"),
    ("7.4", RATIO, "how many times"),
    ("7.4", 500 * math.sqrt(RATIO), "not by the root"),
    ("7.4", 500 * (head_to_head.floor("8 Gaussians").mean() / chapter_07._price_of_eight()) ** 2, "eight Gaussians"),
    ("7.4", 500, "Set floor"),
    ("7.5", lambda a, b: -welch(a, b), "The sign"),
    ("7.5", lambda a, b: abs(welch(a, b)), "Keep the sign"),
    ("7.5", lambda a, b: (a.mean() - b.mean()) / error(a, b, ddof=0), "n - 1"),
    ("7.5", pooled, "pools"),
    ("7.5", lambda a, b: (a.mean() - b.mean()) / error(a, b) ** 2, "root is missing"),
    ("7.5", lambda a, b: (a.mean() - b.mean()) / math.hypot(a.std(ddof=1), b.std(ddof=1)), "by its size"),
    ("7.5", error, "standard error alone"),
    ("7.5", lambda a, b: a.mean() - b.mean(), "difference alone"),
    ("7.5", lambda a, b: (a.mean() - b.mean()) / (mean_error(a) + mean_error(b)), "standard errors do not"),
    ("7.5", scipys, "Write it yourself"),
    ("7.5", lambda a, b: (a - b).mean(), "stopped"),
    ("7.5", lambda a, b: 2.78, "over the root"),
    ("7.6", [-GAP, ERROR, LEVEL], "The sign"),
    ("7.6", [GAP, PAIRED, LEVEL], "paired error"),
    ("7.6", [GAP, error(ONE, R1, ddof=0), LEVEL], "n - 1"),
    ("7.6", [GAP, ERROR * math.sqrt(10), LEVEL], "spread of one difference"),
    ("7.6", [GAP, ERROR**2, LEVEL], "take the root"),
    ("7.6", [GAP, math.hypot(ONE.std(ddof=1), R1.std(ddof=1)) / 10, LEVEL], "so the root with 1/√10"),
    ("7.6", [GAP, ERROR, 0.05], "There are 45"),
    ("7.6", [GAP, ERROR, 0.05 / 15], "are 45 tests"),
    ("7.6", [GAP, ERROR, 0.05 / 3], "are 45 tests"),
    ("7.6", [GAP, ERROR, 0.95 / 45], "chance of a false winner"),
    ("7.6", [GAP, ERROR, 0.05 / 90], "A test of either sign"),
    ("7.6", [GAP, ERROR, 0.05 * 45], "the stricter"),
    ("7.6", [0.046, 0.02, LEVEL], "last look"),
    ("7.7", [0.25, 0.25], "Adam divides"),
    ("7.7", [1, 1], "Gradient descent steps"),
    ("7.7", [1, 0.25], "The order"),
    ("7.7", [4, 1], "smaller, not larger"),
    ("7.7", [0.25, 0.5], "their root is taken"),
    ("7.7", [0.25, 4], "what is their ratio"),
    ("7.7", [0.25, 2], "what is their ratio"),
    ("7.7", [0.5, 1], "Put g / 4 in place of g"),
    ("7.7", [0.25, 1 / 16], "divided by 16"),
    ("7.8", [0.46, 1.23], "The order"),
    ("7.8", [1.23, 1.23], "The two are equal"),
    ("7.8", [0.5, 0.49], "strength=10.0"),
    ("7.8", [9.0, 0.46], "too far"),
    ("7.8", [1.23, 1.1], "comes nearer"),
    ("7.8", [0.82, -0.4], "Exact W is positive"),
]


RIGHT = [
    ("7.1", captured),
    ("7.1", lambda x, c, s: torch.tensor(captured(x, c, s))),
    ("7.2", SHARE),
    ("7.2", 0.9889),
    ("7.2", np.float32(SHARE)),
    ("7.3", FLOOR),
    ("7.3", 0.0505),
    ("7.3", torch.tensor(FLOOR)),
    ("7.4", 500 * RATIO**2),
    ("7.4", math.ceil(500 * RATIO**2)),
    ("7.4", np.float64(500 * RATIO**2)),
    ("7.5", welch),
    (
        "7.5",
        lambda a, b: (np.mean(a) - np.mean(b)) / np.hypot(mean_error(a), mean_error(b)),
    ),
    ("7.6", [GAP, ERROR, LEVEL]),
    ("7.6", (round(GAP, 4), round(ERROR, 4), 0.00111)),
    ("7.6", [GAP, ERROR, 1 - 0.95 ** (1 / 45)]),
    ("7.7", [1 / 4, 1.0]),
    ("7.7", torch.tensor([0.25, 1])),
    ("7.8", [1.23, 0.46]),
    ("7.8", np.array([1.67, 0.45])),
]
