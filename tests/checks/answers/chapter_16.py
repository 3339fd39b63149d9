"""Answers to chapter 16: wrong ones with the hint that each must get, and right ones in every form."""

import numpy as np
import scipy.stats
import torch


def means_apart(x, y):
    """The distance of the means."""
    return np.linalg.norm(np.mean(x, axis=0) - np.mean(y, axis=0))


def share(found, kind, *verdicts):
    """The share of a kind that has one of the verdicts."""
    of_kind = [each.verdict in verdicts for each in found if each.kind == kind]
    return sum(of_kind) / len(of_kind)


def number(found, kind):
    """How many of a kind hold."""
    return sum(each.kind == kind and each.verdict == "holds" for each in found)


def holding(found):
    """How many hold, of any kind."""
    return sum(each.verdict == "holds" for each in found)


def difference(a, b):
    """Of the means."""
    return np.mean(a) - np.mean(b)


def z_value(a, b, ddof=1):
    """The difference over its standard error."""
    return difference(a, b) / np.sqrt(np.var(a, ddof=ddof) / len(a) + np.var(b, ddof=ddof) / len(b))


def pooled(a, b):
    """The difference over the error that a common variance gives."""
    variance = (((a - a.mean()) ** 2).sum() + ((b - b.mean()) ** 2).sum()) / (len(a) + len(b) - 2)
    return difference(a, b) / np.sqrt(variance / len(a) + variance / len(b))


def layers(*sizes):
    """The product of the roots of inputs times outputs."""
    return np.prod([np.sqrt(a * b) for a, b in zip(sizes, sizes[1:], strict=False)])


WHOLE = layers(2, 512, 512, 512, 1)

WRONG = [
    ("16.1", ([0, 1], [0, 1]), "costs nothing"),
    ("16.1", ([0, 1], [2, 3]), "Greedy is optimal here"),
    ("16.1", ([1.0, 3.0], [0.0, 1.6]), "Let its first route be only just"),
    ("16.1", ([1.0, 3.0], [0.0, 1.5]), "times the optimum. Let"),
    ("16.1", ([1, 3, 5], [0, 2, 4]), "Give 2 numbers"),
    ("16.1", [1, 3], "Give 2 numbers"),
    ("16.1", [1.0, 3.0, 0.0, 1.99], "two positions of piles"),
    ("16.1", (["a", "b"], [0, 2]), "Give 2 numbers"),
    ("16.2", 1 / WHOLE, "fourth power"),
    ("16.2", WHOLE ** (-1 / 3), "three layers"),
    ("16.2", WHOLE ** (-1 / 5), "five layers"),
    ("16.2", WHOLE ** (-1 / 2), "*root*"),
    ("16.2", layers(2, 64, 64, 64, 1) ** (-1 / 4), "64 units"),
    ("16.2", layers(512, 512, 512) ** (-1 / 2), "first and the last layer"),
    ("16.2", layers(1, 512, 512, 512, 1) ** (-1 / 4), "two coordinates"),
    ("16.2", WHOLE ** (1 / 4), "invert it"),
    ("16.2", 0.0075, "over the four layers"),
    ("16.2", 0.0095, "over the four layers"),
    ("16.2", 0.01, "over the four layers"),
    ("16.3", lambda w, x, y: True, "smaller than the distance"),
    ("16.3", lambda w, x, y: False, "refuses numbers that are right"),
    ("16.3", lambda w, x, y: w >= 0.95 * means_apart(x, y), "so wide"),
    ("16.3", lambda w, x, y: w > means_apart(x, y), "Allow for the rounding"),
    ("16.3", lambda w, x, y: not w < means_apart(x, y) - 1e-9, "not a number"),
    ("16.3", lambda w, x, y: w <= means_apart(x, y), "refuses numbers that are right"),
    ("16.3", lambda w, x, y: w >= np.abs(x.mean(0) - y.mean(0)), "not an array"),
    ("16.3", lambda w, x, y: w >= np.linalg.norm(x - y), "stopped on arguments"),
    ("16.3", lambda w, x, y: print(end=""), "returns nothing"),
    ("16.4", 256, "a little above"),
    ("16.4", 64, "still above"),
    ("16.4", 1024, "a smaller one"),
    ("16.4", 310, "power of two"),
    ("16.4", 9, "the exponent"),
    ("16.4", -512, "power of two"),
    ("16.5", lambda found, kind: share(found, kind, "holds", "holds in part"), "does not count"),
    ("16.5", lambda found, kind: share(found, kind, "does not hold"), "does not hold"),
    ("16.5", lambda found, kind: share(found, kind, "holds in part"), "holds in part"),
    ("16.5", number, "That is their number"),
    ("16.5", lambda found, kind: number(found, kind) / len(found), "not by all"),
    ("16.5", lambda found, kind: holding(found) / len(found), "over all kinds"),
    ("16.5", lambda found, kind: number(found, kind) / holding(found), "Turn it round"),
    ("16.5", lambda found, kind: 100 * share(found, kind, "holds"), "per cent"),
    ("16.5", lambda found, kind: 0.9, "divided by all of the kind"),
    ("16.5", lambda found: 0.9, "stopped on arguments"),
    ("16.6", lambda a, b: z_value(a, b, ddof=0), "NumPy divides by n"),
    ("16.6", lambda a, b: z_value(b, a), "sign is turned"),
    ("16.6", lambda a, b: abs(z_value(a, b)), "Keep the sign"),
    ("16.6", pooled, "one variance for both"),
    ("16.6", lambda a, b: 7.0, "over the root of var(a)"),
    ("16.6", difference, "standard error"),
    ("16.6", lambda a, b: difference(a, b) / np.sqrt(np.var(a, ddof=1) + np.var(b, ddof=1)), "divided by its n"),
    ("16.6", lambda a, b: difference(a, b) / (np.var(a, ddof=1) / len(a) + np.var(b, ddof=1) / len(b)), "its root"),
    ("16.6", lambda a, b: difference(a, b) / (scipy.stats.sem(a) + scipy.stats.sem(b)), "lets scipy.stats"),
    ("16.6", lambda a, b: difference(a, b) / (np.std(a, ddof=1) / len(a) ** 0.5 + np.std(b, ddof=1) / len(b) ** 0.5),
     "add the squares"),
    ("16.6", lambda a, b: difference(a, b) / (np.std(a, ddof=1) / len(a) ** 0.5), "The mean of b has an error"),
    ("16.6", lambda a, b: difference(a, b) / (np.std(b, ddof=1) / len(b) ** 0.5), "The mean of a has an error"),
    ("16.6", lambda a, b: difference(a, b) / (np.std([*a, *b], ddof=1) / len([*a, *b]) ** 0.5), "Do not mix"),
    ("16.6", lambda a, b: scipy.stats.ttest_ind(a, b, equal_var=False).statistic, "lets scipy.stats"),
    ("16.6", lambda a, b: (a - b).mean(), "stopped on arguments"),
    ("16.7", [0.5865, 0.2665], "eight Gaussians"),
    ("16.7", [0.523, 0.2165], "Swiss roll"),
    ("16.7", [0.45, 0.5005], "other order"),
    ("16.7", [50, 45], "not per cent"),
    ("16.7", [-0.5, 0.45], "not negative"),
    ("16.7", [0.1, 0.9], "then the same with 1024"),
    ("16.7", 0.5, "Give 2 numbers"),
]  # fmt: skip

RIGHT = [
    ("16.1", ([1.0, 3.0], [0.0, 1.99])),
    ("16.1", np.array([[1.0, 3.0], [0.0, 1.99]])),
    ("16.1", (torch.tensor([1.0, 3.0]), [0.0, 1.99])),
    ("16.2", WHOLE ** (-1 / 4)),
    ("16.2", 0.00852),
    ("16.2", torch.tensor(WHOLE ** (-1 / 4))),
    ("16.3", lambda w, x, y: w >= means_apart(x, y) - 1e-9),
    ("16.3", lambda w, x, y: torch.tensor(bool(w >= means_apart(x, y) * (1 - 1e-9)))),
    ("16.4", 512),
    ("16.4", 512.0),
    ("16.5", lambda found, kind: share(found, kind, "holds")),
    ("16.5", lambda found, kind: np.mean([each.verdict == "holds" for each in found if each.kind == kind])),
    ("16.6", z_value),
    ("16.6", lambda a, b: torch.tensor(z_value(a, b))),
    ("16.7", [0.5005, 0.45]),
    ("16.7", np.array([0.52, 0.43])),
]
