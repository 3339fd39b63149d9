"""Answers to chapter 17: wrong ones with the hint that each must get, and right ones in every form."""

import numpy as np


def gaps(x, y, v):
    """The sorted projections' differences."""
    return np.sort(x @ v, 0) - np.sort(y @ v, 0)


def scaled(cost, eps, rounds=500, rows=None, columns=None):
    """Rows and columns in turn."""
    plan = np.exp(-cost / eps)
    n, m = plan.shape
    for _ in range(rounds):
        plan = plan / plan.sum(1, keepdims=True) * (rows or 1 / n)
        plan = plan / plan.sum(0, keepdims=True) * (columns or 1 / m)
    return plan


def by_vectors(cost, eps):
    """The same with two vectors."""
    kernel = np.exp(-cost / eps)
    n, m = kernel.shape
    v = np.ones(m)
    for _ in range(500):
        u = 1 / n / (kernel @ v)
        v = 1 / m / (kernel.T @ u)
    return u[:, None] * kernel * v


BEST = 4 - 2 * np.sqrt(np.pi)

WRONG = [
    ("17.1", [0.5, 2 / np.pi], "other order"),
    ("17.1", [1, 0.5], "that is W"),
    ("17.1", [np.sqrt(0.5), 0.5], "Two: that is the root of the mean square"),
    ("17.1", [0.5, 0.5], "right in three dimensions"),
    ("17.1", [0, 0.5], "counts its size"),
    ("17.1", [1 / np.pi, 0.5], "divided by 2π"),
    ("17.1", [0.8, 0.5], "moves by |cos α|"),
    ("17.1", [2 / np.pi, np.sqrt(1 / 3)], "Three: that is the root of the mean square"),
    ("17.1", [2 / np.pi, 1 / 3], "the square of a coordinate"),
    ("17.1", [2 / np.pi, 2 / np.pi], "one more dimension"),
    ("17.1", [2 / np.pi, 4 / np.pi**2], "not multiplied by 2/π"),
    ("17.1", [2 / np.pi, np.sqrt(2 / (3 * np.pi))], "approximation for many dimensions"),
    ("17.1", [2 / np.pi, 0.9], "uniform on [−1, 1]"),
    ("17.2", lambda x, y, v: np.abs(x @ v - y @ v).mean(), "not sorted yet"),
    ("17.2", lambda x, y, v: np.abs(gaps(x, y, v)).sum(), "not the sum"),
    ("17.2", lambda x, y, v: np.abs(gaps(x, y, v)).sum(0).mean(), "Each point carries 1/n"),
    ("17.2", lambda x, y, v: np.abs(gaps(x, y, v)).mean(0).max(), "the best direction"),
    ("17.2", lambda x, y, v: np.abs(gaps(x, y, v).mean(0)).mean(), "distances of means"),
    ("17.2", lambda x, y, v: np.sqrt((gaps(x, y, v) ** 2).mean()), "sliced W2"),
    ("17.2", lambda x, y, v: np.abs(np.sort(x @ v, 1) - np.sort(y @ v, 1)).mean(), "Sort along axis 0"),
    ("17.2", lambda x, y, v: np.abs((np.sort(x, 0) - np.sort(y, 0)) @ v).mean(), "First project, then sort"),
    ("17.2", lambda x, y, v: 1.0, "sort every column by itself"),
    ("17.3", [8, np.sqrt(3)], "other order"),
    ("17.3", [3, 8], "Take the root"),
    ("17.3", [np.sqrt(2), 8], "half of ε, not by ε"),
    ("17.3", [2, 8], "that is the data's"),
    ("17.3", [1, 8], "not from the deviation"),
    ("17.3", [np.sqrt(5), 8], "does not spread"),
    ("17.3", [np.sqrt(15), 8], "Deviation: the variance is 4"),
    ("17.3", [1.2, 8], "The deviation is its root"),
    ("17.3", [np.sqrt(3), 2], "variance 1 are lost"),
    ("17.3", [np.sqrt(3), 4], "half of ε is taken"),
    ("17.3", [np.sqrt(3), 32], "Epsilon: the variance is 4"),
    ("17.3", [np.sqrt(3), 6], "equal to 0"),
    ("17.4", lambda c, e: np.exp(-c / e) / np.exp(-c / e).sum(), "Dividing by the total"),
    ("17.4", lambda c, e: scaled(c, 1.0), "by eps first"),
    ("17.4", lambda c, e: scaled(c * e, 1.0), "do not multiply"),
    ("17.4", lambda c, e: scaled(-c, e), "The sign"),
    ("17.4", lambda c, e: scaled(c, e, rows=1.0, columns=1.0), "sum to more than 1"),
    ("17.4", lambda c, e: scaled(c, e, rounds=1), "One round is not enough"),
    ("17.4", lambda c, e: scaled(c, e, rows=1 / c.shape[1], columns=1 / len(c)), "There are n rows"),
    ("17.4", lambda c, e: (scaled(c, e) * c).sum() + 0 * c, "not its cost"),
    ("17.4", lambda c, e: np.ones_like(c), "Begin with exp"),
    ("17.5", [0, 1], "other order"),
    ("17.5", [2, 0], "Cost: each of the two ways"),
    ("17.5", [0, 0], "still has to travel"),
    ("17.5", [0.5, 0], "Add up both"),
    ("17.5", [4, 0], "What does each cost"),
    ("17.5", [1, 1], "exchange half of their mass"),
    ("17.5", [1, -1], "not all of it"),
    ("17.5", [1, 0.5], "the squared distance is 4"),
    ("17.5", [1, 2], "subtracted, not added"),
    ("17.5", [1, 5], "to itself under the product"),
    ("17.6", [1, 0.5], "other order"),
    ("17.6", [1, 1], "Together they count twice"),
    ("17.6", [2, 1], "of a smaller weight"),
    ("17.6", [np.sqrt(0.5), 1], "their squares do not"),
    ("17.6", [0.25, 1], "not four times"),
    ("17.6", [3, 1], "the two penalties add"),
    ("17.6", [0.5, 0.5], "only one penalty counts"),
    ("17.6", [0.5, 0], "does bring the game home"),
    ("17.6", [0.5, 2], "as it is at the data"),
    ("17.7", [BEST, 4], "other order"),
    ("17.7", [2, BEST], "the circle has 2 as well"),
    ("17.7", [3, BEST], "each of its two coordinates"),
    ("17.7", [1 + np.sqrt(2), BEST], "squared radius of the circle is 2"),
    ("17.7", [8, BEST], "so is the squared radius"),
    ("17.7", [0, BEST], "the points of a pair are apart"),
    ("17.7", [5, BEST], "the last mean is 0"),
    ("17.7", [4, (np.sqrt(np.pi / 2) - np.sqrt(2)) ** 2], "squares the mean"),
    ("17.7", [4, np.sqrt(BEST)], "that is W2"),
    ("17.7", [4, 4 - np.sqrt(np.pi)], "with the factor 2"),
    ("17.7", [4, 4 + 2 * np.sqrt(np.pi)], "mixed term is subtracted"),
    ("17.7", [4, 4], "depends on the point"),
    ("17.7", [4, 1], "with E r² = 2"),
    ("17.8", 0.05, "is that a distance"),
    ("17.8", 0.35, "batches of 128"),
    ("17.8", 1.25, "pairs by lot"),
    ("17.8", 3.0, "last points of the path"),
    ("17.8", 0.95, "but too far"),
]

RIGHT = [
    ("17.1", [2 / np.pi, 0.5]),
    ("17.1", [0.637, 0.5]),
    ("17.2", lambda x, y, v: np.abs(gaps(x, y, v)).mean()),
    ("17.2", lambda x, y, v: np.mean([np.abs(np.sort(x @ u) - np.sort(y @ u)).mean() for u in v.T])),
    ("17.3", [np.sqrt(3), 8]),
    ("17.3", (1.732, 8.0)),
    ("17.4", scaled),
    ("17.4", by_vectors),
    ("17.5", [1, 0]),
    ("17.5", np.array([1.0, 0.0])),
    ("17.6", [0.5, 1.0]),
    ("17.6", (1 / 2, 1)),
    ("17.7", [4, BEST]),
    ("17.7", [4, 0.4551]),
    ("17.8", 0.55),
    ("17.8", 0.6),
]
