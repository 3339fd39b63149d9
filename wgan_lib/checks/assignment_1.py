"""Assignment 1: distances and duality, by hand and by linear programme."""

import numpy as np
from scipy.optimize import linprog

from wgan_lib.checks.feedback import expect, expect_function, expect_value, numbers, w1_on_line

_SOLVERS = ["ot", "wgan_lib.transport"]


def exercise_1(answer: object) -> None:
    """W1 of three piles and two holes, by hand."""
    x, a = np.array([1.0, 7.0]), np.array([0.5, 0.5])
    y, b = np.array([0.0, 4.0, 6.0]), np.array([0.4, 0.4, 0.2])
    cost = np.abs(x[:, None] - y)
    mistakes = [
        (a @ x - b @ y, "That is the difference of the means. Some earth goes left: its way counts too."),
        (a @ cost @ b, "That is the plan in which every pile serves every hole."),
        (w1_on_line(x, y, a, np.full(3, 1 / 3)), "The piles do not hold equal amounts."),
        (0.4 * 1 + 0.1 * 5 + 0.4 * 3 + 0.1 * 1, "One tenth from the pile at 6 goes to 1, past the pile at 4."),
        (10 * w1_on_line(x, y, a, b), "You counted tenths of the mass as whole units."),
    ]
    hint = "From left to right: fill the hole at 1 from the piles in their order, then the hole at 7."
    expect_value(answer, w1_on_line(x, y, a, b), hint, mistakes)


def exercise_2(answer: object) -> None:
    """The matrix of the programme."""

    def right(n: int, m: int) -> np.ndarray:
        rows = np.kron(np.eye(n), np.ones((1, m)))
        return np.concatenate([rows, np.kron(np.ones((1, n)), np.eye(m))])

    def columns_first(n: int, m: int) -> np.ndarray:
        return np.concatenate([right(n, m)[n:], right(n, m)[:n]])

    def column_major(n: int, m: int) -> np.ndarray:
        order = np.arange(n * m).reshape(n, m).T.ravel()
        return right(n, m)[:, order]

    mistakes = [
        (columns_first, "First the n sums of rows, then the m sums of columns."),
        (column_major, "The plan is flattened row by row, as `plan.ravel()` does: entry (i, j) has the place i m + j."),
        (lambda n, m: -right(n, m), "The sums themselves, not their negatives."),
        (lambda n, m: right(n, m) / (n * m), "The entries are 0 and 1: masses are in the plan and on the right side."),
    ]
    hint = "Times plan.ravel() it must give plan.sum(axis=1), and below plan.sum(axis=0). Try n = 2, m = 3 on paper."
    expect_function(
        answer, right, lambda rng: (int(rng.integers(2, 5)), int(rng.integers(5, 8))), hint, mistakes,
        forbidden=_SOLVERS,
    )  # fmt: skip


def _solve(x: np.ndarray, y: np.ndarray, a: np.ndarray, b: np.ndarray, power: float = 1.0) -> float:
    """Return the least cost of moving b at y to a at x, with the distance to a power as cost."""
    n, m = len(x), len(y)
    cost = np.linalg.norm(x[:, None] - y, axis=2) ** power
    sums = np.concatenate([np.kron(np.eye(n), np.ones((1, m))), np.kron(np.ones((1, n)), np.eye(m))])
    return linprog(cost.ravel(), A_eq=sums, b_eq=np.concatenate([a, b])).fun


def exercise_3(answer: object) -> None:
    """Exact W in the plane, by linear programme."""

    def draw(rng: np.random.Generator) -> tuple:
        n, m = (int(k) for k in rng.integers(4, 8, size=2))
        return (
            2 * rng.normal(size=(n, 2)),
            rng.normal(size=(m, 2)),
            rng.dirichlet(np.ones(n)),
            rng.dirichlet(np.ones(m)),
        )

    def equal(x: np.ndarray, y: np.ndarray, *_: np.ndarray) -> float:
        return _solve(x, y, np.full(len(x), 1 / len(x)), np.full(len(y), 1 / len(y)))

    def lazy(x: np.ndarray, y: np.ndarray, a: np.ndarray, b: np.ndarray) -> float:
        return a @ np.linalg.norm(x[:, None] - y, axis=2) @ b

    mistakes = [
        (equal, "The points have weights a and b: they belong on the right side of the equations."),
        (lazy, "That is the plan in which every point serves every other: a feasible plan, and not the best."),
        (lambda *case: _solve(*case, power=2), "The cost is the distance, not its square."),
        (lambda *case: _solve(*case, power=2) ** 0.5, "That is W2; here the cost is the distance itself."),
        (lambda *case: -_solve(*case), "A bill cannot be negative. Did you return the value of a maximum?"),
        (lambda x, y, a, b: np.linalg.norm(a @ x - b @ y), "That is the distance of the means, a lower bound of W."),
    ]
    hint = "linprog(cost.ravel(), A_eq=constraints(n, m), b_eq=[a, b]): the least cost is its `fun`."
    expect_function(answer, _solve, draw, hint, mistakes, forbidden=_SOLVERS)


def exercise_4(answer: object) -> None:
    """Prices by hand that prove a plan to be the best."""
    cost, a, b = np.array([[1.0, 5.0], [4.0, 2.0], [6.0, 3.0]]), np.array([0.5, 0.25, 0.25]), np.array([0.5, 0.5])
    try:
        u, v = answer  # ty: ignore[not-iterable]
    except (TypeError, ValueError):
        expect(False, "Give a pair of lists: three prices u for the holes, two prices v for the piles.")
    u, v = numbers(u, (3,)), numbers(v, (2,))
    slack = cost - u[:, None] - v
    i, j = np.unravel_index(slack.argmin(), slack.shape)
    too_dear = f"u[{i}] + v[{j}] = {u[i] + v[j]:g} is more than the journey costs, {cost[i, j]:g}."
    expect(bool(slack.min() >= -1e-6), f"Not feasible: {too_dear}")
    value = a @ u + b @ v
    expect(value > 0, "Feasible, and worth nothing. How far can you raise a price before a journey is cheaper?")
    expect(
        value > 1.75 - 1e-6,
        f"Feasible, with value {value:g}, not 1.75. Where the plan moves earth, u + v must equal the cost.",
    )


def exercise_5(answer: object) -> None:
    """The best prices of the piles, given those of the holes."""

    def right(cost: np.ndarray, u: np.ndarray) -> np.ndarray:
        return (cost - u[:, None]).min(axis=0)

    mistakes = [
        (lambda cost, u: (cost - u[:, None]).max(axis=0), "The *smallest* of cost - u: one journey cheaper is enough."),
        (lambda cost, u: (cost + u[:, None]).min(axis=0), "u + v ≤ cost, so v ≤ cost - u: a minus."),
        (lambda cost, u: cost.min(axis=0), "The prices of the holes are left out."),
        (lambda cost, u: cost.min(axis=0) - u.max(), "Take u off each row before you look for the smallest."),
        (lambda cost, u: (u[:, None] - cost).max(axis=0), "Right size, other sign: that is -v."),
        (lambda cost, u: (cost - u[:, None]).mean(axis=0), "Every journey must be kept, not their mean."),
    ]
    hint = "For pile j, v is at most cost[i, j] - u[i], for every hole i: one number for each column."
    draw = lambda rng: (rng.uniform(1, 5, size=(5, 4)), rng.normal(size=5))  # noqa: E731
    expect_function(answer, right, draw, hint, mistakes, forbidden=_SOLVERS)


def exercise_6(answer: object) -> None:
    """What any critic proves about W."""

    def parts(f: np.ndarray, g: np.ndarray, x: np.ndarray, y: np.ndarray) -> tuple[float, float]:
        scores, points = np.concatenate([f, g]), np.concatenate([x, y])
        rise, way = np.abs(scores[:, None] - scores), np.linalg.norm(points[:, None] - points, axis=2)
        return f.mean() - g.mean(), (rise[way > 0] / way[way > 0]).max()

    def right(f: np.ndarray, g: np.ndarray, x: np.ndarray, y: np.ndarray) -> float:
        gap, slope = parts(f, g, x, y)
        return gap / slope

    def across(f: np.ndarray, g: np.ndarray, x: np.ndarray, y: np.ndarray) -> float:
        way = np.linalg.norm(x[:, None] - y, axis=2)
        return (f.mean() - g.mean()) / (np.abs(f[:, None] - g) / way).max()

    def draw(rng: np.random.Generator) -> tuple:
        x, y = rng.normal(size=(6, 2)) + 2, rng.normal(size=(7, 2))
        w = 3 * rng.normal(size=2) + 4
        return np.tanh(x @ w / 4) * 5, np.tanh(y @ w / 4) * 5, x, y

    mistakes = [
        (lambda *case: parts(*case)[0], "That is the gap. A critic as steep as k proves gap / k."),
        (lambda *case: parts(*case)[0] * parts(*case)[1], "Divide by the slope: a steep critic proves less."),
        (lambda *case: -right(*case), "Real minus generated: f is at the real points x."),
        (lambda *case: parts(*case)[1], "That is the steepest slope alone. What does the gap say, divided by it?"),
        (across, "The slope between two real points, or two generated ones, counts too."),
    ]
    hint = "The gap of the mean scores, over the steepest slope between any two of the n + m points."
    expect_function(answer, right, draw, hint, mistakes, forbidden=_SOLVERS)


def exercise_7(answer: object) -> None:
    """Two distances on one shift: [W, JS]."""
    given = numbers(answer, (2,))
    expect(not np.allclose(given, [np.log(2), 3]), "Right numbers, in the other order: [W, JS].")
    mistakes = [
        (9, "That is the squared length. W with the distance as cost moves all mass 3 along."),
        (1.5, "All the mass moves, not half of it."),
    ]
    expect_value(given[0], 3.0, "Every point moves by the shift.", mistakes)
    mistakes = [
        (1, "That is in bits. In nats it is smaller."),
        (np.log(4), "Half of KL(p, mixture) and half of KL(q, mixture), each log 2."),
        (0, "JS is 0 for equal distributions; these two do not meet at all."),
    ]
    expect_value(given[1], np.log(2), "The supports do not meet: each point is surely real or surely not.", mistakes)


def exercise_8(answer: object) -> None:
    """How slowly the exact W of samples falls: the exponents in 2 and in 8 dimensions."""
    given = numbers(answer, (2,))
    expect(bool((given < 0).all()), "W falls as n grows: both exponents are negative.")
    expect(given[0] < given[1], "It falls faster in the plane. [in 2 dimensions, in 8 dimensions].")
    expect(given[0] < -0.2, "In the plane it falls faster. Is n doubled in both samples, and W not its logarithm?")
    expect(-0.65 < given[0] < -0.35, "The slope of log W over log n in the plane: fit a line to all four sizes.")
    expect(-0.25 < given[1] < -0.05, "The slope of log W over log n in 8 dimensions: fit a line to all four sizes.")
