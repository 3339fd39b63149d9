"""Chapter 10: measuring quality."""

import numpy as np
import torch

from wgan_lib.checks.feedback import close, expect


def exercise_1(answer: object) -> None:
    """An inception score by hand."""
    shares = np.array([0.5, 0.25, 0.25])
    entropy = -float(shares @ np.log(shares))
    expect(not close(answer, 3), "Three classes occur, but not equally often.")
    expect(not close(answer, entropy, 1e-3), "That is the logarithm of the score: the last step is exp.")
    expect(not close(answer, np.exp(entropy / np.log(2)), 1e-3), "If the entropy is in bits, raise 2 to it, not e.")
    expect(close(answer, np.exp(entropy), 1e-3), "Every p(y|x) has entropy 0, so log IS is the entropy of p(y).")


def exercise_2(answer: object) -> None:
    """Fid on the line."""
    given = np.asarray(answer, dtype=float)
    expect(given.shape == (2,), "Give two numbers: [FID, W2].")
    squared = (1 - 4) ** 2 + (2 - 5) ** 2
    expect(not close(given[0], (1 - 4) ** 2 + (4 - 25) ** 2), "Variances are given; the formula wants their roots.")
    expect(not close(given[0], 4 - 1 + 5 - 2), "Square both differences.")
    expect(close(given[0], squared, 1e-4), "FID: with one feature, the squared difference of the means plus that of …?")
    expect(not close(given[1], squared), "The FID is the square of W2. The question asks for W2 itself.")
    expect(close(given[1], np.sqrt(squared), 1e-4), "Both laws are Gaussian, so the FID is exactly the square of W2.")


def exercise_3(answer: object) -> None:
    """Fool the fid small."""
    given, real = np.asarray(answer, dtype=float), np.array([1.0, 2.0, 3.0, 6.0])
    expect(given.shape == (4,), "Give four numbers.")
    expect(not close(np.sort(given), real, 1e-3), "These are the real features themselves. Find others.")
    expect(close(given.mean(), real.mean(), 1e-4), "The mean must be that of the real features.")
    expect(close(given.var(), real.var(), 1e-4), "The mean is right, the variance is not. What keeps both?")


def exercise_4(answer: object) -> None:
    """Fool the fid at large."""
    rng = torch.Generator().manual_seed(4)
    mix = torch.tensor([[1.0, 0.8, 0], [0, 0.6, 0.3], [0, 0, 2]]).double()
    real = torch.randn(50, 3, generator=rng).double().exp() @ mix + 5
    x = torch.rand(70, 3, generator=rng).double() @ mix.flip(0) - 1
    made = answer(x, real)
    expect(isinstance(made, torch.Tensor) and made.shape == x.shape, "Return a tensor of the shape of x.")
    expect(close(made.mean(dim=0), real.mean(dim=0), 1e-6), "The mean of the result is not that of the real features.")
    wanted, given = torch.cov(real.T), torch.cov(made.T)
    expect(not close(given, torch.cov(x.T), 1e-6), "The mean is right; the covariance is still that of x.")
    expect(close(given, wanted, 1e-6) or not close(given.diagonal(), wanted.diagonal(), 1e-6),
           "The variances are right, the covariances are not: use matrix roots, not each column alone.")  # fmt: skip
    expect(close(given, wanted, 1e-6), "The covariance is wrong: first give x the identity, by the inverse root of "
                                       "its own covariance, then apply the root of the real one.")  # fmt: skip
    columns = [torch.cat([points, torch.ones(len(points), 1).double()], dim=1) for points in (x, made)]
    expect(int(torch.linalg.matrix_rank(torch.cat(columns, dim=1), rtol=1e-8)) == 4,
           "Right moments, but this is no affine map of x.")  # fmt: skip


def exercise_5(answer: object) -> None:
    """Extrapolate."""
    given = np.asarray(answer, dtype=float)
    expect(given.shape == (2,), "Give two numbers, one for each generator.")
    ends = [_end(500, 2.6, 2000, 2.3), _end(2000, 2.5, 5000, 2.45)]
    by_n = [2.3 - (2.6 - 2.3), 2.45 - (2.5 - 2.45)]
    expect(not close(given, by_n, 1e-3), "The FID is not linear in n, nor does it fall by equal steps: use 1/n.")
    expect(close(given[0], ends[0], 1e-3), "First generator: fid = a + b / n holds at both n. Solve for b, then for a.")
    expect(close(given[1], ends[1], 1e-3), "The first is right. The second has a b of its own.")


def _end(n1: int, fid1: float, n2: int, fid2: float) -> float:
    (a, _), *_ = np.linalg.lstsq(np.array([[1, 1 / n1], [1, 1 / n2]]), np.array([fid1, fid2]), rcond=None)
    return float(a)


def exercise_6(answer: object) -> None:
    """An outlier among the real."""
    given = np.asarray(answer, dtype=float)
    expect(given.shape == (2,), "Give two numbers: [precision, recall].")
    real, fake = np.array([0.0, 1.0, 2.0, 10.0]), np.array([4.0, 5.0, 6.0, 15.0])
    precision, recall = _share_inside(fake, real), _share_inside(real, fake)
    expect(not close(given, [recall, precision]), "You have the two exchanged: precision is about generated points.")
    expect(not close(given[0], 0), "Draw the ball of the real point 10. Its nearest real neighbour is 2.")
    expect(close(given[0], precision), "Precision: which generated points lie in a ball around a real point?")
    expect(close(given[1], recall), "The precision is right. Now the balls are around the generated points.")


def _share_inside(points: np.ndarray, centres: np.ndarray) -> float:
    between = np.abs(centres[:, None] - centres)
    radii = np.sort(between, axis=1)[:, 1]
    return float((np.abs(points[:, None] - centres) <= radii).any(axis=1).mean())
