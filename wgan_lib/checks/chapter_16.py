"""Chapter 16: the scoreboard."""

from collections.abc import Sequence
from itertools import cycle

import numpy as np

from wgan_lib.checks.feedback import Hint, call, expect, expect_function, expect_value, numbers
from wgan_lib.claims import MARKS, Claim

KINDS = ("theorem", "result", "figure", "common reading")


def exercise_1(answer: object) -> None:
    """Worse than it looks."""
    two_lists = "Give (piles, holes): two positions of piles, then two positions of holes, as ([0, 1], [2, 3])."
    expect(isinstance(answer, Sequence | np.ndarray) and not isinstance(answer, str) and len(answer) == 2, two_lists)
    piles, holes = (numbers(places, (2,)) for places in answer)
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

    def ceiling(*sizes: int) -> float:
        return float(np.prod([np.sqrt(a * b) for a, b in zip(sizes, sizes[1:], strict=False)]))

    whole, hidden = ceiling(2, 512, 512, 512, 1), ceiling(512, 512, 512)
    expect_value(
        answer,
        whole ** (-1 / 4),
        "Multiply c √(inputs × outputs) over the four layers and set the product to 1.",
        [
            (1 / whole, "That is c to the fourth power: there are four layers."),
            (whole ** (-1 / 3), "That is the root for three layers; count the weight matrices: 2–512, 512–512, …"),
            (whole ** (-1 / 5), "That is the root for five layers. Five sizes have four weight matrices between them."),
            (ceiling(2, 64, 64, 64, 1) ** (-1 / 4), "That is for 64 units; here there are 512."),
            (hidden ** (-1 / 2), "The first and the last layer count, too."),
            (whole ** (-2 / 4), "The ceiling of a layer is c times the *root* of inputs × outputs, four times over."),
            (ceiling(1, 512, 512, 512, 1) ** (-1 / 4), "The points have two coordinates: the first layer is 2–512."),
            (whole ** (1 / 4), "That is the ceiling's root itself. The product must be at most 1: invert it."),
        ],
    )


def exercise_3(answer: object) -> None:
    """Evidence that can fail."""
    rng = np.random.default_rng()
    x, y = rng.normal(size=(40, 3)), rng.normal(size=(30, 3)) + 1
    apart = float(np.linalg.norm(x.mean(axis=0) - y.mean(axis=0)))

    def says(w: float, y: np.ndarray = y) -> bool:
        given = call(answer, w, x, y)
        try:
            return bool(given)
        except (TypeError, ValueError, RuntimeError):
            raise Hint("Return one True or False, not an array of them.") from None

    expect(says(1.2 * apart), "It refuses numbers that are right: w is larger than the distance of the means.")
    expect(not says(0.9 * apart), "It accepts a w that is smaller than the distance between the means.")
    expect(not says(0.999 * apart), "Its margin is so wide that a broken program slips through.")
    expect(not says(float("nan")), "It accepts a w that is not a number. Ask for w >= ..., not for not (w < ...).")
    moved = [(x + shift, float(np.linalg.norm(shift))) for shift in rng.normal(size=(50, 3))]
    expect(all(says(w, y) for y, w in moved), "If all of x moves by the same step, both sides are equal up to "
           "rounding, and the statement is true. Allow for the rounding.")  # fmt: skip


def exercise_4(answer: object) -> None:
    """How many points."""
    n = float(numbers(answer))
    expect(n != 9, "That is the exponent: give n itself.")
    expect(n == round(n) and n > 0 and np.log2(n) % 1 == 0, "Give a power of two: 16, 32, 64, …")
    expect(n != 256, "The mean at 256 is still a little above 0.025. Are your fifty pairs independent?")
    expect(n >= 512, "The mean is still above 0.025. It falls like 0.44 / √n: average W over fifty pairs for each n.")
    expect(n == 512, "There is a smaller one: go up from 16, doubling, and stop at the first.")


def exercise_5(answer: object) -> None:
    """Count."""

    def some_claims(rng: np.random.Generator) -> tuple[list[Claim], str]:
        kinds = [*KINDS, *rng.choice(KINDS, size=36)]
        rng.shuffle(kinds)
        verdicts = rng.choice(list(MARKS), size=len(kinds), p=[0.5, 0.2, 0.3])
        made = [
            Claim(f"claim-{i}", "W < JS.", str(kind), "A paper", "–", "1", str(verdict), "part/01-x")
            for i, (kind, verdict) in enumerate(zip(kinds, verdicts, strict=True))
        ]
        return made, str(rng.choice(KINDS))

    def share(found: list[Claim], kind: str, *verdicts: str) -> float:
        of_kind = [each.verdict in verdicts for each in found if each.kind == kind]
        return sum(of_kind) / len(of_kind)

    def number(found: list[Claim], kind: str) -> int:
        return sum(each.kind == kind and each.verdict == "holds" for each in found)

    expect_function(
        answer,
        lambda found, kind: share(found, kind, "holds"),
        some_claims,
        "Those of the kind that hold, divided by all of the kind.",
        [
            (lambda found, kind: share(found, kind, "holds", "holds in part"), "“Holds in part” does not count."),
            (lambda found, kind: share(found, kind, "does not hold"), "That is the share that does not hold."),
            (lambda found, kind: share(found, kind, "holds in part"), "That is the share that holds in part."),
            (number, "That is their number. Divide it by the number of claims of the kind."),
            (lambda found, kind: number(found, kind) / len(found), "Divide by the claims of this kind, not by all."),
            (lambda found, kind: sum(each.verdict == "holds" for each in found) / len(found),
             "That is the share over all kinds. Keep only the claims of the kind asked for."),
            (lambda found, kind: number(found, kind) / sum(each.verdict == "holds" for each in found),
             "That is the share of this kind among the claims that hold. Turn it round."),
            (lambda found, kind: 100 * share(found, kind, "holds"), "In per cent? Give the share, from 0 to 1."),
        ],
        forbidden=["wgan_lib.claims"],
    )  # fmt: skip


def exercise_6(answer: object) -> None:
    """How sure."""
    signs = cycle((1, -1))  # of the difference: an answer without its sign fails at the second case

    def two_methods(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        n, m = rng.choice(np.arange(4, 11), size=2, replace=False)
        a, b = 2 * rng.normal(size=n), rng.normal(size=m)
        turn = next(signs) * np.sign(a.mean() - b.mean())
        return turn * a, turn * b

    def z(a: np.ndarray, b: np.ndarray, ddof: int = 1) -> float:
        error = np.var(a, ddof=ddof) / len(a) + np.var(b, ddof=ddof) / len(b)
        return (a.mean() - b.mean()) / np.sqrt(error)

    def over(a: np.ndarray, b: np.ndarray, by: float) -> float:
        return (a.mean() - b.mean()) / by

    def error(a: np.ndarray) -> float:
        return np.std(a, ddof=1) / np.sqrt(len(a))

    def pooled(a: np.ndarray, b: np.ndarray) -> float:
        squares = (len(a) - 1) * np.var(a, ddof=1) + (len(b) - 1) * np.var(b, ddof=1)
        return np.sqrt(squares / (len(a) + len(b) - 2) * (1 / len(a) + 1 / len(b)))

    expect_function(
        answer,
        z,
        two_methods,
        "Mean of a less mean of b, over the root of var(a) / len(a) + var(b) / len(b), both variances with ddof=1.",
        [
            (lambda a, b: z(a, b, ddof=0), "NumPy divides by n unless told otherwise: use ddof=1."),
            (lambda a, b: -z(a, b), "The sign is turned: mean of a less mean of b."),
            (lambda a, b: abs(z(a, b)), "Keep the sign: it says which mean is the larger."),
            (lambda a, b: over(a, b, 1), "That is the difference itself. Divide it by its standard error."),
            (lambda a, b: over(a, b, np.sqrt(np.var(a, ddof=1) + np.var(b, ddof=1))),
             "A mean of n values varies less than one value: each variance is divided by its n."),
            (lambda a, b: over(a, b, error(a) ** 2 + error(b) ** 2), "That is the squared error: take its root."),
            (lambda a, b: over(a, b, error(a) + error(b)), "Errors at right angles: add the squares, then the root."),
            (lambda a, b: over(a, b, error(a)), "The mean of b has an error, too."),
            (lambda a, b: over(a, b, error(b)), "The mean of a has an error, too."),
            (lambda a, b: over(a, b, pooled(a, b)), "That takes one variance for both methods. Each has its own here."),
            (lambda a, b: over(a, b, error(np.concatenate([a, b]))), "Do not mix the two: their difference would count "
             "as spread."),
        ],
        forbidden=["scipy.stats", "pandas"],
    )  # fmt: skip


def exercise_7(answer: object) -> None:
    """Other data: exact transport of drawn points, so that only a wrong experiment differs by much."""
    given = numbers(answer, (2,))

    def near(value: list[float], by: float = 0.06) -> bool:
        return bool(np.abs(given - value).max() < by)

    expect(given.min() >= 0, "A share is not negative.")
    expect(given.max() <= 1, "Give shares, from 0 to 1, not per cent.")
    expect(not near([0.587, 0.267], 0.02), "That is for the eight Gaussians. Give data=toy.twenty_five_gaussians.")
    expect(not near([0.523, 0.217], 0.02), "That is for the Swiss roll. Give data=toy.twenty_five_gaussians.")
    expect(not near([0.45, 0.50], 0.02), "Those are the two, in the other order.")
    expect(near([0.50, 0.45]), "Call short_of_1(64, 0, data=toy.twenty_five_gaussians), then the same with 1024.")
