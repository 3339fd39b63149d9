"""Chapter 3: the collapse of JS."""

from collections.abc import Callable

import numpy as np
from scipy.special import expit

from wgan_lib.checks.feedback import Hint, close, expect, expect_function, expect_value, numbers


def exercise_1(answer: object) -> None:
    """Js by hand."""
    expect_value(
        answer,
        np.log(2) / 2,
        "Write m = (p + q) / 2 first. Which cells contribute at all?",
        [
            (0.5, "That is in bits, or TV. Take the natural logarithm."),
            (np.log(2), "That is JS without a shared cell, or without the ½ before each KL."),
            (np.log(2) / 4, "That is one half of the sum; the other KL gives as much."),
            (np.log(2) / 3, "That looks like a mean over the cells. JS is a sum over them."),
            (np.log10(2) / 2, "That is with logarithms to base 10. Take the natural one."),
            (0, "p and q differ, so JS is above 0."),
        ],
    )


def exercise_2(answer: object) -> None:
    """Js of two samples."""

    def draw(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        return rng.uniform(0, 0.7, 40), rng.uniform(0.3, 1, 25), np.array([0, 0.1, 0.25, 0.3, 0.5, 0.6, 0.85, 1])

    def shares(x: np.ndarray, edges: np.ndarray) -> np.ndarray:
        return np.histogram(x, edges)[0] / len(x)

    def of(measure: Callable[[np.ndarray, np.ndarray], float]) -> Callable[..., float]:
        return lambda x, y, edges: measure(shares(x, edges), shares(y, edges))

    def pooled(x: np.ndarray, y: np.ndarray, edges: np.ndarray) -> float:
        both = shares(np.concatenate([x, y]), edges)
        return (_kl(shares(x, edges), both) + _kl(shares(y, edges), both)) / 2

    def of_densities(x: np.ndarray, y: np.ndarray, edges: np.ndarray) -> float:
        return _js(*(np.histogram(points, edges, density=True)[0] for points in (x, y)))

    def of_counts(x: np.ndarray, y: np.ndarray, edges: np.ndarray) -> float:
        return _js(*(np.histogram(points, edges)[0].astype(float) for points in (x, y)))

    expect_function(
        answer,
        of(_js),
        draw,
        "Count both samples in the cells, divide each by its own size, then compare each with m = (p + q) / 2.",
        [
            (of(lambda p, q: 2 * _js(p, q)), "That is twice JS: each KL has a ½ before it."),
            (of(lambda p, q: _js(p, q) / np.log(2)), "That is in bits. Take the natural logarithm."),
            (of(lambda p, q: _js(p, q) ** 0.5), "That is the square root of JS: SciPy calls it a distance."),
            (of(lambda p, q: (_js(p, q) / np.log(2)) ** 0.5), "That is the square root of JS, in bits."),
            (of(lambda p, q: np.abs(p - q).sum() / 2), "That is TV."),
            (of(lambda p, q: _kl(p, (p + q) / 2)), "That is the KL of one side. JS is the mean of both sides' KL."),
            (of(lambda p, q: _kl(q, (p + q) / 2)), "That is the KL of one side. JS is the mean of both sides' KL."),
            (of_densities, "Those are densities. The histograms must sum to 1, whatever the widths of the cells."),
            (of_counts, "Those are counts. Divide each by the size of its sample."),
            (pooled, "m is the mean of the two *histograms*; the larger sample must not count for more."),
        ],
        forbidden=["wgan_lib.divergences", "wgan_lib.objectives", "scipy.spatial"],
    )


def exercise_3(answer: object) -> None:
    """The optimal discriminator."""

    def draw(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        p, q = rng.dirichlet(np.ones(8)), rng.dirichlet(np.ones(8))
        p[[0, 1]], q[[0, 2]] = 0, 0  # a cell without mass, one for each alone
        return p / p.sum(), q / q.sum()

    def optimal(p: np.ndarray, q: np.ndarray) -> np.ndarray:
        with np.errstate(invalid="ignore"):
            return np.where(p + q > 0, p / (p + q), 0.5)

    def filled(value: float) -> Callable[..., np.ndarray]:
        return lambda p, q: np.where(p + q > 0, optimal(p, q), value)

    elsewhere = "In the cell where neither has mass, ½ is asked for."
    expect_function(
        answer,
        optimal,
        draw,
        "D* is the share of the mass in a cell that is real: p / (p + q).",
        [
            (lambda p, q: 1 - optimal(p, q), "That is the probability of being generated. D is that of being real."),
            (filled(0), elsewhere),
            (filled(1), elsewhere),
            (lambda p, q: np.where(p > q, 1.0, np.where(p < q, 0.0, 0.5)), "D is a probability, not a yes or no."),
            (lambda p, q: np.where(p >= q, 1.0, 0.0), "D is a probability, not a yes or no."),
            (lambda p, q: np.where(p > q, 1.0, 0.0), "D is a probability, not a yes or no."),
            (lambda p, q: p, "That is p itself: the share of the cell in the real mass. Divide by the cell's mass."),
            (lambda p, q: (p + q) / 2, "That is the middle m, not the discriminator."),
        ],
        forbidden=["wgan_lib.divergences"],
    )


def exercise_4(answer: object) -> None:
    """The non-saturating gradient."""

    def draw(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        return 3 * rng.normal(size=9), rng.normal(size=9)

    def gradient(scores: np.ndarray, slopes: np.ndarray) -> float:
        return -np.mean(expit(-scores) * slopes)

    expect_function(
        answer,
        gradient,
        draw,
        "By the chain rule each point gives -(1 - D) times its slope; D = 1 / (1 + exp(-s)).",
        [
            (lambda s, ds: -gradient(s, ds), "The size is right, the sign is not: a higher score lowers -log D."),
            (lambda s, ds: -np.mean(expit(s) * ds), "That is the gradient of log(1 - D): its weight is D."),
            (lambda s, ds: np.mean(expit(s) * ds), "That has the weight D and the wrong sign."),
            (lambda s, ds: len(s) * gradient(s, ds), "That is the sum over the points. The cost is a mean."),
            (lambda s, ds: -np.mean(ds), "The weight 1 - D is missing."),
            (lambda s, ds: -np.mean(expit(-s)), "The chain rule goes on: multiply by the slope of each score."),
            (lambda s, ds: -np.mean(expit(s) * expit(-s) * ds), "That is the slope of -D. The logarithm is missing."),
            (lambda s, ds: np.mean(np.logaddexp(0, -s)), "That is the cost itself. Its derivative is asked for."),
            (
                lambda s, ds: -np.mean(expit(-s)) * np.mean(ds),
                "The mean of a product is not the product of the means: weigh each point's own slope.",
            ),
        ],
    )


def exercise_5(answer: object) -> None:
    """When the bound is small."""
    k = np.arange(1, 200)
    belief = expit(-k / 2)  # D on the generated line
    slope = k * belief * (1 - belief)
    epsilon = belief + slope
    at_middle = expit(-k) + k * expit(-k) * (1 - expit(-k))

    def first(small: np.ndarray, limit: float = 0.05) -> list[float]:
        bound = np.divide(small, 1 - small, out=np.full(len(k), np.inf), where=small < 1)
        return [float(k[bound < limit][0]), float(bound[bound < limit][0])]

    right = first(epsilon)
    both = "ε is the value of D and the length of its slope, added."
    at_right = int(right[0]) - 1
    below = [float(k[epsilon < 0.05][0]), float(epsilon[epsilon < 0.05][0])]
    expect_value(
        answer,
        right,
        "Compute ε(k) = D + |dD/dx| at x1 = 1 for k = 1, 2, …; then the bound; then take the first below 0.05.",
        [
            (first(belief), both),
            (first(slope), both),
            (first(np.hypot(belief, slope)), "ε adds value and slope; no squares, no root."),
            (first(belief + k * belief), "The slope of D is k D (1 - D)."),
            (below, "That is where ε falls below 0.05. The bound ε / (1 - ε) is a little larger."),
            ([right[0], float(epsilon[at_right])], "k is right. The second number is ε; the bound is ε / (1 - ε)."),
            (first(epsilon, 1e-3), "That is for 0.001. Here the bound is to be below 0.05."),
            (first(at_middle), "On the generated line x1 = 1, so the score is -k/2, not -k."),
            (right[::-1], "Right, in the other order: k first."),
            (
                [right[0] - 1, float(epsilon[at_right - 1] / (1 - epsilon[at_right - 1]))],
                "One too small: for that k the bound is still above 0.05.",
            ),
        ],
    )


def exercise_6(answer: object) -> None:
    """The best noise."""
    sigma = np.geomspace(0.2, 10, 4000)
    slopes = _noisy_js_slopes(2.0, sigma)
    best = float(sigma[slopes.argmax()])
    given = float(numbers(answer))
    expect(given > 0, "A standard deviation is above 0.")
    expect(not close(given, best / 2, 0.04), "That is the best σ for θ = 1.")
    expect(not close(given, best**2, 0.02), "That is the variance. σ is the standard deviation.")
    expect(not close(given, slopes.max(), 0.02), "That is the largest slope itself. At which σ is it reached?")
    expect(not close(given, 2 * slopes.max(), 0.02), "That is the largest gradient itself. At which σ is it reached?")
    expect(given >= 0.25, "So little noise leaves the plateau at θ = 2 level. Look among larger σ.")
    expect(close(given, best, 0.02), "Compute noisy_js_slope(2.0, sigma) for many values of sigma.")


def exercise_7(answer: object) -> None:
    """Close and apart."""
    try:
        pair = list(answer)  # type: ignore[call-overload]
    except TypeError:
        raise Hint("Give two histograms: [p, q].") from None
    expect(len(pair) == 2, "Give two histograms: [p, q].")
    p, q = (numbers(histogram, (100,)) for histogram in pair)
    for histogram in (p, q):
        expect((histogram >= 0).all() and close(histogram.sum(), 1), "A histogram is at least 0 and sums to 1.")
        expect((histogram > 1e-9).sum() >= 40, "Each needs mass in at least 40 cells.")
    tv = np.abs(p - q).sum() / 2
    expect(tv > 1 - 1e-9, f"TV is {tv:.3g}: let them share no cell.")
    distance = np.abs(np.cumsum(p - q)).sum() / 100
    expect(distance <= 0.01 + 1e-9, f"W is {distance:.3g}: let no mass travel further than to the next cell.")


def exercise_8(answer: object) -> None:
    """Noise against silence."""
    given = float(numbers(answer))
    expect(given >= 0, "The size of a gradient is asked for: it is not below 0.")
    expect(given > 0.01, "So small a gradient belongs to lines without noise. Pass noise=0.3 to watch.")
    expect(
        not close(given, 1, 1e-3),
        "That is the accuracy, or W's slope. The gradient of log(1 - D) is the third number of a row.",
    )
    expect(
        given < 2.5,
        "That is the gradient of -log D, or comes from other noise. That of log(1 - D) is the third number of a row.",
    )
    expect(given > 0.2, "That is not what noise 0.3 gives after 800 steps. Take the third number of the last row.")


def _kl(p: np.ndarray, q: np.ndarray) -> float:
    mass = p > 0
    return float(np.sum(p[mass] * np.log(p[mass] / q[mass])))


def _js(p: np.ndarray, q: np.ndarray) -> float:
    middle = (p + q) / 2
    return (_kl(p, middle) + _kl(q, middle)) / 2


def _noisy_js_slopes(theta: float, sigma: np.ndarray) -> np.ndarray:
    """Return dJS/dθ between N(0, σ²) and N(θ, σ²): half of E[D* θ/σ²] under the second, by Gauss-Hermite quadrature."""
    node, weight = np.polynomial.hermite_e.hermegauss(80)
    shift = theta / sigma[:, None]
    belief = 1 / (1 + np.exp(shift**2 / 2 + shift * node))  # D* at θ + σ node
    return (belief @ weight) / weight.sum() * theta / sigma**2 / 2
