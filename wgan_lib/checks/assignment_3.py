"""Assignment 3: the tools of the MNIST project."""

import numpy as np
from scipy.optimize import linear_sum_assignment

from wgan_lib.checks.feedback import expect_function, expect_value, numbers

_LIBRARY = ["wgan_lib.metrics", "wgan_lib.transport", "ot"]


def exercise_1(answer: object) -> None:
    """The FID that a perfect generator would have at 500 images."""
    from wgan_lib import metrics, mnist  # torch and the images are needed here alone

    given = numbers(answer)  # before the features, which take seconds
    images = mnist.scale(mnist.images("test")[:1000])
    features = metrics.features(images)
    mistakes = [
        (metrics.fid(features, features), "You compared the images with themselves. Other real ones are wanted."),
        (metrics.fid(*images.flatten(1).split(500)), "That is in pixels. FID takes features: metrics.features."),
        (metrics.kid(*features.split(500)), "That is KID."),
    ]
    hint = "metrics.fid of the features of test images 0 to 499 and of 500 to 999."
    expect_value(given, metrics.fid(*features.split(500)), hint, mistakes, rtol=2e-2)


def exercise_2(answer: object) -> None:
    """Walk between two points of the latent space."""

    def right(z0: np.ndarray, z1: np.ndarray, t: float) -> np.ndarray:
        angle = np.arccos(z0 @ z1 / np.linalg.norm(z0) / np.linalg.norm(z1))
        return (np.sin((1 - t) * angle) * z0 + np.sin(t * angle) * z1) / np.sin(angle)

    def unit(z: np.ndarray) -> np.ndarray:
        return z / np.linalg.norm(z)

    mistakes = [
        (lambda z0, z1, t: (1 - t) * z0 + t * z1,
         "That is the straight line: half way the points are too short, where few were ever drawn."),
        (lambda z0, z1, t: right(z0, z1, 1 - t), "The other way round: t = 0 is z0."),
        (lambda z0, z1, t: unit(right(z0, z1, t)), "Leave the length, which is near √d, not 1."),
        (lambda z0, z1, t: right(unit(z0), unit(z1), t), "Leave the length, which is near √d, not 1."),
        (lambda z0, z1, t: np.sin((1 - t) * np.pi / 2) * z0 + np.sin(t * np.pi / 2) * z1,
         "The angle between two points is near a right angle, and not equal to it."),
        (lambda z0, z1, t: right(z0, z1, t) * np.sin(np.arccos(unit(z0) @ unit(z1))), "Divide by sin θ."),
    ]  # fmt: skip
    draw = lambda rng: (rng.normal(size=12), rng.normal(size=12), float(rng.uniform(0.2, 0.45)))  # noqa: E731
    hint = "(sin((1 - t) θ) z0 + sin(t θ) z1) / sin θ, with the angle θ between z0 and z1."
    expect_function(answer, right, draw, hint, mistakes, forbidden=_LIBRARY)


def exercise_3(answer: object) -> None:
    """A mean of few runs, and how sure it is."""

    def right(values: np.ndarray) -> np.ndarray:
        return np.array([values.mean(), values.std(ddof=1) / np.sqrt(len(values))])

    mistakes = [
        (lambda v: right(v)[::-1], "The mean first, then its standard error."),
        (lambda v: np.array([v.mean(), v.std(ddof=1)]), "That is the spread of one run, not of their mean."),
        (lambda v: np.array([v.mean(), v.std() / np.sqrt(len(v))]), "n - 1 in the variance: few runs, ddof=1."),
        (lambda v: np.array([v.mean(), v.std() / np.sqrt(len(v) - 1) / np.sqrt(len(v) - 1)]),
         "Take the root of n once, after the spread with n - 1."),
        (lambda v: np.array([v.mean(), v.var(ddof=1) / len(v)]), "That is its square: take the root."),
        (lambda v: np.array([v.mean(), v.std(ddof=1) / len(v)]), "Divide by the root of n, not by n."),
        (lambda v: np.array([np.median(v), right(v)[1]]), "The mean, not the median."),
        (lambda v: np.array([v.min(), right(v)[1]]), "The best run is no estimate of the next one. The mean."),
    ]  # fmt: skip
    draw = lambda rng: (rng.gamma(3, size=int(rng.integers(4, 8))),)  # noqa: E731
    hint = "[mean, s / √n], with s the standard deviation with ddof=1."
    expect_function(answer, right, draw, hint, mistakes, forbidden=_LIBRARY)


def exercise_4(answer: object) -> None:
    """Whether it copies."""

    def nearest(x: np.ndarray, among: np.ndarray) -> np.ndarray:
        return np.linalg.norm(x[:, None] - among, axis=2).min(axis=1)

    def right(samples: np.ndarray, training: np.ndarray, test: np.ndarray) -> float:
        return np.median(nearest(samples, training)) / np.median(nearest(test, training))

    def draw(rng: np.random.Generator) -> tuple:
        return rng.normal(size=(9, 4)), rng.normal(size=(20, 4)), 0.5 + rng.normal(size=(11, 4))

    mistakes = [
        (lambda s, x, t: 1 / right(s, x, t), "Upside down: a copier has a ratio near 0."),
        (lambda s, x, t: np.median(nearest(s, x)), "Is that far or near? Compare with real images."),
        (lambda s, x, t: np.mean(nearest(s, x)) / np.mean(nearest(t, x)), "Medians: one odd image must not decide."),
        (lambda s, x, t: np.median(nearest(s, x)) / np.median(nearest(s, t)), "Below: from test to training images."),
        (lambda s, x, t: np.median(nearest(x, s)) / np.median(nearest(x, t)), "From samples to training images."),
        (lambda s, x, t: np.median(nearest(s, x) ** 2) / np.median(nearest(t, x) ** 2), "Not squared."),
    ]  # fmt: skip
    hint = "The median distance from a sample to its nearest training image, over the same for test images."
    expect_function(answer, right, draw, hint, mistakes, forbidden=_LIBRARY)


def exercise_5(answer: object) -> None:
    """Exact W of batches, with an error bar."""

    def pairs(x: np.ndarray, y: np.ndarray, size: int, power: int = 1) -> np.ndarray:
        ws = []
        for at in range(0, len(x) - size + 1, size):
            cost = np.linalg.norm(x[at : at + size, None] - y[at : at + size], axis=2) ** power
            ws.append(cost[linear_sum_assignment(cost)].mean())
        return np.array(ws)

    def right(x: np.ndarray, y: np.ndarray, size: int) -> np.ndarray:
        ws = pairs(x, y, size)
        return np.array([ws.mean(), ws.std(ddof=1) / np.sqrt(len(ws))])

    def draw(rng: np.random.Generator) -> tuple:
        size = int(rng.integers(4, 7))
        return rng.normal(size=(5 * size, 3)), 1 + rng.normal(size=(5 * size, 3)), size

    def whole(x: np.ndarray, y: np.ndarray, size: int) -> np.ndarray:
        return np.array([pairs(x, y, len(x))[0], right(x, y, size)[1]])

    def squared(x: np.ndarray, y: np.ndarray, size: int) -> np.ndarray:
        ws = pairs(x, y, size, 2)
        return np.array([ws.mean(), ws.std(ddof=1) / np.sqrt(len(ws))])

    mistakes = [
        (whole, "You solved all points at once. Larger samples have a smaller W: keep to the size that was asked."),
        (squared, "The cost is the distance, not its square."),
        (lambda x, y, n: np.array([right(x, y, n)[0], pairs(x, y, n).std(ddof=1)]), "Over √k: the error of the mean."),
        (
            lambda x, y, n: np.array([n * right(x, y, n)[0], n * right(x, y, n)[1]]),
            "The mean over the pairs, not the sum.",
        ),
        (lambda x, y, n: np.array([pairs(x, y, n)[0], right(x, y, n)[1]]), "That is the first batch alone."),
    ]
    hint = "For each batch the optimal pairing (linear_sum_assignment) and its mean length; then A3.3 over the batches."
    expect_function(answer, right, draw, hint, mistakes, forbidden=_LIBRARY)
