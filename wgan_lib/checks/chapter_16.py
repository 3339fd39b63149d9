"""Chapter 16: the scoreboard."""

import numpy as np

from wgan_lib.checks.feedback import close, expect


def exercise_1(answer: object) -> None:
    """Worse than it looks."""
    piles, holes = (np.asarray(places, dtype=float) for places in answer)
    expect(piles.shape == holes.shape == (2,), "Give two positions of piles, then two positions of holes.")
    cost = np.abs(piles[:, None] - holes)  # (2, 2)
    first, second = np.unravel_index(np.argsort(cost, axis=None, kind="stable")[0], cost.shape)
    greedy = cost[first, second] + cost[1 - first, 1 - second]
    best = min(cost[0, 0] + cost[1, 1], cost[0, 1] + cost[1, 0])
    expect(best > 0, "The optimal plan costs nothing here, so there is no factor. Move the holes off the piles.")
    expect(greedy > best, f"Greedy is optimal here: {greedy:.3g}. Its first route must leave a long one for the rest.")
    factor = f"Greedy costs {greedy / best:.3g} times the optimum. "
    expect(greedy >= 1.9 * best, factor + "Let its first route be only just the cheapest.")


def exercise_2(answer: object) -> None:
    """Rescue a claim."""

    def safe(*sizes: int) -> float:
        return float(np.prod([a * b for a, b in zip(sizes, sizes[1:], strict=False)]) ** (-0.5 / (len(sizes) - 1)))

    wanted = safe(2, 512, 512, 512, 1)
    expect(not close(answer, wanted**4, 1e-3), "That is c to the fourth power: there are four layers.")
    expect(not close(answer, safe(2, 64, 64, 64, 1), 1e-3), "That is for 64 units; here there are 512.")
    expect(not close(answer, safe(512, 512, 512), 1e-3), "The first and the last layer count, too.")
    expect(close(answer, wanted, 1e-3), "Multiply c √(inputs × outputs) over the four layers and set the product to 1.")


def exercise_3(answer: object) -> None:
    """Evidence that can fail."""
    rng = np.random.default_rng(16)
    x, y = rng.normal(size=(40, 3)), rng.normal(size=(30, 3)) + 1
    apart = float(np.linalg.norm(x.mean(axis=0) - y.mean(axis=0)))
    expect(bool(answer(1.2 * apart, x, y)), "It refuses numbers that are right: w is larger than the distance.")
    expect(not answer(0.9 * apart, x, y), "It accepts a w that is smaller than the distance between the means.")
    expect(not answer(0.999 * apart, x, y), "Its margin is so wide that a broken program slips through.")
    expect(
        not answer(float("nan"), x, y), "It accepts a w that is not a number. Ask for w >= ..., not for not (w < ...)."
    )
    moved = [(x + shift, float(np.linalg.norm(shift))) for shift in rng.normal(size=(50, 3))]
    expect(all(answer(w, x, y) for y, w in moved), "If all of x moves by the same step, both sides are equal up to "
           "rounding, and the statement is true. Allow for the rounding.")  # fmt: skip


def exercise_4(answer: object) -> None:
    """How many points."""
    expect(not close(answer, 256), "The mean at 256 is still a little above 0.025. Are your fifty pairs independent?")
    expect(not close(answer, 1024), "There is a smaller one: go up from 16, doubling, and stop at the first.")
    expect(close(answer, 512), "Draw fifty pairs for n = 16, 32, 64, ..., and average W. It falls like 0.44 / √n.")
