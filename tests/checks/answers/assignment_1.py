"""Answers to assignment 1: wrong ones with the hint that each must get, and right ones in every form."""

import numpy as np
import ot
from scipy.optimize import linprog

from wgan_lib import transport


def sums(n, m):
    """Return the matrix that was asked for."""
    return np.concatenate([np.kron(np.eye(n), np.ones((1, m))), np.kron(np.ones((1, n)), np.eye(m))])


def programme(x, y, a, b, power=1):
    """Solve the transport problem."""
    cost = np.linalg.norm(x[:, None] - y, axis=2) ** power
    return linprog(cost.ravel(), A_eq=sums(len(x), len(y)), b_eq=np.concatenate([a, b])).fun


def slope(f, g, x, y):
    """Return the steepest slope between any two points."""
    scores, points = np.concatenate([f, g]), np.concatenate([x, y])
    way = np.linalg.norm(points[:, None] - points, axis=2)
    return (np.abs(scores[:, None] - scores)[way > 0] / way[way > 0]).max()


def gap(f, g, *_):
    """Return the difference of the mean scores."""
    return f.mean() - g.mean()


def across(f, g, x, y):
    """Divide the gap by the steepest slope between the samples, though one among the real points is steeper."""
    return gap(f, g) / (np.abs(f[:, None] - g) / np.linalg.norm(x[:, None] - y, axis=2)).max()


def even(k):
    """Return equal weights."""
    return np.full(k, 1 / k)


WRONG: list[tuple[str, object, str]] = [
    ("A1.1", 1.2, "difference of the means"),
    ("A1.1", 3.4, "in which every pile serves every hole"),
    ("A1.1", 5 / 3, "do not hold equal amounts"),
    ("A1.1", 2.2, "past the pile at 4"),
    ("A1.1", 18, "tenths of the mass"),
    ("A1.1", 1.5, "From left to right"),
    ("A1.1", [1, 2], "Give one number"),
    ("A1.2", lambda n, m: np.concatenate([sums(n, m)[n:], sums(n, m)[:n]]), "First the n sums of rows"),
    ("A1.2", lambda n, m: sums(n, m).reshape(n + m, n, m).swapaxes(1, 2).reshape(n + m, -1), "row by row"),
    ("A1.2", lambda n, m: sums(n, m)[:-1], "Give an array of shape"),
    ("A1.2", lambda n, m: -sums(n, m), "not their negatives"),
    ("A1.2", lambda n, m: sums(n, m) / n / m, "entries are 0 and 1"),
    ("A1.2", lambda n, m: np.ones((n + m, n * m)), "Try n = 2, m = 3 on paper"),
    ("A1.2", sums(2, 3), "Give a function"),
    ("A1.3", lambda x, y, a, b: programme(x, y, even(len(x)), even(len(y))), "weights a and b"),
    ("A1.3", lambda x, y, a, b: a @ np.linalg.norm(x[:, None] - y, axis=2) @ b, "every point serves every other"),
    ("A1.3", lambda x, y, a, b: programme(x, y, a, b, 2), "not its square"),
    ("A1.3", lambda x, y, a, b: programme(x, y, a, b, 2) ** 0.5, "That is W2"),
    ("A1.3", lambda *case: -programme(*case), "cannot be negative"),
    ("A1.3", lambda x, y, a, b: np.linalg.norm(a @ x - b @ y), "distance of the means"),
    ("A1.3", lambda x, y, a, b: 0.0, "the least cost is its `fun`"),
    ("A1.3", lambda x, y, a, b: transport.emd(x, y, a, b).cost, "Write it yourself"),
    ("A1.3", lambda x, y, a, b: ot.emd2(a, b, ot.dist(x, y, metric="euclidean")), "Write it yourself"),
    ("A1.4", 1.75, "Give a pair of lists"),
    ("A1.4", ([1, 2, 3], [0, 1]), "Not feasible: u[1] + v[1] = 3 is more than the journey costs, 2"),
    ("A1.4", ([0, 0, 0], [0, 0]), "worth nothing"),
    ("A1.4", ([1, 1, 1], [0, 0]), "Feasible, with value 1, not 1.75"),
    ("A1.4", ([1, 2], [0, 0]), "Give 3 numbers"),
    ("A1.5", lambda cost, u: (cost - u[:, None]).max(axis=0), "The *smallest*"),
    ("A1.5", lambda cost, u: (cost + u[:, None]).min(axis=0), "a minus"),
    ("A1.5", lambda cost, u: cost.min(axis=0), "are left out"),
    ("A1.5", lambda cost, u: cost.min(axis=0) - u.max(), "off each row"),
    ("A1.5", lambda cost, u: (u[:, None] - cost).max(axis=0), "other sign"),
    ("A1.5", lambda cost, u: (cost - u[:, None]).mean(axis=0), "not their mean"),
    ("A1.5", lambda cost, u: np.zeros(cost.shape[1]), "for every hole i"),
    ("A1.5", lambda cost, u: (cost - u[:, None]).min(axis=1), "Give 4 numbers"),
    ("A1.6", gap, "That is the gap"),
    ("A1.6", lambda *case: gap(*case) * slope(*case), "Divide by the slope"),
    ("A1.6", lambda *case: -gap(*case) / slope(*case), "Real minus generated"),
    ("A1.6", slope, "steepest slope alone"),
    ("A1.6", across, "between two real points"),
    ("A1.6", lambda f, g, x, y: 0, "over the steepest slope"),
    ("A1.7", [np.log(2), 3], "in the other order"),
    ("A1.7", [9, np.log(2)], "squared length"),
    ("A1.7", [1.5, np.log(2)], "not half of it"),
    ("A1.7", [4, np.log(2)], "by the shift"),
    ("A1.7", [3, 1], "in bits"),
    ("A1.7", [3, np.log(4)], "each log 2"),
    ("A1.7", [3, 0], "do not meet at all"),
    ("A1.7", [3, 0.5], "surely real or surely not"),
    ("A1.8", [-0.45, 0.1], "both exponents are negative"),
    ("A1.8", [-0.13, -0.45], "falls faster in the plane"),
    ("A1.8", [-0.19, -0.13], "In the plane it falls faster"),
    ("A1.8", [-0.9, -0.13], "in the plane: fit a line"),
    ("A1.8", [-0.45, -0.4], "in 8 dimensions: fit a line"),
    ("A1.8", -0.45, "Give 2 numbers"),
]
RIGHT: list[tuple[str, object]] = [
    ("A1.1", 9 / 5),
    ("A1.4", ([2, 3, 4], [-1, -1])),
    ("A1.6", lambda *case: float(gap(*case) / slope(*case))),
    ("A1.7", (3.0, 0.693)),
]
