"""Chapter 3: the collapse of JS."""

import numpy as np

from wgan_lib.checks.feedback import close, expect


def _noisy_js_slopes(theta: float, sigma: np.ndarray) -> np.ndarray:
    """Return dJS/dθ between N(0, σ²) and N(θ, σ²): half of E[D* θ/σ²] under the second, by Gauss-Hermite quadrature."""
    node, weight = np.polynomial.hermite_e.hermegauss(80)
    shift = theta / sigma[:, None]
    belief = 1 / (1 + np.exp(shift**2 / 2 + shift * node))  # D* at θ + σ node
    return (belief @ weight) / weight.sum() * theta / sigma**2 / 2


def exercise_1(answer: object) -> None:
    """Js by hand."""
    expect(not close(answer, 0.5, 1e-3), "That is in bits. Take the natural logarithm.")
    expect(not close(answer, np.log(2), 1e-3), "That is JS without a shared cell, or without the ½ before each KL.")
    expect(not close(answer, np.log(2) / 4, 1e-3), "That is one half of the sum; the other KL gives as much.")
    expect(close(answer, np.log(2) / 2, 1e-4), "Write m = (p + q) / 2 first. Which cells contribute at all?")


def exercise_2(answer: object) -> None:
    """Two gradients."""
    belief = 1 / (1 + np.exp(10))
    right = np.array([20 * belief, 20 * (1 - belief)])
    sizes = np.asarray(answer, dtype=float)
    expect(sizes.shape == (2,), "Give two numbers: [for log(1 - D), for -log D].")
    expect((sizes >= 0).all(), "Sizes are asked for: leave the sign away.")
    expect(not np.allclose(sizes, right[::-1], rtol=1e-3), "Those are the two, in the other order.")
    expect(not np.allclose(sizes, right / 20, rtol=1e-3), "The slope of the score, 20, is missing.")
    expect(np.allclose(sizes, right, rtol=1e-3, atol=0), "Find s and D at x1 = 1; then use the two chain rules.")


def exercise_3(answer: object) -> None:
    """When the bound is small."""
    k = np.arange(1, 200)
    belief = 1 / (1 + np.exp(k / 2))
    epsilon = belief + k * belief * (1 - belief)  # value and slope
    bound = np.where(epsilon < 1, epsilon / (1 - epsilon), np.inf)

    def first(value: np.ndarray) -> int:
        return int(k[value < 1e-3][0])

    expect(float(answer) == int(answer), "A whole number is asked for.")
    expect(answer != first(belief), "ε is the value of D and the length of its slope, added.")
    expect(answer == first(bound), "Compute ε(k) = D + |dD/dx| at x1 = 1 for k = 1, 2, …, then the bound.")


def exercise_4(answer: object) -> None:
    """The best noise."""
    sigma = np.geomspace(0.2, 10, 4000)
    best = sigma[_noisy_js_slopes(2.0, sigma).argmax()]
    answer = float(np.asarray(answer, dtype=float))
    expect(abs(answer / best - 0.5) > 0.02, "That is the best σ for θ = 1.")
    expect(abs(answer / best - 1) < 0.02, "Compute noisy_js_slope(2.0, sigma) for many values of sigma.")


def exercise_5(answer: object) -> None:
    """Close and apart."""
    p, q = (np.asarray(histogram, dtype=float) for histogram in answer)
    expect(p.shape == q.shape == (100,), "Give two histograms over the 100 positions.")
    for histogram in (p, q):
        expect((histogram >= 0).all() and close(histogram.sum(), 1), "A histogram is at least 0 and sums to 1.")
        expect((histogram > 1e-9).sum() >= 40, "Each needs mass in at least 40 cells.")
    tv = np.abs(p - q).sum() / 2
    expect(tv > 1 - 1e-9, f"TV is {tv:.3g}: let them share no cell.")
    distance = np.abs(np.cumsum(p - q)).sum() / 100
    expect(distance <= 0.01 + 1e-9, f"W is {distance:.3g}: let no mass travel further than to the next cell.")
