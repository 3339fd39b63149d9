"""Chapter 4: the original GAN."""

import math
from collections.abc import Callable

import numpy as np
from scipy.optimize import linear_sum_assignment

from wgan_lib.checks.feedback import close, expect


def exercise_1(answer: object) -> None:
    """A draw."""
    given = np.asarray(answer, dtype=float)
    expect(given.shape == (3,), "Give three numbers: [discriminator's loss, minimax cost, non-saturating cost].")
    expect(not close(given[0], math.log(2)), "The discriminator's loss has two terms, one for real points.")
    expect(not close(given[0], -2 * math.log(2)), "That is V. The discriminator minimises -V.")
    expect(not close(given[1], math.log(2)), "The minimax cost is log(1 - D), without a minus sign.")
    expect(close(given, [2 * math.log(2), -math.log(2), math.log(2)]), "Put D = 1/2 into each formula.")


def exercise_2(answer: object) -> None:
    """Half a ring."""
    angle = np.arange(8) * math.pi / 4
    ring = math.sqrt(2) * np.stack([np.cos(angle), np.sin(angle)], axis=1)
    twice = np.repeat(ring[:4], 2, axis=0)  # a quarter of the mass each: two of eight parts
    cost = np.linalg.norm(ring[:, None] - twice, axis=2)
    nearest = cost.min(axis=1).mean()
    expect(not close(answer, nearest, 1e-4), "That lets the generator share its mass freely. Here each has a quarter.")
    squared = (cost**2)[linear_sum_assignment(cost**2)].mean()
    expect(not close(answer, squared, 1e-4), "That is with squared distances.")
    right = cost[linear_sum_assignment(cost)].mean()
    expect(close(answer, right, 1e-4), "transport.emd takes two sets of points; equal masses are its default.")


def exercise_3(answer: object) -> None:
    """The largest step."""
    gamma, slope = 0.3, 0.5
    expect(not close(answer, 2 * gamma, 0.01), "|1 + hλ|² = 1 + 2 h Re λ + h² |λ|²: Re λ is -γ/2, and |λ|² is f'(0)².")
    expect(not close(answer, 2 / gamma, 0.01), "That looks at the real part only. The imaginary part counts as well.")
    expect(close(answer, gamma / slope**2, 0.01), "Find both eigenvalues; then solve |1 + hλ| = 1 for h.")


def exercise_4(answer: Callable) -> None:
    """Look before you leap."""

    def twisted(theta: float, psi: float) -> tuple[float, float]:
        return -psi + 0.3 * theta * psi, theta - 0.1 * psi**2

    h, start = 0.2, np.array([0.8, -0.5])
    first = start + h * np.array(twisted(*start))
    right = start + h * np.array(twisted(*first))
    given = np.asarray(answer(twisted, *start, h), dtype=float)
    expect(given.shape == (2,), "Return the new pair: theta, psi.")
    expect(not np.allclose(given, first), "That is one ordinary step: the trial point.")
    expect(not np.allclose(given, first + h * np.array(twisted(*first))), "Go back: step from where the players were.")
    expect(
        np.allclose(given, right), "Field at the start; trial point; field there; step from the start with that one."
    )


def exercise_5(answer: object) -> None:
    """A smaller ring."""
    expect(not close(answer, 0.1**2, 1e-3), "The ring is at r = sqrt(2 h), not sqrt(h).")
    expect(not close(answer, math.sqrt(0.2), 1e-3), "That is the radius for h = 0.1. The question is the reverse.")
    expect(close(answer, 0.005, 1e-3), "Solve r = sqrt(2 h) for h.")
