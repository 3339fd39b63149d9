"""Chapter 10: measuring quality."""

import numpy as np
import torch
from torch import Tensor

from wgan_lib.checks.feedback import call, close, expect, expect_function, expect_value, numbers


def exercise_1(answer: object) -> None:
    """An inception score by hand."""
    shares = np.array([0.5, 0.25, 0.25])
    entropy = -float(shares @ np.log(shares))
    expect_value(
        answer,
        np.exp(entropy),
        "Every p(y|x) has entropy 0, so log IS is the entropy of p(y).",
        [
            (3, "Three classes occur, but not equally often."),
            (10, "Ten would be the score if all ten classes were equally frequent."),
            (1, "That is the score of images that are nothing, or all of one class."),
            (entropy, "That is the logarithm of the score: the last step is exp."),
            (entropy / np.log(2), "That is the entropy in bits. The score is 2 to the power of it."),
            (np.exp(entropy / np.log(2)), "If the entropy is in bits, raise 2 to it, not e."),
            (np.exp(-entropy), "The sign is turned: an entropy is never negative."),
            (
                1 / float(shares @ shares),
                "That is one over the sum of squares, another count of classes. Take entropies.",
            ),
        ],
    )


def exercise_2(answer: object) -> None:
    """Fid on the line."""
    first, second = numbers(answer, (2,))
    squared = (1 - 4) ** 2 + (2 - 5) ** 2
    root = float(np.sqrt(squared))
    expect(not close([second, first], [squared, root], 1e-2), "Those are the two, in the other order.")
    expect_value(
        first,
        squared,
        "FID: with one feature, the squared difference of the means plus that of …?",
        [
            ((1 - 4) ** 2 + (4 - 25) ** 2, "Variances are given; the formula wants their roots."),
            (4 - 1 + 5 - 2, "Square both differences."),
            (root, "That is W2. The FID is its square."),
            ((1 - 4) ** 2, "The means alone make 9. The spreads differ, too."),
            ((1 - 4) ** 2 + 4 + 25, "The term with the root is missing: variances plus variances, less 2 σ₁ σ₂."),
            ((1 - 4) ** 2 + 4 + 25 - 10, "Take 2 σ₁ σ₂ away, not σ₁ σ₂."),
        ],
    )
    expect_value(
        second,
        root,
        "The FID is right. Both laws are Gaussian, so it is exactly the square of W2.",
        [
            (squared, "The FID is the square of W2. The question asks for W2 itself."),
            (3, "That is the distance of the means. The spreads differ, too."),
            (squared**2, "The root of the FID, not its square."),
            (6, "Add the squares and take the root of the sum."),
        ],
    )


def exercise_3(answer: object) -> None:
    """Fool the fid small."""
    given, real = numbers(answer, (4,)), np.array([1.0, 2.0, 3.0, 6.0])
    expect(not close(np.sort(given), real, 1e-3), "These are the real features themselves. Find others.")
    mean, variance = close(given.mean(), real.mean(), 1e-3), close(given.var(), real.var(), 2e-3)
    expect(mean or not variance, "The variance is right, the mean is not. Where must the middle lie?")
    expect(mean, "The mean must be that of the real features, 3.")
    expect(given.var() > 0, "All four are alike: the mean is right, but the variance is 0.")
    expect(
        not close(given.std(), real.var(), 2e-3),
        "The mean is right. Your *standard deviation* is the variance of the real features.",
    )
    expect(
        not close(given.var(ddof=1), real.var(), 2e-3) and not close(given.var(), real.var(ddof=1), 2e-3),
        "The mean is right. One variance is divided by 4 and the other by 3: treat both sets alike.",
    )
    expect(variance, "The mean is right, the variance is not. What keeps both?")


def exercise_4(answer: object) -> None:
    """Fool the fid at large."""
    rng = np.random.default_rng()
    real = torch.tensor(rng.exponential(size=(50, 3)) @ _mix(rng)) + 5
    x = torch.tensor(rng.uniform(size=(70, 3)) @ _mix(rng)) - 1
    result = call(answer, x, real)
    made = torch.as_tensor(numbers(result, tuple(x.shape)))
    wanted, given = torch.cov(real.T), torch.cov(made.T)
    exact = close(made.mean(dim=0), real.mean(dim=0), 1e-9) and _near(given, wanted, 1e-9)
    nearly = _near(made.mean(dim=0), real.mean(dim=0), 1e-4) and _near(given, wanted, 1e-3)
    expect(exact or not nearly, "Nearly: somewhere you leave double precision. Give x.double() and real.double().")
    expect(close(made.mean(dim=0), real.mean(dim=0), 1e-9), "The mean of the result is not that of the real features.")
    n, m = len(x), len(real)
    for factor in ((m - 1) / m, n / (n - 1), (n - 1) / n, m / (m - 1), (m - 1) / m * n / (n - 1)):
        expect(
            exact or not _near(given, wanted * factor, 1e-9),
            "Almost: a covariance of yours is divided by n. Here both are divided by n - 1, as torch.cov does.",
        )
    expect(not _near(given, torch.cov(x.T), 1e-9), "The mean is right; the covariance is still that of x.")
    expect(
        exact or not _near(given.diagonal(), wanted.diagonal(), 1e-9),
        "The variances are right, the covariances are not: use matrix roots, not each column alone.",
    )
    expect(
        not _near(given, torch.eye(3).double(), 1e-9),
        "The result has the identity as covariance. Now apply the root of the real one.",
    )
    expect(
        not _near(given, wanted @ wanted, 1e-9),
        "Your map uses the covariance itself, not its root: the result has the square of the real one.",
    )
    expect(
        exact,
        "The covariance is wrong: first give x the identity, by the inverse root of its own covariance, then apply the "
        "root of the real one.",
    )
    both = torch.cat([x, torch.ones(n, 1).double(), made, torch.ones(n, 1).double()], dim=1)
    affine = int(torch.linalg.matrix_rank(both, rtol=1e-8)) == 4
    expect(affine, "Right moments, but this is no affine map of x.")


def _mix(rng: np.random.Generator) -> np.ndarray:
    """Return a matrix that stretches and turns, and is well away from a singular one."""
    return np.diag([1.0, 2.0, 4.0]) @ np.linalg.qr(rng.normal(size=(3, 3)))[0]


def _near(given: Tensor, wanted: Tensor, rtol: float) -> bool:
    return bool((given - wanted).norm() <= rtol * wanted.norm())


def exercise_5(answer: object) -> None:
    """Extrapolate."""
    given = numbers(answer, (2,))
    cases = [(500, 2.6, 2000, 2.3), (2000, 2.5, 5000, 2.45)]
    ends = [_end(*case, power=1) for case in cases]
    expect(not close(given[::-1], ends, 2e-3), "Those are the two, in the other order.")
    right = "First generator: fid = a + b / n holds at both n. Solve for b, then for a."
    for place, (case, end) in enumerate(zip(cases, ends, strict=True)):
        n1, fid1, n2, fid2 = case
        b = (fid1 - fid2) / (1 / n1 - 1 / n2)
        expect_value(
            given[place],
            end,
            right if place == 0 else "The first is right. The second has a b of its own.",
            [
                (2 * fid2 - fid1, "The FID does not fall by equal steps: it is a straight line in 1/n."),
                (_end(*case, power=0.5), "The bias is b / n, not b / √n."),
                (_end(*case, power=-1), "That is a straight line in n. The FID is one in 1/n."),
                (fid2, "That is the FID with the larger n. At n = ∞ it is lower still."),
                (fid2 + b / n2, "The bias makes the FID too *large*: take b / n away."),
                (fid1, "That is the FID with the smaller n."),
                (b, "That is b. The question asks for a, the value at n = ∞."),
                (fid1 - b / n2, "Take b / n away with the n that belongs to the FID."),
                (fid2 - _slope(*cases[1 - place]) / n2, "That is the other generator's b. Each has its own."),
            ],
            rtol=1e-3,
        )


def _slope(n1: int, fid1: float, n2: int, fid2: float) -> float:
    return (fid1 - fid2) / (1 / n1 - 1 / n2)


def _end(n1: int, fid1: float, n2: int, fid2: float, *, power: float) -> float:
    u, v = n1**-power, n2**-power
    return fid2 - (fid1 - fid2) / (u - v) * v


def exercise_6(answer: object) -> None:
    """An outlier among the real."""
    given = numbers(answer, (2,))
    real, fake = (torch.tensor(points)[:, None] for points in ([0.0, 1.0, 2.0, 10.0], [4.0, 5.0, 6.0, 15.0]))
    precision, recall = _share_inside(fake, real, 1), _share_inside(real, fake, 1)
    expect(not close(given, [recall, precision]), "You have the two exchanged: precision is about generated points.")
    expect(not close(given, [precision * 100, recall * 100]), "Give shares, not per cent.")
    expect(not close(given, [4, 1]), "Those are counts. Give shares of the four points.")
    expect_value(
        given[0],
        precision,
        "Precision: which generated points lie in a ball around a real point?",
        [
            (0, "Draw the ball of the real point 10. Its nearest real neighbour is 2."),
            (0.75, "How far does the ball of the real point 10 reach? Its radius is 8, so to 18."),
            (0.25, "How far does the ball of the real point 10 reach? Its radius is 8, so from 2 to 18."),
        ],
    )
    expect_value(
        given[1],
        recall,
        "The precision is right. Now the balls are around the generated points: 3 to 5, 4 to 6, 5 to 7 and …?",
        [
            (0, "The precision is right. Draw the ball of the generated point 15: its nearest neighbour is 6."),
            (1, "The precision is right. Does a ball around a generated point hold the real point 0?"),
            (0.5, "The precision is right. The smallest ball on the left is from 3 to 5: it holds no real point."),
        ],
    )


def _radii(centres: Tensor, k: int) -> Tensor:
    return torch.cdist(centres, centres).kthvalue(k + 1, dim=1).values


def _share_inside(points: Tensor, centres: Tensor, k: int) -> float:
    return float((torch.cdist(points, centres) <= _radii(centres, k)).any(dim=1).double().mean())


def _covered(real: Tensor, fake: Tensor, radii: Tensor) -> Tensor:
    return torch.cdist(real, fake) <= radii[:, None]


def _two_clouds(rng: np.random.Generator) -> tuple[Tensor, Tensor, int]:
    real, fake = rng.normal(size=(60, 2)), 1.3 * rng.normal(size=(35, 2)) + 0.4
    return torch.tensor(real), torch.tensor(fake), int(rng.integers(2, 5))


def exercise_7(answer: object) -> None:
    """Coverage."""
    expect_function(
        answer,
        lambda real, fake, k: _covered(real, fake, _radii(real, k)).any(dim=1).double().mean(),
        _two_clouds,
        "For each real point: is the nearest generated point no further than its k-th nearest real neighbour?",
        [
            (
                lambda real, fake, k: _share_inside(fake, real, k),
                "That is precision: the share of *generated* points that lie in a ball. Count the balls.",
            ),
            (
                lambda real, fake, k: _share_inside(real, fake, k),
                "That is recall: its balls are around the generated points.",
            ),
            (
                lambda real, fake, k: _covered(real, fake, _radii(real, k - 1)).any(dim=1).double().mean(),
                "Your k is off by one: the smallest distance, 0, is that of the point to itself.",
            ),
            (
                lambda real, fake, k: _covered(real, fake, _radii(real, k + 1)).any(dim=1).double().mean(),
                "Your k is off by one: the ball is one neighbour too large.",
            ),
            (
                lambda real, fake, k: _covered(real, fake, _radii(real, k)).double().mean(),
                "That is the share of all *pairs*. A ball counts once if it holds any generated point.",
            ),
            (
                lambda real, fake, k: _covered(real, fake, _radii(real, k)).any(dim=1).double().sum(),
                "That is the number of balls. Give their share.",
            ),
            (
                lambda real, fake, k: _covered(real, fake, _radii(real, k)).double().sum() / k / len(fake),
                "That is density, the same authors' relative of precision. A ball counts once.",
            ),
            (
                lambda real, fake, k: 1 - _covered(real, fake, _radii(real, k)).any(dim=1).double().mean(),
                "That is the share of balls that hold *no* generated point.",
            ),
            (
                lambda real, fake, k: _covered(fake, real, _radii(fake, k)).any(dim=1).double().mean(),
                "Real and generated points are exchanged: the balls are around the real ones.",
            ),
        ],
        forbidden=["wgan_lib.metrics"],
    )


def _entropy(p: np.ndarray) -> np.ndarray:
    return -(p * np.log(np.where(p > 0, p, 1))).sum(axis=-1)


def _some_zero(rng: np.random.Generator) -> tuple[np.ndarray]:
    p = rng.dirichlet(np.full(4, 0.7), size=9)
    p[rng.uniform(size=p.shape) < 0.2] = 0
    p[:, 0] += 0.1
    return (p / p.sum(axis=1, keepdims=True),)


def exercise_8(answer: object) -> None:
    """An inception score from probabilities."""
    trial = call(answer, np.array([[0.5, 0.5, 0.0], [0.0, 0.25, 0.75]]), forbidden=["wgan_lib.metrics", "torchmetrics"])
    try:
        finite = bool(np.isfinite(np.asarray(trial, dtype=float)).all())
    except (TypeError, ValueError):
        finite = True  # said below
    expect(finite, "0 log 0 made a NaN or an infinity. Where p is 0, put any other number under the logarithm.")
    expect_function(
        answer,
        lambda p: np.exp(_entropy(p.mean(axis=0)) - _entropy(p).mean()),
        _some_zero,
        "log IS = H(p(y)) - E H(p(y|x)): the entropy of the mean row, less the mean of the rows' entropies.",
        [
            (lambda p: _entropy(p.mean(axis=0)) - _entropy(p).mean(), "That is the logarithm: the last step is exp."),
            (
                lambda p: np.exp(_entropy(p.mean(axis=0))),
                "That is the number of classes in use. The entropy of the single images is missing.",
            ),
            (
                lambda p: np.exp(_entropy(p.mean(axis=0)) - _entropy(p).sum()),
                "Take the mean over the images, not the sum.",
            ),
            (lambda p: np.exp(_entropy(p).mean() - _entropy(p.mean(axis=0))), "The difference has the wrong sign."),
            (
                lambda p: np.exp((_entropy(p.mean(axis=0)) - _entropy(p).mean()) / np.log(2)),
                "With logarithms to base 2, raise 2 to the result, not e.",
            ),
            (
                lambda p: np.exp((p * (np.log(np.where(p > 0, p, 1)) - np.log(p.mean(axis=0)))).sum(axis=1)).mean(),
                "First the mean over the images, then exp.",
            ),
            (lambda p: np.exp(_entropy(p).mean()), "That is the entropy of the single images only. Where is p(y)?"),
        ],
        forbidden=["wgan_lib.metrics", "torchmetrics"],
    )


def exercise_9(answer: object) -> None:
    """How little a memoriser can know."""
    few, more = numbers(answer, (2,))
    expect(min(few, more) > 0, "A FID of two different sets is above 0.")
    expect(not (few < 2.4 and 2.4 <= more < 7), "Those look like the two in the other order: fewer images, larger FID.")
    expect(not close(few, more, 1e-6), "The two are the same. Did m change?")
    expect(few <= 8, "The first is too large for 30 images: ten images would have about that. How many are known?")
    expect(few >= 2, "The first is too small for 30 images: a hundred would have about that. How many are known?")
    expect(more <= 2.4, "The first looks right. The second is too large for 100 images.")
    expect(
        more >= 0.7,
        "The first looks right. The second is that of a thousand images, or of real digits. Draw from 100 only.",
    )
