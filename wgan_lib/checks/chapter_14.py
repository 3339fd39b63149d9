"""Chapter 14: whether WGANs estimate W."""

import functools

import numpy as np
import torch
from scipy.optimize import linear_sum_assignment
from scipy.spatial.distance import cdist

from wgan_lib import mnist, transport
from wgan_lib.checks.feedback import Hint, call, close, expect, expect_function, expect_value, numbers


def exercise_1(answer: object) -> None:
    """One point on each side."""
    first, second = numbers(answer, (2,))
    if close([first, second], [2, 1 / 3], 0.01):
        raise Hint("Those are the two, in the other order.")
    expect_value(
        first,
        1 / 3,
        "Same law: with one point on each side, batch W is |X - Y|. Integrate it over the square.",
        [
            (0, "Same law: 0 is the population W. Two single points seldom coincide."),
            (1 / 2, "Same law: that is the mean of X. You need the mean of |X - Y|, for independent X and Y."),
            (1 / 6, "Same law: |X - Y| has two triangles, Y above X and Y below X. You counted one."),
            (1 / np.sqrt(6), "Same law: that is the root of the mean square. W averages |X - Y| itself."),
        ],
    )
    expect_value(
        second,
        2,
        "Moved by 2: now Y > X always, so that |X - Y| = Y - X; take the mean of that.",
        [
            (2 + 1 / 3, "Moved by 2: Y is always to the right of X now. What is |X - Y|, and its mean?"),
            (2.5, "Moved by 2: that is the mean of Y. How far is Y from X on average?"),
            (1 / 3, "Moved by 2: that is what it was before the move. All of the mass has to travel further."),
        ],
    )


def exercise_2(answer: object) -> None:
    """The smallest batch that keeps a face."""
    m = float(numbers(answer))
    expect(m != 50, "50 tosses show a face of 2 % once on average; the question is how often they show none.")
    expect(m > 0, "A batch has at least one toss.")
    expect(m == round(m), "Give a whole number of tosses.")
    expect(0.98**m < 0.5, f"With {m:.0f} tosses, {0.98**m:.1%} of the batches do not show the face: θ = 0 is best.")
    expect(0.98 ** (m - 1) >= 0.5, f"{m:.0f} tosses are enough, but a smaller batch will do, too.")


def exercise_3(answer: object) -> None:
    """The referee, by assignment."""

    def two_batches(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        n = int(rng.integers(5, 9))
        return rng.normal(size=(n, 3)), rng.normal(size=(n, 3)) + rng.normal(size=3)

    def paired(x: np.ndarray, y: np.ndarray, metric: str = "euclidean") -> np.ndarray:
        cost = cdist(x, y, metric)
        return cost[linear_sum_assignment(cost)]

    expect_function(
        answer,
        lambda x, y: paired(x, y).mean(),
        two_batches,
        "Distances of all pairs (n, n), the cheapest pairing of them, and the mean of the n distances that it takes.",
        [
            (lambda x, y: paired(x, y).sum(), "That is the sum. Each point carries the mass 1/n, so take the mean."),
            (lambda x, y: paired(x, y, "sqeuclidean").mean(), "Those are squared distances: that is W2 squared."),
            (lambda x, y: np.sqrt(paired(x, y, "sqeuclidean").mean()), "That is W2. W takes distances, not squares."),
            (lambda x, y: paired(x, y, "cityblock").mean(), "Measure each pair by its Euclidean distance."),
            (lambda x, y: np.linalg.norm(x - y, axis=1).mean(), "That pairs the points as they come. Pair them best."),
            (lambda x, y: cdist(x, y).mean(), "That is the mean over all pairs. Each point goes to one partner only."),
            (lambda x, y: cdist(x, y).min(axis=1).mean(), "Each x goes to its nearest y: two may want the same one."),
            (lambda x, y: cdist(x, y).min(axis=0).mean(), "Each y goes to its nearest x: two may want the same one."),
            (lambda x, y: _greedy(cdist(x, y)), "That is greedy: cheapest pair first. The rest pays for it."),
            (lambda x, y: np.linalg.norm(x.mean(0) - y.mean(0)), "The distance of the means is only a lower bound."),
        ],
        forbidden=["wgan_lib.transport", "ot"],
    )


def _greedy(cost: np.ndarray) -> float:
    total, n = 0.0, len(cost)
    cost = cost.copy()
    for _ in range(n):
        i, j = np.unravel_index(cost.argmin(), cost.shape)
        total += cost[i, j]
        cost[i], cost[:, j] = np.inf, np.inf
    return total / n


def exercise_4(answer: object) -> None:
    """Prices for both sides."""

    def some_scores(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        n, m = rng.choice(np.arange(5, 12), size=2, replace=False)
        return 2 * rng.normal(size=n), cdist(rng.normal(size=(n, 2)), rng.normal(size=(m, 2)) + 1)

    def once(scores: np.ndarray, cost: np.ndarray) -> np.ndarray:
        return (cost - scores[:, None]).min(axis=0)

    def twice(scores: np.ndarray, cost: np.ndarray) -> np.ndarray:
        return (cost - once(scores, cost)).min(axis=1)

    rng = np.random.default_rng()
    scores, cost = some_scores(rng)
    given = np.shape(call(answer, scores, cost))
    expect(given != (cost.shape[1],), "That has one price for each generated point, (m,): only one transform, it "
           "seems. Now price the real points against these.")  # fmt: skip
    expect_function(
        answer,
        twice,
        some_scores,
        "First prices[j], the smallest cost[i, j] - scores[i] over i; then the smallest cost[i, j] - prices[j] over j.",
        [
            (lambda s, c: s, "Those are the scores themselves. Some of them can be raised."),
            (lambda s, c: -(c - s[:, None]).min(axis=0).max() + 0 * s, "One number for all is too coarse."),
            (lambda s, c: (c - (c + s[:, None]).min(axis=0)).min(axis=1), "The scores are subtracted from the cost."),
            (lambda s, c: (c + once(s, c)).min(axis=1), "The prices are subtracted from the cost, too."),
            (lambda s, c: (c - (c - s[:, None]).max(axis=0)).max(axis=1), "Smallest, not largest, both times."),
            (lambda s, c: (c - once(s, c)).max(axis=1), "The second time, too, it is the smallest, not the largest."),
            (lambda s, c: (c - (c - s[:, None]).max(axis=0)).min(axis=1), "The first time, too, it is the smallest."),
            (lambda s, c: c.min(axis=1), "That is what scores of a critic that knows nothing would leave."),
        ],
        forbidden=["wgan_lib.transport", "ot"],
    )


def exercise_5(answer: object) -> None:
    """Take the chance part away."""

    def w(a: np.ndarray, b: np.ndarray) -> float:
        cost = cdist(a, b)
        return cost[linear_sum_assignment(cost)].mean()

    def four_batches(rng: np.random.Generator) -> tuple[np.ndarray, ...]:
        return tuple(scale * rng.normal(size=(10, 3)) for scale in (1, 1, 2, 2))

    expect_function(
        answer,
        lambda x, x2, y, y2: w(x, y) - (w(x, x2) + w(y, y2)) / 2,
        four_batches,
        "W(x, y) - W(x, x2) / 2 - W(y, y2) / 2.",
        [
            (lambda x, x2, y, y2: w(x, y) - w(x, x2) - w(y, y2), "Only half of each: two halves make one floor."),
            (lambda x, x2, y, y2: w(x, y) - w(y, y2),
             "The generated side has a floor of its own, which exposes the blur. Half of each."),
            (lambda x, x2, y, y2: w(x, y) - w(x, x2), "The other side has a floor, too. Half of each."),
            (lambda x, x2, y, y2: w(x, y) - w(x, x2) / 2, "Half of W(y, y2) is missing."),
            (lambda x, x2, y, y2: w(x, y) - w(y, y2) / 2, "Half of W(x, x2) is missing."),
            (lambda x, x2, y, y2: w(x, y), "That is batch W itself. Subtract half of W(x, x2) and half of W(y, y2)."),
            (lambda x, x2, y, y2: w(x, y) + (w(x, x2) + w(y, y2)) / 2, "The floors are subtracted."),
            (lambda x, x2, y, y2: w(x, y) - (w(x, y2) + w(y, x2)) / 2,
             "x2 comes from the law of x, and y2 from that of y: the floors are W(x, x2) and W(y, y2)."),
            (lambda x, x2, y, y2: 2 * w(x, y) - w(x, x2) - w(y, y2), "That is twice what is asked."),
        ],
    )  # fmt: skip


@functools.cache
def _digits() -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Return the shuffled test digits, the mean of 10,000 training digits, and that of the test digits."""
    test = mnist.scale(mnist.images("test")).flatten(1)
    shuffled = test[torch.randperm(len(test), generator=torch.Generator().manual_seed(0))]
    return shuffled, mnist.scale(mnist.images()[:10_000]).flatten(1).mean(dim=0), shuffled.mean(dim=0)


MEAN_OF_TEST = "It seems that you took the mean of the test digits. `mean_digit` is that of 10,000 training digits."


def exercise_6(answer: object) -> None:
    """Who wins now."""
    given = numbers(answer, (2,))
    test, mean, mean_of_test = _digits()
    y, y2 = test[:64], test[64:128]

    def w(a: torch.Tensor, b: torch.Tensor) -> float:
        return transport.emd(a, b).cost

    def blurred(middle: torch.Tensor) -> float:
        return w(middle.expand(64, -1), y) - w(y, y2) / 2

    floor, plain = w(y, y2), [w(mean.expand(64, -1), y), w(test[128:192], y)]
    own = w(test[128:192], test[192:256])
    right = [blurred(mean), plain[1] - own / 2 - floor / 2]
    expect_value(
        given,
        right,
        "Blur: debiased(copies, copies, test[:64], test[64:128]) with 64 copies of mean_digit. Real digits: the same "
        "with test[128:192] and test[192:256].",
        [
            (right[::-1], "Those are the two, in the other order."),
            (plain, "That is batch W of the two. Use `debiased`."),
            ([blurred(mean_of_test), right[1]], MEAN_OF_TEST),
            ([plain[0] - floor, plain[1] - own - floor], "Only half of each floor is subtracted."),
            ([plain[0] - floor, plain[1] - floor], "Half of each floor, that of the generated side, too."),
            ([right[0], plain[1] - floor / 2], "The real digits have a floor of their own: W(x, x2) is not 0 there."),
            ([right[0], 0], "Real digits come out near 0 on average; on this draw they have another value."),
        ],
        rtol=1e-3,
    )


def exercise_7(answer: object) -> None:
    """What directions see."""
    given = numbers(answer, (2,))
    test, mean, mean_of_test = _digits()
    x, y = test[:64], test[64:128]

    def to_real(middle: torch.Tensor) -> float:
        return transport.sliced_wasserstein(middle.expand(64, -1), y)

    right = [transport.sliced_wasserstein(x, y), to_real(mean)]
    exact = [transport.emd(x, y).cost, transport.emd(mean.expand(64, -1), y).cost]
    expect_value(
        given,
        right,
        "Real: test[:64] against test[64:128], with the default directions. Blur: mean_digit.expand(64, -1) against "
        "test[64:128].",
        [
            (right[::-1], "Those are the two, in the other order."),
            (exact, "That is exact W; use transport.sliced_wasserstein."),
            ([right[0], to_real(mean_of_test)], MEAN_OF_TEST),
            ([right[0], transport.sliced_wasserstein(mean.expand(64, -1), x)],
             "The blur is held against test[64:128]."),
            ([transport.sliced_wasserstein(x, y, p=2), transport.sliced_wasserstein(mean.expand(64, -1), y, p=2)],
             "That is of order p = 2; W is of order 1, which is the default."),
        ],
    )  # fmt: skip


def exercise_8(answer: object) -> None:
    """Rank correlation."""

    def two_series(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        trend = rng.normal(size=12)
        return np.exp(2 * trend), -(trend**3) + rng.normal(size=12)

    def ranks(values: np.ndarray) -> np.ndarray:
        return np.argsort(np.argsort(values))

    def correlation(a: np.ndarray, b: np.ndarray) -> float:
        return np.corrcoef(a, b)[0, 1]

    def kendall(a: np.ndarray, b: np.ndarray) -> float:
        signs = np.sign(np.subtract.outer(a, a) * np.subtract.outer(b, b))
        return signs.sum() / (len(a) * (len(a) - 1))

    wrong_sign = "The sign is wrong: it is negative where one rises as the other falls."
    expect_function(
        answer,
        lambda a, b: correlation(ranks(a), ranks(b)),
        two_series,
        "Rank both series, 0 for the smallest and so on, then take np.corrcoef of the ranks, [0, 1].",
        [
            (correlation, "That is the correlation of the values. Replace each by its rank first."),
            (lambda a, b: correlation(np.argsort(a), np.argsort(b)),
             "argsort gives the order, not the ranks: which value comes first. Sort the order once more."),
            (lambda a, b: correlation(ranks(a), b), "Rank both series, not only the first."),
            (lambda a, b: correlation(a, ranks(b)), "Rank both series, not only the second."),
            (lambda a, b: -correlation(ranks(a), ranks(b)), wrong_sign),
            (lambda a, b: abs(correlation(ranks(a), ranks(b))), wrong_sign),
            (lambda a, b: correlation(ranks(a), ranks(b)) ** 2, "That is the square of the correlation."),
            (lambda a, b: correlation(np.sort(a), np.sort(b)), "Sorting each series by itself forgets who goes with "
             "whom."),
            (kendall, "That is Kendall's correlation, over pairs. Here it is the correlation of the ranks."),
        ],
        forbidden=["scipy.stats", "pandas"],
        rtol=1e-6,
    )  # fmt: skip


def exercise_9(answer: object) -> None:
    """Smaller batches: trained, so that a wide range is right."""
    s = float(numbers(answer))
    expect(s > 0, "A scale below 0 is not what this run ends with. Take the mean of [100:] over all five columns.")
    expect(not 0.36 < s < 0.42, "Smaller than with 64 points, but not yet what 16 do. Give n=16 to learn_scale.")
    expect(not 0.42 <= s <= 0.5, "That is what batches of 64 do. Give n=16 to learn_scale.")
    expect(not 0.5 < s < 0.7, "That is larger than with 64 points: it looks like a larger batch. Try n=16.")
    expect(s < 0.7, "The c-transform critic takes s far below 1 here. Is it kind \"c-transform\", d = 20, n=16, and "
           "the mean from round 100 on?")  # fmt: skip
    expect(s > 0.2, "Smaller, yes, but not so small. Take the mean of all five runs from round 100 on.")
