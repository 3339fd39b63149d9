"""Chapter 11: a label for both players."""

import numpy as np
from scipy.optimize import brentq

from wgan_lib import transport
from wgan_lib.checks.feedback import close, expect, expect_function, expect_value, numbers


def exercise_1(answer: object) -> None:
    """Both distances by hand."""
    together, apart = numbers(answer, (2,))
    expect(not close([apart, together], [1.5, 8.5]), "Those are the two, in the other order.")
    expect_value(
        together,
        1.5,
        "Together: real points at 0 and 10, generated ones at 9 and 2, half the mass each. Which pairing is cheapest?",
        [
            (3, "Together: each pair carries half of the mass, so take half of the sum."),
            (8.5, "Together: the labels do not count. A real point may go to either generated one."),
            (0, "Together: 0 is not the place of any generated point. Pair 0 and 10 with 2 and 9."),
            (np.sqrt(2.5), "Together: that is W2. W takes the mean of the distances, not of their squares."),
            (0.5, "Together: that is the distance of the two means. Mass travels in both directions."),
        ],
    )
    expect_value(
        apart,
        8.5,
        "Together is right. Label by label, 0 must go to 9 and 10 to 2: take the mean.",
        [
            (17, "Label by label: each label has probability ½, so take half of the sum."),
            (1.5, "Label by label: a real point of label 0 may go to a generated point of label 0 only."),
            (
                np.sqrt((81 + 64) / 2),
                "Label by label: that is W2. Take the mean of the distances, not of their squares.",
            ),
        ],
    )


def exercise_2(answer: object) -> None:
    """Where the two distances meet."""

    def gap(c: float) -> float:
        return float(np.hypot(2, c) + np.hypot(1, c) - 17)

    expect_value(
        answer,
        brentq(gap, 0, 20),
        "To relabel both costs √(4 + c²) + √(1 + c²). To keep both labels costs what 11.1 found. When are they equal?",
        [
            (
                7,
                "Here lengths and labels do not add up: a point that travels t and changes its label costs √(t² + c²).",
            ),
            (
                8.5,
                "That is the distance label by label. A relabelled point also travels, 2 or 1: so c is a little less.",
            ),
            (brentq(lambda c: gap(c) + 8.5, 0, 20), "Compare like with like: the sum of two costs with the sum 9 + 8."),
            (np.sqrt(8.5**2 - 1.5**2), "Do not replace the two ways 2 and 1 by their mean: add up both roots."),
        ],
    )


def exercise_3(answer: object) -> None:
    """The distance label by label."""

    def labelled(rng: np.random.Generator) -> tuple[np.ndarray, ...]:
        x_labels = rng.permutation(np.repeat([0, 2, 5], rng.integers(2, 7, size=3)))
        y_labels = rng.permutation(np.repeat([0, 2, 5], rng.integers(2, 7, size=3)))
        x, y = rng.normal(size=(len(x_labels), 2)), rng.normal(size=(len(y_labels), 2))
        return x + x_labels[:, None], x_labels, y - y_labels[:, None], y_labels

    def costs(x: np.ndarray, x_labels: np.ndarray, y: np.ndarray, y_labels: np.ndarray) -> np.ndarray:
        return np.array([transport.emd(x[x_labels == k], y[y_labels == k]).cost for k in np.unique(x_labels)])

    def shares(labels: np.ndarray) -> np.ndarray:
        return np.unique(labels, return_counts=True)[1] / len(labels)

    expect_function(
        answer,
        lambda x, p, y, q: shares(p) @ costs(x, p, y, q),
        labelled,
        "For each label k that occurs: its share of x_labels, times emd of the points of x and of y with that label.",
        [
            (lambda *z: costs(*z).mean(), "The labels are not equally frequent: weigh each by its share."),
            (lambda *z: costs(*z).sum(), "Add up the distances with the shares of their labels as weights."),
            (
                lambda x, p, y, q: shares(q) @ costs(x, p, y, q),
                "Take the shares of the real labels, not of the generated ones.",
            ),
            (lambda x, p, y, q: transport.emd(x, y).cost, "That is W of all points together; the labels are not used."),
            (
                lambda x, p, y, q: sum(
                    np.linalg.norm(x[p == k].mean(axis=0) - y[q == k].mean(axis=0)) * (p == k).mean()
                    for k in np.unique(p)
                ),
                "The distance of two means is only a lower bound of W. Use transport.emd.",
            ),
        ],
    )  # fmt: skip


def exercise_4(answer: object) -> None:
    """A projection."""

    def features(rng: np.random.Generator) -> tuple[np.ndarray, ...]:
        n, k = rng.integers(4, 8), rng.integers(3, 6)
        return rng.normal(size=(n, k)), rng.integers(0, 4, size=n), rng.normal(size=k), rng.normal(size=(4, k))

    expect_function(
        answer,
        lambda phi, y, psi, v: phi @ psi + (v[y] * phi).sum(axis=1),
        features,
        "The score of row i is ⟨psi, phi[i]⟩ + ⟨v[y[i]], phi[i]⟩.",
        [
            (lambda phi, y, psi, v: phi @ psi, "That is the first term. The label is not used yet."),
            (lambda phi, y, psi, v: (v[y] * phi).sum(axis=1), "That is the second term. ψ is missing."),
            (lambda phi, y, psi, v: phi @ (psi + v[0]), "Every row takes the direction of label 0: use v[y]."),
            (lambda phi, y, psi, v: phi @ psi + v[y].sum(axis=1), "The direction must meet the features: v[y] * phi."),
            (lambda phi, y, psi, v: phi @ psi * (v[y] * phi).sum(axis=1), "The two terms are added, not multiplied."),
            (lambda phi, y, psi, v: phi @ psi + (v[y] * phi).mean(axis=1), "An inner product is a sum, not a mean."),
        ],
    )  # fmt: skip


def exercise_5(answer: object) -> None:
    """A constant for a label, and what it adds."""
    different, same = numbers(answer, (2,))
    expect(not close([same, different], [1.75, 0]), "Those are the two, in the other order.")
    expect_value(
        different,
        1.75,
        "Different: the estimate is the mean over real less the mean over generated. What does 5 add to each mean?",
        [
            (-1.75, "Different: the sign is turned. The estimate is real less generated."),
            (3.75, "Different: that is what it adds to the real mean. The generated mean rises, too."),
            (
                2,
                "Different: that is what it adds to the generated mean. It is subtracted from what the real one gains.",
            ),
            (5.75, "Different: the generated mean is subtracted, not added."),
            (5, "Different: not every example has label 1. Take the shares."),
            (0.35, "Different: that is the difference of the shares. Each such example gains 5."),
            (0, "Different: the shares of label 1 are not the same, so the constant does not cancel."),
        ],
    )
    expect_value(
        same,
        0,
        "Different is right. With the same labels on both sides, both means gain the same.",
        [
            (1.75, "Same: now the generated half has the real labels, 75 % of them 1."),
            (3.75, "Same: the generated mean gains just as much, and it is subtracted."),
        ],
    )


def exercise_6(answer: object) -> None:
    """Who obeys."""

    def judged(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        asked = rng.permutation(np.repeat(np.arange(10), rng.integers(2, 9, size=10)))
        logits = rng.normal(size=(len(asked), 10)) - 2
        logits[np.arange(len(asked)), asked] += 1.5
        return logits, asked

    def matrix(logits: np.ndarray, asked: np.ndarray) -> np.ndarray:
        table = np.zeros((10, 10))
        np.add.at(table, (asked, logits.argmax(axis=1)), 1)
        return table

    def probability(logits: np.ndarray, asked: np.ndarray) -> np.ndarray:
        p = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
        return np.array([p[asked == k, k].mean() for k in range(10)])

    def read(logits: np.ndarray, asked: np.ndarray) -> np.ndarray:
        table = matrix(logits, asked)
        return table.diagonal() / np.maximum(table.sum(axis=0), 1)

    expect_function(
        answer,
        lambda logits, asked: matrix(logits, asked).diagonal() / matrix(logits, asked).sum(axis=1),
        judged,
        "For each digit k: of the rows with asked == k, the share whose largest logit is in column k.",
        [
            (lambda z, k: matrix(z, k).diagonal(), "Those are counts. Divide each by how often it was asked for."),
            (lambda z, k: matrix(z, k).diagonal() / len(k), "Divide by how often the digit was asked for, not by all."),
            (read, "That is the share among what is read as the digit. The question is of what was asked for."),
            (probability, "That is the judge's mean probability. Count how often the digit is the likeliest one."),
            (
                lambda z, k: 1 - matrix(z, k).diagonal() / matrix(z, k).sum(axis=1),
                "Those are the shares that are refused. Give the shares that are obeyed.",
            ),
            (lambda z, k: matrix(z, k).sum(axis=0) / len(k), "That is how often each digit is read at all."),
        ],
    )  # fmt: skip


def exercise_7(answer: object) -> None:
    """One-hot labels, and how far they are apart."""
    whole, half = numbers(answer, (2,))
    root = np.sqrt(2)
    expect(not close([half, whole], [root, root / 2], 1e-2), "Those are the two, in the other order.")
    expect_value(
        whole,
        root,
        "One-hot: how long is the way from one one-hot vector to another, as the Euclidean distance?",
        [
            (1, "One-hot: two vectors differ in two places, not in one."),
            (2, "One-hot: that is the sum of the differences, or the squared distance. Take the Euclidean distance."),
            (0, "One-hot: x does not change, but the label is an input, too, and it moves."),
            (root / 2, "One-hot: that is right for the halved vector."),
        ],
    )
    expect_value(
        half,
        root / 2,
        "One-hot is right. Halved: so are all distances between labels.",
        [
            (root, "Halved: the labels have come nearer to each other."),
            (1 / 2, "Halved: two places differ, each by ½."),
            (
                2 * root,
                "Halved: the labels are nearer to each other now, so the score may change by less, not by more.",
            ),
            (root / 4, "Halved: a distance is halved with its vectors, not divided by four."),
        ],
    )


def exercise_8(answer: object) -> None:
    """The opposite cluster: trained, so that a range is right."""
    untold, told = numbers(answer, (2,))
    expect(not (abs(told) < 0.2 and untold > 2), "Those are the two, in the other order.")
    expect(
        abs(untold) < 0.2,
        'Untold: the points are right, whatever their labels, so the estimate is near 0. Is kind "untold"?',
    )
    expect(told > 0, 'Projection: an estimate far below the distance; train it with kind "projection" and shift=4.')
    expect(not 0.8 < told < 1.5, "Projection: that is what the neighbour's labels give. Set shift=4.")
    expect(
        not 1.5 <= told < 2.3, "Projection: more than for the neighbour, but not yet the opposite cluster. Set shift=4."
    )
    expect(
        told < 3.8,
        "Projection: the diameter is 2.83, and the penalty adds a little. Take the mean of the three, not the sum.",
    )
    expect(told > 2.3, 'Projection: an estimate far below the distance; train it with kind "projection" and shift=4.')
