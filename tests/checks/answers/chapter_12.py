"""Answers to chapter 12: wrong ones with the hint that each must get, and right ones in every form."""

import numpy as np

ONE = np.log(0.001) / np.log(0.999)
WRONG_SHARE = 1 - 0.99**3


def nats(q, p):
    """The terms of KL, where q has mass."""
    seen = q > 0
    return q[seen] * np.log(q[seen] / p[seen])


def mode_kl(counts, law):
    """Their sum."""
    return nats(counts / counts.sum(), law).sum()


def other_way(counts, law):
    """KL of the law to what was drawn, over what was drawn."""
    q = counts / counts.sum()
    return (law[q > 0] * np.log(law[q > 0] / q[q > 0])).sum()


WRONG = [
    ("12.1", -np.log(4), "never negative"),
    ("12.1", np.log(4) / 4, "together they have 1"),
    ("12.1", 2, "in bits"),
    ("12.1", np.log(250), "entropy of the generator"),
    ("12.1", np.log(4 / 3), "here a quarter is drawn"),
    ("12.1", 0.75, "total variation"),
    ("12.1", 5, "where the law has 1/1000"),
    ("12.2", 7485.47, "until the last mode is seen"),
    ("12.2", np.log(2) / -np.log(0.999), "leave half of all modes unseen"),
    ("12.2", 1000, "368 modes"),
    ("12.2", 999, "Draws repeat themselves"),
    ("12.2", 3 / -np.log(0.999), "Two kinds of logarithm"),
    ("12.2", 1000 * np.log(1000), "replaced by"),
    ("12.2", 5000, "When is the product 1"),
    ("12.3", lambda n, law: np.sum((1 - law) ** n), "missed on average"),
    ("12.3", lambda n, law: np.sum(1 - law**n), "not pⁿ"),
    ("12.3", lambda n, law: np.mean(1 - (1 - law) ** n), "no mean"),
    ("12.3", lambda n, law: len(law) * (1 - (1 - 1 / len(law)) ** n), "these modes are not alike"),
    ("12.3", lambda n, law: np.minimum(1, n * law).sum(), "repeated finds"),
    ("12.3", lambda n, law: (1 - np.exp(-n * law)).sum(), "A good approximation"),
    ("12.3", lambda n, law: float(n), "is missed n times"),
    ("12.4", 499_500, "has a factor ½"),
    ("12.4", 26_000 * (0.0193 / 0.002) ** 2, "no square"),
    ("12.4", 250_000, "the modes count less one"),
    ("12.4", 24_975, "for a floor of 0.02"),
    ("12.4", 0.999, "Turned over"),
    ("12.4", 260_000, "solve for n"),
    ("12.5", lambda c, p: nats(c, p).sum(), "divide them by their sum"),
    ("12.5", lambda c, p: nats(c / c.sum(), p).mean(), "over the modes; no mean"),
    ("12.5", lambda c, p: mode_kl(c, p) / np.log(2), "in bits"),
    ("12.5", lambda c, p: mode_kl(c, np.full(len(p), 1 / len(p))), "which is not even"),
    ("12.5", lambda c, p: -mode_kl(c, p), "log(q / law), not log(law / q)"),
    ("12.5", other_way, "the other direction"),
    ("12.5", lambda c, p: 0.0, "With q = counts"),
    ("12.6", [26_000 * WRONG_SHARE, WRONG_SHARE], "other order"),
    ("12.6", [0.99**3, 772], "how many are read right"),
    ("12.6", [0.01, 772], "for one digit"),
    ("12.6", [0.03, 780], "counted twice"),
    ("12.6", [1e-6, 772], "one misread digit is enough"),
    ("12.6", [0.5, 772], "if all three digits are"),
    ("12.6", [WRONG_SHARE, 260], "the share of one misread digit"),
    ("12.6", [WRONG_SHARE, 26_000 * 0.99**3], "those are read right"),
    ("12.6", [WRONG_SHARE, 29.701], "not one for each mode"),
    ("12.6", [WRONG_SHARE, 5], "the protocol reads"),
    ("12.7", 2700 / 999_000, "for three channels"),
    ("12.7", 0.01, "How far, on average"),
    ("12.7", 0.02, "less than 2 on average"),
    ("12.7", 0.018, "without the dropped one itself"),
    ("12.7", 180 / 99, "Only the mass of one mode"),
    ("12.7", 1.8, "Here one is missing"),
    ("12.7", 0.5, "Every other mode has 1/99"),
    ("12.8", [1000, np.log(100), 1.71], "only together with the same digit"),
    ("12.8", [30, np.log(100), 1.71], "if each stood alone"),
    ("12.8", [1, np.log(100), 1.71], "not always the same image"),
    ("12.8", [100, np.log(100), 1.71], "How many such numbers"),
    ("12.8", [10, np.log(10), 1.71], "entropy of ten modes"),
    ("12.8", [10, 0, 1.71], "its KL is 0"),
    ("12.8", [10, np.log(1000), 1.71], "would be a single mode"),
    ("12.8", [10, 3, 1.71], "an even law on ten"),
    ("12.8", [10, np.log(100), 0.57], "share of the channels"),
    ("12.8", [10, np.log(100), 1.8], "may choose which digit to keep"),
    ("12.8", [10, np.log(100), 2.7], "Here there are ten"),
    ("12.8", [10, np.log(100), 0], "do not travel channel by channel"),
    ("12.8", [10, np.log(100), 1], "count channels"),
]

RIGHT = [
    ("12.1", np.log(4)),
    ("12.1", 1.386),
    ("12.2", 6905),
    ("12.2", ONE),
    ("12.3", lambda n, law: np.sum(1 - (1 - law) ** n)),
    ("12.3", lambda n, law: sum(1 - (1 - p) ** n for p in law)),
    ("12.4", 249_750),
    ("12.4", 999 / 0.004),
    ("12.5", mode_kl),
    ("12.5", lambda c, p: sum(k / c.sum() * np.log(k / c.sum() / q) for k, q in zip(c, p, strict=True) if k)),
    ("12.6", [WRONG_SHARE, 772]),
    ("12.6", [0.0297, 772.2]),
    ("12.7", 180 / 9900),
    ("12.7", 0.01818),
    ("12.8", [10, np.log(100), 1.71]),
    ("12.8", [10, 4.605, 1.71]),
]
