"""Answers to chapter 11: wrong ones with the hint that each must get, and right ones in every form."""

import numpy as np

from wgan_lib import transport


def costs(x, p, y, q):
    """W of each label."""
    return np.array([transport.emd(x[p == k], y[q == k]).cost for k in np.unique(p)])


def shares(labels):
    """How frequent each label is."""
    return np.unique(labels, return_counts=True)[1] / len(labels)


def by_labels(x, p, y, q):
    """The sum with the shares of the real labels."""
    return sum((p == k).mean() * transport.emd(x[p == k], y[q == k]).cost for k in set(p))


def by_means(x, p, y, q):
    """The distance of the means of each label."""
    gaps = [np.linalg.norm(x[p == k].mean(0) - y[q == k].mean(0)) for k in np.unique(p)]
    return shares(p) @ np.array(gaps)


def table(logits, asked):
    """How often each digit was read, where each was asked for."""
    return np.array([np.bincount(logits[asked == k].argmax(1), minlength=10) for k in range(10)])


def obedience(logits, asked):
    """The diagonal over the rows."""
    return table(logits, asked).diagonal() / table(logits, asked).sum(1)


def probability(logits, asked):
    """The mean probability of what was asked for."""
    p = np.exp(logits) / np.exp(logits).sum(1, keepdims=True)
    return np.array([p[asked == k, k].mean() for k in range(10)])


ROOT = np.sqrt(2)

WRONG = [
    ("11.1", [8.5, 1.5], "other order"),
    ("11.1", [3, 8.5], "each pair carries half"),
    ("11.1", [8.5, 8.5], "labels do not count"),
    ("11.1", [0, 8.5], "not the place of any generated point"),
    ("11.1", [np.sqrt(2.5), 8.5], "Together: that is W2"),
    ("11.1", [0.5, 8.5], "distance of the two means"),
    ("11.1", [2, 8.5], "Which pairing is cheapest"),
    ("11.1", [1.5, 17], "each label has probability"),
    ("11.1", [1.5, 1.5], "of label 0 only"),
    ("11.1", [1.5, np.sqrt(72.5)], "Label by label: that is W2"),
    ("11.1", [1.5, 9], "0 must go to 9 and 10 to 2"),
    ("11.2", 7, "lengths and labels do not add up"),
    ("11.2", 8.5, "A relabelled point also travels"),
    ("11.2", np.sqrt((8.5 / 2 + 3 / 17) ** 2 - 4), "Compare like with like"),
    ("11.2", np.sqrt(8.5**2 - 1.5**2), "add up both roots"),
    ("11.2", 5, "When are they equal"),
    ("11.3", lambda *z: costs(*z).mean(), "weigh each by its share"),
    ("11.3", lambda *z: costs(*z).sum(), "as weights"),
    ("11.3", lambda x, p, y, q: shares(q) @ costs(x, p, y, q), "not of the generated ones"),
    ("11.3", lambda x, p, y, q: transport.emd(x, y).cost, "all points together"),
    ("11.3", by_means, "only a lower bound"),
    ("11.3", lambda x, p, y, q: 1.0, "times emd of the points"),
    ("11.4", lambda phi, y, psi, v: phi @ psi, "The label is not used yet"),
    ("11.4", lambda phi, y, psi, v: (v[y] * phi).sum(1), "ψ is missing"),
    ("11.4", lambda phi, y, psi, v: phi @ (psi + v[0]), "use v[y]"),
    ("11.4", lambda phi, y, psi, v: phi @ psi + v[y].sum(1), "must meet the features"),
    ("11.4", lambda phi, y, psi, v: (phi @ psi) * (v[y] * phi).sum(1), "not multiplied"),
    ("11.4", lambda phi, y, psi, v: phi @ psi + (v[y] * phi).mean(1), "not a mean"),
    ("11.4", lambda phi, y, psi, v: phi.sum(1), "The score of row i"),
    ("11.5", [0, 1.75], "other order"),
    ("11.5", [-1.75, 0], "sign is turned"),
    ("11.5", [3.75, 0], "adds to the real mean"),
    ("11.5", [2, 0], "adds to the generated mean"),
    ("11.5", [5.75, 0], "subtracted, not added"),
    ("11.5", [5, 0], "Take the shares"),
    ("11.5", [0.35, 0], "Each such example gains 5"),
    ("11.5", [0, 0], "does not cancel"),
    ("11.5", [1, 0], "What does 5 add to each mean"),
    ("11.5", [1.75, 1.75], "75 % of them 1"),
    ("11.5", [1.75, 3.75], "gains just as much"),
    ("11.5", [1.75, 1], "both means gain the same"),
    ("11.6", lambda z, k: table(z, k).diagonal(), "Those are counts"),
    ("11.6", lambda z, k: table(z, k).diagonal() / len(k), "not by all"),
    ("11.6", lambda z, k: table(z, k).diagonal() / np.maximum(table(z, k).sum(0), 1), "among what is read"),
    ("11.6", probability, "mean probability"),
    ("11.6", lambda z, k: 1 - obedience(z, k), "that are refused"),
    ("11.6", lambda z, k: table(z, k).sum(0) / len(k), "read at all"),
    ("11.6", lambda z, k: np.ones(10), "largest logit is in column k"),
    ("11.7", [ROOT / 2, ROOT], "other order"),
    ("11.7", [1, ROOT / 2], "differ in two places"),
    ("11.7", [2, ROOT / 2], "sum of the differences"),
    ("11.7", [0, 0], "the label is an input, too"),
    ("11.7", [ROOT / 2, ROOT / 2], "right for the halved vector"),
    ("11.7", [3, ROOT / 2], "how long is the way"),
    ("11.7", [ROOT, ROOT], "come nearer"),
    ("11.7", [ROOT, 0.5], "two places differ"),
    ("11.7", [ROOT, 2 * ROOT], "by less, not by more"),
    ("11.7", [ROOT, ROOT / 4], "not divided by four"),
    ("11.7", [ROOT, 1.2], "so are all distances"),
    ("11.8", [3.0, 0.01], "other order"),
    ("11.8", [1.1, 3.0], 'kind "untold"'),
    ("11.8", [0.0, -0.1], "far below the distance"),
    ("11.8", [0.0, 1.1], "neighbour's labels"),
    ("11.8", [0.0, 2.0], "not yet the opposite"),
    ("11.8", [0.0, 9.0], "not the sum"),
    ("11.8", [0.0, 0.5], "far below the distance"),
]

RIGHT = [
    ("11.1", [1.5, 8.5]),
    ("11.1", np.array([1.5, 8.5])),
    ("11.2", 8.352),
    ("11.2", np.sqrt((17 / 2 + 3 / 34) ** 2 - 4)),
    ("11.3", by_labels),
    ("11.3", lambda x, p, y, q: shares(p) @ costs(x, p, y, q)),
    ("11.4", lambda phi, y, psi, v: (phi * (psi + v[y])).sum(1)),
    ("11.4", lambda phi, y, psi, v: np.einsum("nk,nk->n", phi, psi + v[y])),
    ("11.5", [1.75, 0]),
    ("11.5", (5 * 0.75 - 5 * 0.4, 0.0)),
    ("11.6", obedience),
    ("11.6", lambda z, k: [(z[k == j].argmax(1) == j).mean() for j in range(10)]),
    ("11.7", [ROOT, ROOT / 2]),
    ("11.7", [1.414, 0.707]),
    ("11.8", [0.0, 2.95]),
    ("11.8", [-0.01, 3.1]),
]
