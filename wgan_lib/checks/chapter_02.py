"""Chapter 2: duality."""

import numpy as np
from scipy.optimize import linprog

from wgan_lib.checks.feedback import close, expect, w1_on_line

_ROAD = (  # holes, piles (km), and the mass of each
    np.array([1.0, 3, 6, 9]), np.array([0.0, 4, 5, 8, 10]),
    np.array([0.1, 0.4, 0.2, 0.3]), np.array([0.3, 0.1, 0.25, 0.2, 0.15]),
)  # fmt: skip


def exercise_1(answer: object) -> None:
    """Prices by hand."""
    u, v = (np.asarray(part, dtype=float) for part in answer)
    expect(u.shape == v.shape == (2,), "Give two lists, u for the two holes and v for the two piles.")
    cost = np.abs(np.array([[0.0], [4.0]]) - np.array([1.0, 6.0]))
    bill = u[:, None] + v
    i, j = np.unravel_index((cost - bill).argmin(), cost.shape)
    expect(
        bill[i, j] <= cost[i, j] + 1e-6,
        f"u[{i}] + v[{j}] = {bill[i, j]:g}, but your own cart makes that journey for {cost[i, j]:g}.",
    )
    value = bill.mean()  # all masses are 1/2
    expect(value > 1.5 - 1e-6, f"These prices are feasible, with value {value:g}. There are better ones.")


def exercise_2(answer: object) -> None:
    """What one more unit is worth."""
    x, y, a, b = _ROAD
    epsilon = 0.01
    moved = b + epsilon * np.array([-1, 0, 1, 0, 0])
    rate = (w1_on_line(x, y, a, moved) - w1_on_line(x, y, a, b)) / epsilon
    expect(not close(answer, -rate, 1e-4), "The size is right. Does W rise or fall?")
    expect(close(answer, rate, 1e-4), "Which potential belongs to the piles? Which one gains mass, which loses it?")


def exercise_3(answer: object) -> None:
    """A critic on the wrong scale."""
    distance = w1_on_line(*_ROAD)
    expect(not close(answer, distance, 1e-3), "That is W itself, which needs slopes up to 1.")
    expect(not close(answer, 5 * distance, 1e-3), "Its slopes are below 1: it cannot report more than W.")
    expect(close(answer, 0.2 * distance, 1e-3), "Divide that critic by 0.2: what are its slope and its value now?")


def exercise_4(answer: object) -> None:
    """A critic without a solver."""
    real, fake = np.array([0.5, 2.0, 2.5, 7.0]), np.array([1.0, 3.0, 4.0, 5.5, 6.0])
    places, scores = np.sort(np.concatenate([real, fake])), np.asarray(answer, dtype=float)
    expect(scores.shape == (9,), f"There are nine places; your answer has shape {scores.shape}.")
    steepest = np.abs(np.diff(scores) / np.diff(places)).max()
    expect(steepest < 1 + 1e-6, f"The steepest slope is {steepest:.3g}: more than 1 is not allowed.")
    value = np.interp(real, places, scores).mean() - np.interp(fake, places, scores).mean()
    best = w1_on_line(real, fake, np.full(4, 1 / 4), np.full(5, 1 / 5))
    expect(value > 1e-6 - best, "This is the best critic upside down: real points must score higher.")
    expect(value > best - 1e-6, f"It is 1-Lipschitz, with value {value:.4f}; the best one has {best:.4f}.")


def exercise_5(answer: object) -> None:
    """How free a critic is."""
    points = np.array([[0.0, 2], [2, 3], [4, 1], [0, 0], [2, 1], [3, -1], [1, -1.5]])
    masses = np.array([0.5, 0.2, 0.3, -0.35, -0.25, -0.4, 0.0])
    distance = np.linalg.norm(points[:, None] - points, axis=2)
    i, j = np.nonzero(distance)
    slopes, limits = np.eye(7)[i] - np.eye(7)[j], distance[i, j]  # f_i - f_j <= d_ij, for all critics of these points
    bounds = [(None, None)] * 3 + [(0, 0)] + [(None, None)] * 3
    best = linprog(-masses, A_ub=slopes, b_ub=limits, bounds=bounds).fun
    optimal = {"A_ub": np.vstack([slopes, -masses]), "b_ub": np.append(limits, best + 1e-9), "bounds": bounds}
    place = np.eye(7)[6]
    low, high = linprog(place, **optimal).fun, -linprog(-place, **optimal).fun
    given = np.asarray(answer, dtype=float)
    expect(given.shape == (2,), "Give two numbers, the lowest and the highest value.")
    expect(not close(given, [high, low], 1e-4), "Right values; give the lower one first.")
    expect(
        not close(given[1] - given[0], high - low, 1e-4) or close(given, [low, high], 1e-4),
        "The interval is as long as it should be. Is f = 0 at the first generated point?",
    )
    expect(close(given[1], high, 1e-4), "For the highest value, stand a cone of slope 1 on each generated point.")
    expect(close(given[0], low, 1e-4), "For the lowest value, hang a cone of slope 1 from each real point.")
