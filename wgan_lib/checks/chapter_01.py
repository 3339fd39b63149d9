"""Chapter 1: the earth mover."""

from itertools import permutations

import numpy as np

from wgan_lib.checks.feedback import close, expect, expect_function, expect_value, numbers, w1_on_line

_SOLVERS = ["ot", "scipy", "wgan_lib.transport"]


def _couples(plan: np.ndarray, a: np.ndarray, b: np.ndarray) -> None:
    """Demand that `plan` is a coupling of `a` (its rows, the holes) and `b` (its columns, the piles)."""
    expect(bool((plan >= -1e-9).all()), "No entry may be negative.")
    for name, sums, wanted in (("row", plan.sum(axis=1), a), ("column", plan.sum(axis=0), b)):
        expect(np.allclose(sums, wanted), f"The {name}s sum to {sums.round(4)}; they must sum to {wanted.round(4)}.")


def exercise_1(answer: object) -> None:
    """A plan by hand."""
    plan = numbers(answer, (3, 3))
    x, y, a, b = np.array([2, 5, 8]), np.array([0, 3, 6]), np.array([5, 2, 3]), np.array([4, 3, 3])
    turned = np.allclose(plan.sum(axis=1), b) and np.allclose(plan.sum(axis=0), a)
    expect(not turned, "Your rows are the piles. Turn the table: rows are holes, columns are piles.")
    expect(not np.isclose(plan.sum(), 1), "These are fractions. Give shovelfuls: ten of them in all.")
    _couples(plan, a, b)
    price = (plan * np.abs(x[:, None] - y)).sum()
    lazy = "It is a plan, the lazy one: every pile serves every hole. Which routes are longer than they need be?"
    expect(not close(plan, np.outer(a, b) / 10), lazy)
    expect(price < w1_on_line(x, y, a, b) + 1e-6, f"It is a plan and costs {price:g}, but there is a cheaper one.")


def exercise_2(answer: object) -> None:
    """A row of the programme."""
    at = np.arange(12)
    mistakes = [
        ((at // 3 == 1) * 1, "This row says that hole 2 is filled: it sums a row of the plan."),
        ((at % 3 == 2) * 1, "This is pile 3: the first pile has index 0."),
        ((at % 3 == 0) * 1, "This is pile 1."),
        ((at % 4 == 1) * 1, "With three columns, entries of one column are three places apart."),
        ((at // 4 == 1) * 1, "A table of four rows and three columns has rows of three entries."),
        ((at % 3 == 1) * 0.25, "The row adds up entries of the plan, each with the factor 1."),
        (at % 3 != 1, "These are the entries that have nothing to do with pile 2."),
    ]
    hint = "Put a one at each entry of the plan that takes earth from pile 2, and zeros elsewhere."
    expect_value(answer, (at % 3 == 1) * 1, hint, mistakes)


def exercise_3(answer: object) -> None:
    """W1 without a solver."""
    x, a = np.array([-1.0, 3, 4, 9]), np.full(4, 0.25)
    y, b = np.array([0.0, 1, 5]), np.array([0.5, 0.25, 0.25])
    lengths = np.array([1, 3, 3, 4])  # of the sorted quarters
    mistakes = [
        (a @ x - b @ y, "That is the difference of the means. One quarter goes left: its way counts too."),
        (b @ y - a @ x, "That is the difference of the means, and a bill cannot be negative."),
        (np.sqrt((lengths**2).mean()), "This is W2; take the lengths, not their squares."),
        ((lengths**2).mean(), "This is W2 squared; take the lengths, not their squares."),
        (lengths.sum(), "You added up the four lengths; each carries a quarter."),
        (w1_on_line(x, y, a, np.full(3, 1 / 3)), "The piles do not hold equal amounts."),
        (a @ np.abs(x[:, None] - y) @ b, "That is the lazy plan, in which every pile serves every hole."),
    ]
    hint = "Cut the earth into quarters; send them off in order."
    expect_value(answer, w1_on_line(x, y, a, b), hint, mistakes)


def _line_samples(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    n = int(rng.integers(6, 12))
    return rng.normal(size=n), 0.3 + 2 * rng.normal(size=n)  # neither is ahead everywhere, so the means say little


def exercise_4(answer: object) -> None:
    """W1 by sorting."""

    def w1(x: np.ndarray, y: np.ndarray) -> float:
        return np.abs(np.sort(x) - np.sort(y)).mean()

    mistakes = [
        (lambda x, y: np.abs(x - y).mean(), "That pairs the points in the order in which they came. Sort first."),
        (lambda x, y: abs(x.mean() - y.mean()), "That is the difference of the means: ways left and right cancel."),
        (lambda x, y: x.mean() - y.mean(), "That is the difference of the means: ways left and right cancel."),
        (lambda x, y: y.mean() - x.mean(), "That is the difference of the means: ways left and right cancel."),
        (lambda x, y: len(x) * w1(x, y), "That is the sum of the lengths; each point has the weight 1/n."),
        (lambda x, y: ((np.sort(x) - np.sort(y)) ** 2).mean(), "That is W2 squared: take lengths, not squares."),
        (lambda x, y: ((np.sort(x) - np.sort(y)) ** 2).mean() ** 0.5, "That is W2: take lengths, not squares."),
        (lambda x, y: np.abs(np.sort(x) - np.sort(y)[::-1]).mean(), "One side is sorted upwards and one downwards."),
        (lambda x, y: np.median(np.abs(np.sort(x) - np.sort(y))), "That is the median length; W is the mean."),
        (lambda x, y: np.abs(np.sort(x) - y).mean(), "Only one of the two samples is sorted."),
        (lambda x, y: np.abs(x - np.sort(y)).mean(), "Only one of the two samples is sorted."),
        (lambda x, y: np.abs(x[:, None] - y).mean(), "That is the lazy plan, in which every point goes everywhere."),
    ]
    hint = "Pair the smallest with the smallest, the second with the second, and average the lengths."
    expect_function(answer, w1, _line_samples, hint, mistakes, forbidden=_SOLVERS)


def exercise_5(answer: object) -> None:
    """One pile for all."""
    mistakes = [
        (4.0, "That is the mean, which is best for squared distances. Try some others."),
        (5.5, "That is half way between the ends: the middle holes count, too."),
        (1.8, "That is the least bill. Where does the pile stand that has it?"),
    ]
    expect_value(answer, 2.0, "Another place is cheaper. Compute W for many and compare.", mistakes)


def exercise_6(answer: object) -> None:
    """An optimal plan without zeros."""
    plan, half = numbers(answer, (2, 2)), np.full(2, 0.5)
    expect(not np.isclose(plan.sum(), 2), "Your entries sum to 2. Masses are fractions: all the earth is 1.")
    _couples(plan, half, half)  # every route has length 1, so every coupling is optimal
    expect(bool((plan > 1e-9).all()), "This plan is optimal, but an entry is zero: mix it with another optimal plan.")


def exercise_7(answer: object) -> None:
    """Little earth far away."""
    pair = "Give a pair of two flat lists of the same length: places and shares."
    try:
        places, shares = answer  # ty: ignore[not-iterable]
        places, shares = numbers(places, np.shape(places)), numbers(shares, np.shape(shares))
    except (TypeError, ValueError):
        expect(False, pair)
    expect(places.ndim == 1 and places.shape == shares.shape, pair)
    swapped = close(places.sum(), 1) and (places >= 0).all() and not close(shares.sum(), 1)
    expect(not swapped, "The places come first, then the shares.")
    expect(bool((shares >= 0).all()), "A share cannot be negative.")
    expect(close(shares.sum(), 1), f"The shares sum to {shares.sum():g}; they must sum to 1.")
    w1, w2 = shares @ np.abs(places), np.sqrt(shares @ places**2)  # from one pile there is only one plan
    expect(close(w1, 1), f"Here W1 = {w1:.4g}, not 1.")
    hint = f"W1 is right, but W2 = {w2:.4g}. Send less earth further."
    expect(w2 >= 10 - 1e-9, "W2 squared is 10 or more; its root is not." if close(w2**2, 10) else hint)


def _greedy(cost: np.ndarray) -> float:
    left, bill = cost.copy(), 0.0
    for _ in cost:
        i, j = np.unravel_index(left.argmin(), left.shape)
        bill += left[i, j]
        left[i], left[:, j] = np.inf, np.inf
    return bill / len(cost)


def _row_by_row(cost: np.ndarray) -> float:
    left, bill = cost.copy(), 0.0
    for row in left:
        bill += row.min()
        left[:, row.argmin()] = np.inf
    return bill / len(cost)


def _pairings(cost: np.ndarray) -> list[float]:
    return [cost[range(len(cost)), list(order)].mean() for order in permutations(range(len(cost)))]


def _square_cost(rng: np.random.Generator) -> tuple[np.ndarray]:
    while True:  # until the two kinds of haste are neither optimal nor alike
        n = int(rng.integers(4, 6))
        cost = np.linalg.norm(rng.normal(size=(n, 1, 2)) - rng.normal(size=(n, 2)), axis=2)
        best, greedy, in_turn = sorted([min(_pairings(cost)), _greedy(cost), _row_by_row(cost)])
        if min(greedy - best, in_turn - greedy) > 1e-3:
            return (cost,)


def exercise_8(answer: object) -> None:
    """W by trying every pairing."""
    mistakes = [
        (lambda cost: len(cost) * min(_pairings(cost)), "That is the sum; each pair carries the mass 1/n."),
        (lambda cost: cost.min(axis=1).mean(), "Here each hole takes its nearest pile, and a pile may be used twice."),
        (lambda cost: cost.min(axis=0).mean(), "Here each pile takes its nearest hole, and a hole may be used twice."),
        (_greedy, "That is greedy, cheapest routes first: not the cheapest pairing."),
        (_row_by_row, "Here each hole in turn takes the nearest pile that is left: that is greedy, too."),
        (lambda cost: np.trace(cost) / len(cost), "That is one pairing, first with first. Try them all."),
        (lambda cost: max(_pairings(cost)), "That is the dearest pairing."),
        (lambda cost: cost.mean(), "That is the mean over all pairings, which is the lazy plan."),
        (lambda cost: cost.min() / 1, "That is the cheapest single route. Every hole must be filled."),
    ]
    hint = "For each order of the piles, average C[i, order[i]] over the holes; return the least."
    expect_function(answer, lambda cost: min(_pairings(cost)), _square_cost, hint, mistakes, forbidden=_SOLVERS)


def exercise_9(answer: object) -> None:
    """How slowly W between samples falls in twenty dimensions."""
    factor = numbers(answer).item()
    expect(factor > 0, "A factor: one W divided by another, so a positive number.")
    expect(factor >= 1, "W falls as n grows, so W at 32 divided by W at 512 is more than 1. Neither the other way "
           "round, nor a difference.")  # fmt: skip
    expect(not 3.9 < factor < 4.1, "That is √16, the rate of a mean. Run it: W in 20 dimensions is much slower.")
    expect(not 2 < factor < 3.9, "That is about the factor in the plane. Is d = 20 passed on to `gaussian`?")
    expect(factor < 1.4, "That is too much: compare the means at n = 32 and n = 512, both in 20 dimensions.")
    expect(factor > 1.1, "That is too little: compare the means at n = 32 and n = 512, both in 20 dimensions.")
