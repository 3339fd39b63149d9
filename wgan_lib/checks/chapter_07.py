"""Chapter 7: head to head."""

import itertools
import math

import numpy as np

from wgan_lib import mnist, toy, transport
from wgan_lib.checks.feedback import expect, expect_function, expect_value, numbers
from wgan_lib.experiments import head_to_head


def exercise_1(answer: object) -> None:
    """Captured modes."""

    def distances(points: np.ndarray, centres: np.ndarray) -> np.ndarray:
        return np.linalg.norm(points[:, None] - centres, axis=2)  # (n, k)

    def right(points: np.ndarray, centres: np.ndarray, std: float) -> int:
        apart = distances(points, centres)
        return len(set(apart.argmin(axis=1)[apart.min(axis=1) <= 3 * std]))

    def draw(rng: np.random.Generator) -> tuple:
        centres = 3 * np.stack(np.meshgrid(np.arange(4.0), np.arange(3.0)), axis=-1).reshape(-1, 2)
        points = np.concatenate([centres[c] + r * _directions(rng, n) for c, r, n in _rings(rng)])
        return rng.permutation(points), rng.permutation(centres), 0.15

    expect_function(
        answer,
        right,
        draw,
        "For each point find the nearest centre; keep points within 3 std of it; count the different centres left.",
        [
            (lambda x, c, s: (distances(x, c).min(axis=1) <= 3 * s).sum(), "That counts the good points: count modes."),
            (
                lambda x, c, s: (distances(x, c).min(axis=1) <= 3 * s).mean(),
                "That is the share of good points: count modes.",
            ),
            (
                lambda x, c, s: len(set(distances(x, c).argmin(axis=1))),
                "You count modes with bad points only. Keep the good.",
            ),
            (lambda x, c, s: len(c), "That is the number of centres, captured or not."),
            (lambda x, c, s: len(c) - right(x, c, s), "That counts the modes that are *not* captured."),
            (lambda x, c, s: _within(distances(x, c), s), "Three standard deviations, not one."),
            (
                lambda x, c, s: _within(distances(x, c) ** 2, 3 * s),
                "The distance, not its square, is compared with 3 std.",
            ),
            (lambda x, c, s: _within(distances(x, c), 3 * s**2), "3 std, not 3 variances."),
            (
                lambda x, c, s: (distances(x, c).mean(axis=0) <= 3 * s).sum(),
                "One good point is enough: no mean over points.",
            ),
        ],
        forbidden=["wgan_lib.experiments.head_to_head"],
    )


def _rings(rng: np.random.Generator) -> list[tuple[int, float, int]]:
    """Return (centre, distance from it, number of points): some good, some bad, several modes without any."""
    order = rng.permutation(12)
    near = [(c, (0.3, 0.05, 0.1)[k % 3], int(rng.integers(2, 5))) for k, c in enumerate(order[: rng.integers(3, 6)])]
    return near + [(c, 0.55, 2) for c in order[5:8]] + [(c, 1.2, 3) for c in order[8:10]]


def _directions(rng: np.random.Generator, n: int) -> np.ndarray:
    turn = rng.uniform(0, 2 * np.pi, n)
    return np.stack([np.cos(turn), np.sin(turn)], axis=1)


def _within(measure: np.ndarray, bound: float) -> int:
    return len(set(measure.argmin(axis=1)[measure.min(axis=1) <= bound]))


def exercise_2(answer: object) -> None:
    """The best that quality can be."""
    share = 1 - math.exp(-4.5)
    expect_value(
        answer,
        share,
        "Integrate the density r exp(-r²/2) from 0 to 3.",
        [
            (0.9973, "That is three standard deviations on the line. These are in the plane."),
            (0.9973002**2, "That is a square of side 6σ. The points within 3σ form a disc."),
            (math.exp(-4.5), "That is the share outside."),
            (100 * share, "A share, not per cent."),
            (1 - math.exp(-9), "The exponent is r²/2, not r²."),
            (1 - math.exp(-1.5), "The exponent is r²/2 with r = 3, not r/2."),
            (math.sqrt(0.9973002), "No root: integrate the density r exp(-r²/2) from 0 to 3."),
        ],
        rtol=2e-5,
    )


def exercise_3(answer: object) -> None:
    """A floor by hand."""
    d, n = 2.0, 500
    expect_value(
        answer,
        d / math.sqrt(math.pi * n),
        "W = d |p - p'|; a share has variance 1/(4n).",
        [
            (
                d / math.sqrt(2 * math.pi * n),
                "Both samples fluctuate: the variance of p - p' is twice that of one share.",
            ),
            (d / math.sqrt(2 * n), "That is d · σ. E|X| is smaller: σ √(2/π)."),
            (1 / math.sqrt(math.pi * n), "Each unit of mass travels d = 2."),
            (2 * d / math.sqrt(math.pi * n), "A share has variance p (1 - p) / n = 1/(4n), not 1/n."),
            (
                d * math.sqrt(2) / math.sqrt(math.pi * n),
                "Twice 1/(4n) is 1/(2n): is there one 2 too many under your root?",
            ),
            (d * math.sqrt(2 / math.pi) / (2 * n), "The root of the variance is wanted: n stands under a root."),
            (0.0, "The mean of p - p' is 0, but W is d |p - p'|, which is never negative."),
        ],
    )


def exercise_4(answer: object) -> None:
    """When w sees it."""
    number = float(numbers(answer))
    centres = toy.twenty_five_centres()
    others = np.full(25, 1 / 24)
    others[12] = 0
    price = transport.emd(centres.numpy(), centres.numpy(), b=others).cost
    ratio = head_to_head.floor("25 Gaussians").mean() / price
    right = 500 * ratio**2
    if number in (math.floor(right), math.ceil(right), round(right, -1), round(right, -2)):
        return  # points come in whole numbers
    eight = head_to_head.floor("8 Gaussians").mean() / _price_of_eight()
    expect_value(
        number,
        right,
        "Set floor(500) · √(500 / n) equal to the price, and solve for n.",
        [
            (500 * ratio, "The floor falls like the root of n: n must grow by the square."),
            (500 / ratio**2, "Fewer points raise the floor. More are needed, not fewer."),
            (500 / ratio, "Fewer points raise the floor. More are needed, not fewer."),
            (ratio**2, "That is the factor by which 500 has to grow."),
            (ratio, "That is how many times the floor exceeds the price."),
            (500 * math.sqrt(ratio), "The floor falls like the root of n: n must grow by the square, not by the root."),
            (500 * eight**2, "These are the eight Gaussians. The question is about the twenty-five."),
        ],
        rtol=2e-3,
    )


def _price_of_eight() -> float:
    centres = toy.eight_centres().numpy()
    others = np.full(8, 1 / 7)
    others[0] = 0
    return transport.emd(centres, centres, b=others).cost


def _error(a: np.ndarray, b: np.ndarray, ddof: int = 1) -> float:
    return math.sqrt(a.var(ddof=ddof) / len(a) + b.var(ddof=ddof) / len(b))


def exercise_5(answer: object) -> None:
    """Welch's t."""

    def pooled(a: np.ndarray, b: np.ndarray) -> float:
        n, m = len(a), len(b)
        variance = ((n - 1) * a.var(ddof=1) + (m - 1) * b.var(ddof=1)) / (n + m - 2)
        return (a.mean() - b.mean()) / math.sqrt(variance * (1 / n + 1 / m))

    def gap(a: np.ndarray, b: np.ndarray) -> float:
        return a.mean() - b.mean()

    signs = itertools.cycle((1, -1))  # of the gap: an answer without its sign fails at the second case

    def draw(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        a, b = 3 * rng.normal(size=int(rng.integers(4, 7))), rng.normal(size=int(rng.integers(8, 12)))
        turn = next(signs) * np.sign(gap(a, b))
        return turn * a, turn * b

    expect_function(
        answer,
        lambda a, b: gap(a, b) / _error(a, b),
        draw,
        "The difference of the means over the root of s_a² / n_a + s_b² / n_b.",
        [
            (lambda a, b: -gap(a, b) / _error(a, b), "The sign: a minus b."),
            (lambda a, b: abs(gap(a, b)) / _error(a, b), "Keep the sign: it says which mean is larger."),
            (
                lambda a, b: gap(a, b) / _error(a, b, ddof=0),
                "Divide by n - 1: var(ddof=1). NumPy divides by n by itself.",
            ),
            (pooled, "That pools the two variances (Student's test). Keep each apart, over its own size."),
            (lambda a, b: gap(a, b) / _error(a, b) ** 2, "The root is missing: a variance is not an error."),
            (lambda a, b: gap(a, b) / math.sqrt(a.var(ddof=1) + b.var(ddof=1)), "Divide each variance by its size."),
            (lambda a, b: _error(a, b), "That is the standard error alone."),
            (lambda a, b: gap(a, b), "That is the difference alone: divide it by its standard error."),
            (
                lambda a, b: gap(a, b) / (a.std(ddof=1) / len(a) ** 0.5 + b.std(ddof=1) / len(b) ** 0.5),
                "Variances add, standard errors do not: add first, then take the root.",
            ),
        ],
        forbidden=["scipy"],
    )


def _last(method: str) -> np.ndarray:
    rows = head_to_head.load(mnist.find_upwards("runs/head-to-head")[0] / "finals.csv")
    end = (method, "Swiss roll", head_to_head.FINAL_STEPS)
    last = {row["seed"]: row["w"] for row in rows if (row["method"], row["data"], row["step"]) == end}
    return np.array([last[seed] for seed in head_to_head.FINAL_SEEDS])


def exercise_6(answer: object) -> None:
    """Read the record."""
    given = numbers(answer, (3,))
    a, b = _last("one-sided"), _last("R1")
    gap, error, level = a.mean() - b.mean(), _error(a, b), 0.05 / 45
    paired = (a - b).std(ddof=1) / math.sqrt(len(a))
    mistakes = [
        ([-gap, error, level], "The sign: one-sided minus R1."),
        ([gap, paired, level], "That is the paired error. Take the two variances apart: var(ddof=1) / 10 for each."),
        ([gap, _error(a, b, ddof=0), level], "Divide by n - 1: var(ddof=1)."),
        ([gap, error * math.sqrt(len(a)), level], "That is the spread of one difference. The mean of ten has less."),
        ([gap, error**2, level], "That is the variance of the difference: take the root."),
        (
            [gap, math.hypot(a.std(ddof=1), b.std(ddof=1)) / 10, level],
            "Variances go with 1/10, so the root with 1/√10.",
        ),
        ([gap, error, 0.05], "That is the level of one test. There are 45."),
        ([gap, error, 0.05 / 15], "Fifteen pairs on three data sets are 45 tests."),
        ([gap, error, 0.05 / 3], "Fifteen pairs on three data sets are 45 tests."),
        ([gap, error, 0.05 * 45], "Divide by the number of tests: each must be the stricter, the more there are."),
        ([gap, error, 0.95 / 45], "The chance of a false winner is to be 0.05."),
        ([gap, error, 0.05 / 90], "A test of either sign is one test: 45."),
    ]
    strict = 1 - 0.95 ** (1 / 45)  # Šidák's level, which is right as well
    if abs(given[2] / strict - 1) < 2e-3:
        given[2] = level
    expect_value(
        given, [gap, error, level], "Take the last look of each game, column -1 of look(); then see 7.5.", mistakes
    )


def exercise_7(answer: object) -> None:
    """Sum or mean."""
    expect_value(
        answer,
        [0.25, 1],
        "Put g / 4 in place of g: in θ - h g, and in θ - h m / √v with m = g and v = g².",
        [
            ([0.25, 0.25], "Adam divides the gradient by its own root mean square."),
            ([1, 1], "Gradient descent steps by the learning rate times the gradient, and that is a quarter."),
            ([1, 0.25], "The order: gradient descent first."),
            ([4, 1], "The gradient gets smaller, not larger."),
            ([0.25, 0.5], "√v is a quarter, too: v holds squares, and their root is taken."),
            ([0.25, 4], "√v is a quarter, and so is m: what is their ratio?"),
            ([0.25, 1 / 16], "v is divided by 16, but its root by 4, and it stands below."),
            ([0.25, 2], "√v is a quarter, and so is m: what is their ratio?"),
        ],
    )


def exercise_8(answer: object) -> None:
    """A strong penalty."""
    two, one = numbers(answer, (2,))
    expect(min(two, one) > 0, 'Exact W is positive. Is this the `estimate`? Take the row\'s "w".')
    expect(two != one, 'The two are equal: the methods are "GP" and "one-sided".')
    expect(one < two, "The order: two-sided first.")
    expect(two > 0.75, "With λ = 10 the two-sided game ends farther away. Did you give strength=10.0?")
    expect(two < 6, "That is too far even for this game: λ = 10, three hidden layers, 800 steps?")
    expect(one < 0.75, "The one-sided game comes nearer. Did you let it make 800 critic steps, with λ = 10?")
