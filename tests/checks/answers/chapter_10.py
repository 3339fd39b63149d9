"""Answers to chapter 10: wrong ones with the hint that each must get, and right ones in every form."""

import numpy as np
import torch

from wgan_lib import metrics


def root(s, power=0.5):
    """Return a power of a symmetric matrix."""
    values, vectors = torch.linalg.eigh(s)
    return vectors * values**power @ vectors.T


def disguised(x, real, *, of_x=1, of_real=1, power=0.5):
    """Return x with the moments of real; covariances are divided by n less `of_x` or `of_real`."""
    white = (x - x.mean(dim=0)) @ root(torch.cov(x.T, correction=of_x), -0.5)
    return white @ root(torch.cov(real.T, correction=of_real), power) + real.mean(dim=0)


def column_by_column(x, real):
    """Return x with the means and variances of real."""
    return (x - x.mean(dim=0)) / x.std(dim=0) * real.std(dim=0) + real.mean(dim=0)


def not_affine(x, real):
    """Return points with the moments of real that have nothing to do with x."""
    return disguised(torch.rand(x.shape).double(), real)


def radii(x, k):
    """Return the distance to the k-th nearest other."""
    return torch.cdist(x, x).sort(dim=1).values[:, k]


def inside(real, fake, k):
    """Return which generated points lie in which ball around a real one."""
    return torch.cdist(real, fake) <= radii(real, k)[:, None]


def coverage(real, fake, k):
    """Return the share of balls that hold a generated point."""
    return inside(real, fake, k).any(dim=1).double().mean()


def entropy(p):
    """Return the entropy of each row."""
    return -(p * np.log(np.where(p > 0, p, 1))).sum(axis=-1)


def score(p):
    """Return the Inception Score."""
    return np.exp(entropy(p.mean(axis=0)) - entropy(p).mean())


WRONG: list[tuple[str, object, str]] = [
    ("10.1", 3, "not equally often"),
    ("10.1", 10, "all ten classes"),
    ("10.1", 1, "images that are nothing"),
    ("10.1", 1.0397, "the last step is exp"),
    ("10.1", 1.5, "entropy in bits"),
    ("10.1", 4.4817, "raise 2 to it"),
    ("10.1", 0.35355, "sign is turned"),
    ("10.1", 2.667, "sum of squares"),
    ("10.1", 2.8, "more digits"),
    ("10.1", 5, "is the entropy of p(y)"),
    ("10.2", [4.243, 18], "other order"),
    ("10.2", [450, 4.243], "wants their roots"),
    ("10.2", [6, 4.243], "Square both"),
    ("10.2", [4.243, 4.243], "The FID is its square"),
    ("10.2", [9, 4.243], "The means alone make 9"),
    ("10.2", [38, 4.243], "term with the root is missing"),
    ("10.2", [28, 4.243], "not σ₁ σ₂"),
    ("10.2", [18, 18], "asks for W2 itself"),
    ("10.2", [18, 3], "distance of the means"),
    ("10.2", [18, 324], "not its square"),
    ("10.2", [18, 6], "Add the squares"),
    ("10.2", [17, 4.243], "plus that of"),
    ("10.2", [18, 5], "Both laws are Gaussian"),
    ("10.3", [1, 2, 3, 6], "real features themselves"),
    ("10.3", [6, 3, 2, 1], "real features themselves"),
    ("10.3", [2, 3, 4, 7], "variance is right, the mean is not"),
    ("10.3", [3, 3, 3, 3], "All four are alike"),
    ("10.3", [1, 2, 4, 8], "must be that of the real features, 3"),
    ("10.3", [0, 2, 4, 6], "What keeps both"),
    ("10.3", [3 - 3.5, 3 - 3.5, 3 + 3.5, 3 + 3.5], "standard deviation"),
    ("10.3", [3 - 4.6667**0.5, 3 - 4.6667**0.5, 3 + 4.6667**0.5, 3 + 4.6667**0.5], "treat both sets alike"),
    ("10.4", lambda x, real: x, "The mean of the result"),
    ("10.4", lambda x, real: x - x.mean(dim=0) + real.mean(dim=0), "still that of x"),
    ("10.4", column_by_column, "not each column alone"),
    ("10.4", lambda x, real: disguised(x, real, power=1), "the square of the real one"),
    ("10.4", lambda x, real: disguised(x, real, power=0), "identity as covariance"),
    ("10.4", lambda x, real: disguised(x, real, of_x=0), "divided by n"),
    ("10.4", lambda x, real: disguised(x, real, of_real=0), "divided by n"),
    ("10.4", lambda x, real: disguised(x, real, of_x=0, of_real=0), "divided by n"),
    ("10.4", lambda x, real: disguised(x.float(), real.float()), "leave double precision"),
    ("10.4", not_affine, "no affine map of x"),
    ("10.4", lambda x, real: real, "Give an array of shape (70, 3)"),
    ("10.4", lambda x, real: disguised(real, x), "Give an array of shape (70, 3)"),
    (
        "10.4",
        lambda x, real: (x - x.mean(dim=0)) @ root(torch.cov(real.T)) + real.mean(dim=0),
        "first give x the identity",
    ),
    ("10.5", [2.4167, 2.2], "other order"),
    ("10.5", [2.0, 2.4167], "straight line in 1/n"),
    ("10.5", [2.2, 2.4], "straight line in 1/n"),
    ("10.5", [2.3, 2.45], "larger n"),
    ("10.5", [2.4, 2.4167], "too *large*"),
    ("10.5", [200, 2.4167], "That is b"),
    ("10.5", [2.6, 2.4167], "smaller n"),
    ("10.5", [2.2, 2.4832], "too *large*"),
    ("10.5", [2.2, 2.41], "other generator's b"),
    ("10.5", [2.2, 2.45 - 0.05 / (2.5**0.5 - 1)], "not b / √n"),
    ("10.5", [2.7, 2.4167], "a straight line in n."),
    ("10.5", [2.5, 2.4167], "the n that belongs to the FID"),
    ("10.5", [2.0, 2.36], "equal steps"),
    ("10.5", [2.2, 1.0], "a b of its own"),
    ("10.5", [1.0, 2.4167], "holds at both n"),
    ("10.6", [0.25, 1], "exchanged"),
    ("10.6", [100, 25], "not per cent"),
    ("10.6", [4, 1], "counts"),
    ("10.6", [0, 0.25], "Draw the ball of the real point 10"),
    ("10.6", [0.75, 0.25], "so to 18"),
    ("10.6", [0.25, 0.25], "so from 2 to 18"),
    ("10.6", [1, 0], "the generated point 15"),
    ("10.6", [1, 1], "the real point 0"),
    ("10.6", [1, 0.5], "from 3 to 5"),
    ("10.6", [0.5, 0.25], "which generated points"),
    ("10.6", [1, 0.75], "Now the balls are around"),
    ("10.7", lambda real, fake, k: inside(real, fake, k).any(dim=0).double().mean(), "That is precision"),
    ("10.7", lambda real, fake, k: inside(fake, real, k).any(dim=0).double().mean(), "That is recall"),
    ("10.7", lambda real, fake, k: coverage(real, fake, k - 1), "the point to itself"),
    ("10.7", lambda real, fake, k: coverage(real, fake, k + 1), "one neighbour too large"),
    ("10.7", lambda real, fake, k: inside(real, fake, k).double().mean(), "all *pairs*"),
    ("10.7", lambda real, fake, k: inside(real, fake, k).any(dim=1).sum(), "number of balls"),
    ("10.7", lambda real, fake, k: inside(real, fake, k).sum() / k / len(fake), "density"),
    ("10.7", lambda real, fake, k: 1 - coverage(real, fake, k), "hold *no* generated"),
    ("10.7", lambda real, fake, k: coverage(fake, real, k), "exchanged"),
    ("10.7", lambda real, fake, k: 0.5, "For each real point"),
    ("10.7", lambda real, fake, k: metrics.precision_recall(real, fake, k)[1], "Write it yourself"),
    ("10.8", lambda p: np.exp((p * np.log(p / p.mean(axis=0))).sum(axis=1).mean()), "0 log 0"),
    ("10.8", lambda p: np.log(score(p)), "last step is exp"),
    ("10.8", lambda p: np.exp(entropy(p.mean(axis=0))), "number of classes in use"),
    ("10.8", lambda p: np.exp(entropy(p.mean(axis=0)) - entropy(p).sum()), "not the sum"),
    ("10.8", lambda p: 1 / score(p), "wrong sign"),
    ("10.8", lambda p: np.exp(np.log2(score(p))), "raise 2"),
    ("10.8", lambda p: np.exp(entropy(p).mean()), "Where is p(y)"),
    (
        "10.8",
        lambda p: np.exp((p * (np.log(np.where(p > 0, p, 1)) - np.log(p.mean(axis=0)))).sum(axis=1)).mean(),
        "then exp",
    ),
    ("10.8", lambda p: metrics.inception_score(torch.tensor(p)), "Write it yourself"),
    ("10.8", lambda p: 2.0, "log IS = H"),
    ("10.9", [1.3, 4.0], "other order"),
    ("10.9", [3.5, 3.5], "Did m change"),
    ("10.9", [12.9, 3.5], "too large for 30"),
    ("10.9", [1.3, 0.3], "too small for 30"),
    ("10.9", [3.5, 3.0], "too large for 100"),
    ("10.9", [3.5, 0.25], "a thousand images"),
    ("10.9", [-3.5, 1.3], "above 0"),
]

RIGHT = [
    ("10.1", 2.83),
    ("10.1", 2**1.5),
    ("10.1", torch.tensor(2.0**1.5)),
    ("10.2", [18, 4.24]),
    ("10.2", torch.tensor([18, 18**0.5])),
    ("10.3", [5, 4, 3, 0]),
    ("10.3", np.array([3 - 3.5**0.5, 3 + 3.5**0.5] * 2)),
    ("10.3", [1.129, 1.129, 4.871, 4.871]),
    ("10.4", disguised),
    ("10.4", lambda x, real: disguised(x, real).numpy()),
    (
        "10.4",
        lambda x, real: (
            (x - x.mean(dim=0))
            @ torch.linalg.inv(torch.linalg.cholesky(torch.cov(x.T))).T
            @ torch.linalg.cholesky(torch.cov(real.T)).T
            + real.mean(dim=0)
        ),
    ),
    ("10.5", [2.2, 2.417]),
    ("10.5", (2.2, 2.45 - 0.1 / 6 * 2)),
    ("10.5", np.array([2.2, 2.4166667])),
    ("10.6", [1, 0.25]),
    ("10.6", torch.tensor([1.0, 0.25])),
    ("10.7", coverage),
    ("10.7", lambda real, fake, k: float(coverage(real, fake, k))),
    ("10.8", score),
    ("10.8", lambda p: np.exp((p * np.log((p + 1e-12) / p.mean(axis=0))).sum(axis=1).mean())),
    ("10.9", [3.7, 1.3]),
    ("10.9", torch.tensor([4.4, 1.1])),
]
