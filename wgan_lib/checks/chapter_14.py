"""Chapter 14: whether WGANs estimate W."""

import numpy as np
import torch

from wgan_lib import mnist, transport
from wgan_lib.checks.feedback import close, expect


def exercise_1(answer: object) -> None:
    """One point on each side."""
    given = np.asarray(answer, dtype=float)
    expect(given.shape == (2,), "Give two numbers: [same law, moved by 2].")
    expect(not close(given[0], 0), "0 is the population W. Two single points seldom coincide.")
    expect(not close(given[0], 1 / 2), "That is the mean of X. You need the mean of |X - Y|, for independent X and Y.")
    expect(close(given[0], 1 / 3, 1e-3), "With one point on each side, batch W is |X - Y|: integrate over the square.")
    expect(not close(given[1], 2 + 1 / 3, 1e-3), "Y is always to the right of X now. What is |X - Y|, and its mean?")
    expect(close(given[1], 2, 1e-3), "Now Y > X always, so that |X - Y| = Y - X; take the mean of that.")


def exercise_2(answer: object) -> None:
    """The smallest batch that keeps a face."""
    m = float(np.asarray(answer, dtype=float))
    expect(not close(m, 50), "50 tosses show a face of 2 % once on average; the question is how often they show none.")
    expect(m == round(m), "Give a whole number of tosses.")
    expect(0.98**m < 0.5, f"With {m:.0f} tosses, {0.98**m:.1%} of the batches do not show the face: θ = 0 is best.")
    expect(0.98 ** (m - 1) >= 0.5, "That is enough, but a smaller batch will do, too.")


def exercise_3(answer: object) -> None:
    """A certificate for any scores."""
    expect(callable(answer), "Assign a function of (scores, cost).")
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(6, 2)), rng.normal(size=(9, 2)) + 1
    cost, scores = transport.cost_matrix(x, y), rng.normal(size=6)
    right = scores.mean() + (cost - scores[:, None]).min(axis=0).mean()
    given = np.asarray(answer(scores, cost), dtype=float)
    expect(given.shape == (), f"Return one number; yours has shape {given.shape}.")
    expect(not close(given, scores.mean() + (cost + scores[:, None]).min(axis=0).mean()), "The score is subtracted.")
    expect(not close(given, scores.mean() + (cost - scores[:, None]).max(axis=0).mean()), "Smallest, not largest.")
    expect(not close(given, (cost - scores[:, None]).min(axis=0).mean()), "The mean of the scores is missing.")
    expect(not close(given, scores.mean() + (cost - scores[:, None]).min(axis=1).mean()),
           "The minimum is over the real points i, for each generated point j: over the rows of `cost`.")  # fmt: skip
    expect(close(given, right), "Mean of the scores, plus the mean over j of the smallest cost[i, j] - scores[i].")
    best = transport.emd(x, y)
    expect(close(answer(best.potentials[0], cost), best.cost), "With an exact potential it must give exact W.")


def exercise_4(answer: object) -> None:
    """Take the chance part away."""
    expect(callable(answer), "Assign a function of (x, x2, y, y2).")
    rng = np.random.default_rng(1)
    x, x2, y, y2 = rng.normal(size=(4, 12, 3)) * np.array([1, 1, 2, 2])[:, None, None]

    def w(a: np.ndarray, b: np.ndarray) -> float:
        return transport.emd(a, b).cost

    given = np.asarray(answer(x, x2, y, y2), dtype=float)
    expect(given.shape == (), f"Return one number; yours has shape {given.shape}.")
    expect(not close(given, w(x, y) - w(x, x2) - w(y, y2)), "Only half of each: two halves make one floor.")
    expect(not close(given, w(x, y) - w(y, y2)), "The generated side has a floor of its own, which exposes the blur.")
    expect(not close(given, w(x, y)), "That is batch W itself. Subtract half of W(x, x2) and half of W(y, y2).")
    expect(close(given, w(x, y) - (w(x, x2) + w(y, y2)) / 2), "W(x, y) - W(x, x2) / 2 - W(y, y2) / 2.")


def exercise_5(answer: object) -> None:
    """What directions see."""
    test = mnist.scale(mnist.images("test")).flatten(1)
    test = test[torch.randperm(len(test), generator=torch.Generator().manual_seed(0))]
    mean = mnist.scale(mnist.images()[:10_000]).flatten(1).mean(dim=0)
    real = float(transport.sliced_wasserstein(test[:64], test[64:128]))
    blur = float(transport.sliced_wasserstein(mean.expand(64, -1), test[64:128]))
    given = np.asarray(answer, dtype=float)
    expect(given.shape == (2,), "Give two numbers: [real to real, blur to real].")
    exact = transport.emd(test[:64], test[64:128]).cost
    expect(not close(given[0], exact, 1e-3), "That is exact W; use transport.sliced_wasserstein.")
    expect(not close(given, [blur, real], 1e-3), "Those are the two, in the other order.")
    expect(close(given[0], real, 1e-3), "The real pair is test[:64] and test[64:128], with the default directions.")
    expect(close(given[1], blur, 1e-3), "64 copies: mean_digit.expand(64, -1), against test[64:128].")
