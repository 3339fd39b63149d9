"""Chapter 1: the earth mover."""

import numpy as np

from wgan_lib.checks.feedback import close, expect, w1_on_line


def _couples(plan: np.ndarray, a: np.ndarray, b: np.ndarray) -> None:
    """Demand that `plan` is a coupling of `a` and `b`."""
    expect(plan.shape == (len(a), len(b)), f"The table needs {len(a)} rows (piles) and {len(b)} columns (holes).")
    expect(not np.isnan(plan).any() and (plan >= -1e-9).all(), "No entry may be negative or NaN.")
    for name, sums, wanted in (("row", plan.sum(axis=1), a), ("column", plan.sum(axis=0), b)):
        expect(np.allclose(sums, wanted), f"The {name}s sum to {sums.round(4)}; they must sum to {wanted.round(4)}.")


def exercise_1(answer: object) -> None:
    """A plan by hand."""
    plan = np.asarray(answer, dtype=float)
    x, y, a, b = np.array([0, 3, 6]), np.array([2, 5, 8]), np.array([4, 3, 3]), np.array([5, 2, 3])
    _couples(plan, a, b)
    price = (plan * np.abs(x[:, None] - y)).sum()
    least = w1_on_line(x, y, a, b)
    expect(price < least + 1e-6, f"It is a plan and costs {price:g} shovel-metres, but there is a cheaper one.")


def exercise_2(answer: object) -> None:
    """A row of the programme."""
    row = np.asarray(answer, dtype=float)
    expect(row.shape == (12,), f"The shape is {row.shape}: read the 3 by 4 table row after row, as twelve numbers.")
    hole = np.arange(12) % 4 == 1
    expect(not close(row, np.arange(12) // 4 == 1), "This row says that pile 2 is emptied: it sums a row of the plan.")
    expect(not close(row, np.arange(12) % 4 == 2), "This is hole 3: the first hole has index 0.")
    expect(not close(row, np.arange(12) % 3 == 1), "With four columns, entries of one column are four places apart.")
    expect(close(row, hole), "Put a one at each entry of the plan that sends earth to hole 2, and zeros elsewhere.")


def exercise_3(answer: object) -> None:
    """W1 without a solver."""
    x, a = np.array([0.0, 1, 5]), np.array([0.5, 0.25, 0.25])
    y, b = np.array([2.0, 3, 4, 9]), np.full(4, 0.25)
    expect(not close(answer, np.sqrt((4 + 9 + 9 + 16) / 4)), "This is W2; take the lengths, not their squares.")
    expect(not close(answer, 4 * w1_on_line(x, y, a, b)), "You added up the four lengths; each carries a quarter.")
    expect(not close(answer, w1_on_line(x, y, np.full(3, 1 / 3), b)), "The piles do not hold equal amounts.")
    expect(close(answer, w1_on_line(x, y, a, b), 1e-4), "Cut the earth into quarters; send them off in order.")


def exercise_4(answer: object) -> None:
    """One pile for all."""
    holes = np.array([0.0, 1, 2, 6, 11])
    position = np.asarray(answer, dtype=float).item()
    expect(not close(position, holes.mean()), "That is the mean, which is best for squared distances. Try some others.")
    least = min(np.abs(holes - hole).mean() for hole in holes)  # the cost is straight between holes, so least at one
    expect(np.abs(holes - position).mean() < least + 1e-6, "Another place is cheaper. Compute W for many and compare.")


def exercise_5(answer: object) -> None:
    """An optimal plan without zeros."""
    plan, half = np.asarray(answer, dtype=float), np.full(2, 0.5)
    _couples(plan, half, half)  # every route has length 1, so every coupling is optimal
    expect((plan > 1e-9).all(), "This plan is optimal, but an entry is zero: mix it with another optimal plan.")


def exercise_6(answer: object) -> None:
    """Little earth far away."""
    places, shares = (np.asarray(part, dtype=float) for part in answer)
    expect(places.ndim == 1 and places.shape == shares.shape, "Give two flat lists of the same length.")
    expect((shares >= 0).all() and close(shares.sum(), 1), "The weights must be at least 0 and sum to 1.")
    w1, w2 = shares @ np.abs(places), np.sqrt(shares @ places**2)  # from one pile there is only one plan
    expect(close(w1, 1), f"Here W1 = {w1:.4g}, not 1.")
    expect(w2 >= 10 - 1e-9, f"W1 is right, but W2 = {w2:.4g}. Send less earth further.")
