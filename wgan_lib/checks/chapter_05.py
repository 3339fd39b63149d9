"""Chapter 5: clipping."""

import numpy as np

from wgan_lib.checks.feedback import close, expect, w1_on_line

_TINY_CRITIC = (  # first weights, first biases, last weights: f(x) = Σ w relu(a x + b)
    np.array([0.5, 0.5, -0.5, -0.5]), np.array([0.25, -0.5, 0.5, 0.0]), np.array([0.5, -0.5, -0.5, 0.5]),
)  # fmt: skip
_TINY_REAL, _TINY_FAKE = np.array([0.8, 1.5, 3.0]), np.array([-1.0, 0.0, 0.2])


def exercise_1(answer: object) -> None:
    """A linear critic by hand."""
    c, shift = 0.01, np.array([3.0, 4.0])
    report, distance = c * np.abs(shift).sum(), np.linalg.norm(shift)
    numbers = np.asarray(answer, dtype=float)
    expect(numbers.shape == (2,), "Give two numbers: [what it reports, exact W].")
    expect(not np.allclose(numbers, [distance, report]), "Right numbers, in the other order.")
    expect(close(numbers[1], distance), "A shift moves every point by the same arrow: W is the arrow's length.")
    expect(
        not close(numbers[0], c * distance), "Each weight has its own limit: the vector (w1, w2) may be longer than c."
    )
    expect(close(numbers[0], report), "The report is w1·3 + w2·4. Which w1 and w2 in [-c, c] make it largest?")


def exercise_2(answer: object) -> None:
    """The ceiling of a critic."""
    sizes, c = np.array([784.0, 512, 256, 1]), 0.01
    ceiling = np.prod(c * np.sqrt(sizes[:-1] * sizes[1:]))
    expect(not close(answer, ceiling / c**3, 1e-3), "Multiply each layer by its c, too.")
    expect(not close(answer, ceiling * c, 1e-3), "Count the layers: 784 to 512, 512 to 256, 256 to 1.")
    expect(not close(answer, ceiling**2, 1e-3), "A norm is the square root of the sum of squares.")
    expect(close(answer, ceiling, 1e-3), "One factor c·√(inputs × outputs) for each of the three layers.")


def exercise_3(answer: object) -> None:
    """The bound that keeps the gradient."""
    width = 64
    expect(not close(answer, 1 / np.sqrt(width), 1e-3), "That is for random signs. Here all terms have the same sign.")
    expect(not close(answer, 2 / width, 1e-3), "Here every unit is switched on: no half is lost.")
    expect(close(answer, 1 / width, 1e-3), "Each entry of the gradient becomes a sum of 64 terms, each times c.")


def exercise_4(answer: object) -> None:
    """A certificate from a clipped critic."""
    first, bias, last = _TINY_CRITIC

    def score(x: np.ndarray) -> np.ndarray:
        return np.maximum(x[:, None] * first + bias, 0) @ last

    kinks = np.unique(-bias / first)
    ends = np.concatenate([[kinks[0] - 1], kinks, [kinks[-1] + 1]])
    steepest = np.abs(np.diff(score(ends)) / np.diff(ends)).max()
    gap = score(_TINY_REAL).mean() - score(_TINY_FAKE).mean()
    norms = np.linalg.norm(first) * np.linalg.norm(last)
    thirds = np.full(3, 1 / 3)
    distance = w1_on_line(_TINY_REAL, _TINY_FAKE, thirds, thirds)
    expect(not close(answer, gap / norms, 1e-3), "True, but weak: its steepest slope is smaller than that.")
    expect(not close(answer, distance, 1e-3), "That is W, from another source. What does *this critic* prove?")
    expect(float(np.asarray(answer)) < distance, "That is more than W: the critic cannot prove it.")
    expect(
        close(answer, gap / steepest, 1e-3), "Divide its score gap by its steepest slope. f is straight between kinks."
    )


def exercise_5(answer: object) -> None:
    """A critic that misorders."""
    nearer, further = (np.asarray(shift, dtype=float) for shift in answer)
    expect(nearer.shape == further.shape == (2,), "Give two shifts, each a pair of numbers.")
    w_nearer, w_further = np.linalg.norm(nearer), np.linalg.norm(further)
    reports = np.abs(nearer).sum(), np.abs(further).sum()
    expect(w_nearer < w_further - 1e-9, f"W is {w_nearer:.3g}, then {w_further:.3g}: the first must be smaller.")
    expect(
        reports[0] > reports[1] + 1e-9,
        f"It reports c·{reports[0]:.3g}, then c·{reports[1]:.3g}: the first must be larger. Where does it exaggerate?",
    )
