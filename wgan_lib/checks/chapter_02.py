"""Chapter 2: duality."""

import numpy as np
from scipy.optimize import linprog

from wgan_lib.checks.feedback import close, expect, expect_function, expect_value, numbers, w1_on_line

_ROAD = (  # holes, piles (km), and the mass of each
    np.array([1.0, 3, 6, 9]), np.array([0.0, 4, 5, 8, 10]),
    np.array([0.1, 0.4, 0.2, 0.3]), np.array([0.3, 0.1, 0.25, 0.2, 0.15]),
)  # fmt: skip
_SOLVERS = ["ot", "wgan_lib.transport"]


def exercise_1(answer: object) -> None:
    """Prices by hand."""
    pair = "Give a pair of two lists of two numbers: u for the holes and v for the piles."
    try:
        u, v = answer  # ty: ignore[not-iterable]
    except (TypeError, ValueError):
        expect(False, pair)
    u, v = numbers(u, (2,)), numbers(v, (2,))
    cost = np.abs(np.array([[0.0], [4.0]]) - np.array([1.0, 6.0]))
    bill = u[:, None] + v
    i, j = np.unravel_index((cost - bill).argmin(), cost.shape)
    expect(
        bool(bill[i, j] <= cost[i, j] + 1e-6),
        f"u[{i}] + v[{j}] = {bill[i, j]:g}, but your own cart makes that journey for {cost[i, j]:g}.",
    )
    value = bill.mean()  # all masses are 1/2
    turned = u[:, None] - v
    mirrored = (turned <= cost + 1e-6).all() and turned.mean() > 1.5 - 1e-6
    better = "At the piles you gave f(y), the price map; v is -f(y)." if mirrored else "There are better ones."
    expect(value > 1.5 - 1e-6, f"These prices are feasible, with value {value:g}. {better}")


def exercise_2(answer: object) -> None:
    """What one more unit is worth."""
    x, y, a, b = _ROAD
    epsilon = 0.01

    def rate(shift: list[float]) -> float:
        moved = w1_on_line(x, y, a, b + epsilon * np.array(shift))
        return (moved - w1_on_line(x, y, a, b)) / epsilon

    right = rate([-1, 0, 1, 0, 0])
    mistakes = [
        (-right, "The size is right. Does W rise or fall? The charges at the piles are v."),
        (epsilon * right, "That is the change for a small shift. Divide by the mass that was shifted."),
        (rate([-1, 1, 0, 0, 0]), "That is the pile at 4 km. Indices count from 0: pile 2 is at 5 km."),
        (0.0, "Two prices differ here, so W changes. Which pile gains mass, and which loses it?"),
    ]
    hint = "Which potential belongs to the piles? Which one gains mass, which loses it?"
    expect_value(answer, right, hint, mistakes)


def exercise_3(answer: object) -> None:
    """A critic on the wrong scale."""
    distance = w1_on_line(*_ROAD)
    mistakes = [
        (distance, "That is W itself, which needs slopes up to 1."),
        (5 * distance, "Its slopes are below 1: it cannot report more than W."),
        (-0.2 * distance, "That is the loss, which is minimised. The difference of the means has the other sign."),
        (0.04 * distance, "The scale enters once: W times k, not k squared."),
        (0.2, "That is the limit on its slope. What does it report, then, in the units of W?"),
        (0.8 * distance, "The value is in proportion to the slope: k W, not (1 - k) W."),
    ]
    hint = "Divide that critic by 0.2: what are its slope and its value now?"
    expect_value(answer, 0.2 * distance, hint, mistakes)


def exercise_4(answer: object) -> None:
    """A critic without a solver."""
    real, fake = np.array([0.5, 2.0, 2.5, 7.0]), np.array([1.0, 3.0, 4.0, 5.5, 6.0])
    places = np.sort(np.concatenate([real, fake]))
    try:
        slopes_only = len(answer) == 8  # ty: ignore[invalid-argument-type]
    except TypeError:
        slopes_only = False
    expect(not slopes_only, "Eight numbers: are these the slopes on the gaps? Add them up along the road.")
    scores = numbers(answer, (9,))
    steepest = np.abs(np.diff(scores) / np.diff(places)).max()
    value = np.interp(real, places, scores).mean() - np.interp(fake, places, scores).mean()
    expect(steepest < 1 + 1e-6, f"The steepest slope is {steepest:.3g}: more than 1 is not allowed. Is each step as "
           "long as its gap?")  # fmt: skip
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

    given = numbers(answer, (2,))
    if close(given[1] - given[0], high - low, 1e-3):
        hint = "The interval is as long as it should be. Is f = 0 at the first generated point?"
    elif close(given[1], high, 1e-3):
        hint = "The highest value is right. For the lowest, hang a cone of slope 1 from each real point."
    elif close(given[0], low, 1e-3):
        hint = "The lowest value is right. For the highest, stand a cone of slope 1 on each generated point."
    else:
        hint = "Stand a cone of slope 1 on each generated point, and hang one from each real point."
    mistakes = [
        ([high, low], "Right values; give the lower one first."),
        ([-high, -low], "The signs are turned: f is u at the real points, and -v at the generated ones."),
        ([-low, -high], "The signs are turned: f is u at the real points, and -v at the generated ones."),
        ([high, high], "That is the highest value, twice. An optimal critic may be lower here."),
        ([low, low], "That is the lowest value, twice. An optimal critic may be higher here."),
    ]
    expect_value(given, [low, high], hint, mistakes)


def _prices(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    n, m = 3 + int(rng.integers(3)), 7
    cost = rng.uniform(0, 3, (n, m))
    cost[0, 0] = 3.0
    u, v = rng.uniform(-1, 1, n), rng.uniform(-1, 1, m)
    u[0] = v[0] = -1.0  # a slack of 5, larger than any violation
    u[1] = v[1] = 1.0
    u[2] = v[2] = 0.9
    cost[1:3, 1:3] = rng.uniform(0.3, 0.7, (2, 2))  # four violations at least
    return u, v, cost


def _feasible_prices(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    _, v, cost = _prices(rng)
    return (cost - v).min(axis=1) - rng.uniform(0.1, 1), v, cost


def exercise_6(answer: object) -> None:
    """By how much a pair of prices is infeasible."""

    def excess(u: np.ndarray, v: np.ndarray, cost: np.ndarray) -> np.ndarray:
        return u[:, None] + v - cost

    mistakes = [
        (lambda u, v, cost: (excess(u, v, cost) > 0).any(), "That says whether one is broken, not by how much."),
        (lambda u, v, cost: (excess(u, v, cost) <= 0).all(), "That says whether none is broken. By how much?"),
        (lambda u, v, cost: (excess(u, v, cost) > 0).sum(), "That counts the broken constraints."),
        (lambda u, v, cost: excess(u, v, cost).clip(0).sum(), "That adds up all violations; the largest is asked for."),
        (lambda u, v, cost: excess(u, v, cost).clip(0).mean(), "That is their mean; the largest is asked for."),
        (lambda u, v, cost: np.abs(excess(u, v, cost)).max(), "That is the largest slack. Slack is no violation."),
        (lambda u, v, cost: excess(u, v, cost).min(), "That is turned: a constraint is broken where u + v exceeds C."),
        (lambda u, v, cost: (u[:, None] + v).max(), "Compare u + v with the cost of the journey."),
        (lambda u, v, cost: max(0.0, u.max() + v.max() - cost.min()), "Compare pair by pair: u_i + v_j with C_ij."),
    ]
    hint = "Build the (n, m) table of u_i + v_j - C_ij first; which of its entries is asked for?"
    right = lambda u, v, cost: max(0.0, excess(u, v, cost).max())  # noqa: E731
    expect_function(answer, right, _prices, hint, mistakes, forbidden=_SOLVERS)
    idle = "For a pair that breaks nothing the answer is 0; yours gives something else."
    expect_function(answer, right, _feasible_prices, idle, forbidden=_SOLVERS)


def _hanging_cones(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    d = 2 + int(rng.integers(2))
    return rng.normal(size=(9, d)), rng.normal(size=(5, d)), rng.uniform(-2, 2, 5)


def exercise_7(answer: object) -> None:
    """The lowest critic, from the prices of the real points."""

    def distance(z: np.ndarray, x: np.ndarray) -> np.ndarray:
        return np.linalg.norm(z[:, None] - x, axis=2)

    turned = "That is the formula from the generated side. From the real side cones hang down, and the highest counts."
    mistakes = [
        (lambda z, x, u: (distance(z, x) - u).min(axis=1), turned),
        (lambda z, x, u: (u + distance(z, x)).min(axis=1), turned),
        (lambda z, x, u: (u - distance(z, x)).min(axis=1), "The highest of the hanging cones counts."),
        (lambda z, x, u: (u + distance(z, x)).max(axis=1), "The cones hang down: the price falls with the distance."),
        (lambda z, x, u: (u - distance(z, x) ** 2).max(axis=1), "The distance, not its square: a cone, not a bowl."),
        (lambda z, x, u: (u - np.abs(z[:, None] - x).sum(axis=2)).max(axis=1), "That is the city-block distance."),
        (lambda z, x, u: (u - distance(z, x)).mean(axis=1), "Take the highest of the cones, not their mean."),
        (lambda z, x, u: -distance(z, x).min(axis=1), "The prices u are missing."),
        (lambda z, x, u: (-u - distance(z, x)).max(axis=1), "The sign of u is turned: a cone hangs from u."),
        (
            lambda z, x, u: (u - distance(z, x))[range(len(z)), distance(z, x).argmin(axis=1)],
            "You took the cone of the nearest real point; another one may be higher.",
        ),
    ]
    hint = "For each z take u_i minus its distance to x_i, for all i, and keep the largest."
    right = lambda z, x, u: (u - distance(z, x)).max(axis=1)  # noqa: E731
    expect_function(answer, right, _hanging_cones, hint, mistakes, forbidden=_SOLVERS)


def exercise_8(answer: object) -> None:
    """Prices for other piles, found by trial."""
    v = numbers(answer, (5,))
    x, y, a, old = _ROAD
    new, cost = np.array([0.05, 0.1, 0.25, 0.2, 0.4]), np.abs(x[:, None] - y)
    best = w1_on_line(x, y, a, new)

    def value(v: np.ndarray, b: np.ndarray) -> float:
        return a @ (cost - v).min(axis=1) + b @ v

    worth = value(v, new)
    expect(bool(np.ptp(v) > 1e-9), "These prices are all equal, as at the start. Run some rounds.")
    expect(worth > 0 or value(-v, new) < 0.9 * best, "These are the prices -v of earth at the piles. Give v itself.")
    stale = worth < 0.9 * best and value(v, old) > 0.95 * w1_on_line(x, y, a, old)
    expect(not stale, f"These prices suit the old masses; for the new ones their value is only {worth:.3f}. "
           "Is `stormy` passed on?")  # fmt: skip
    expect(worth > 0.95 * best, f"With these prices the value is {worth:.3f}, and W is {best:.3f}. Run more rounds.")
