"""Chapter 17: where the thread leads."""

import numpy as np

from wgan_lib.checks.feedback import close, expect, expect_function, expect_value, numbers


def exercise_1(answer: object) -> None:
    """The sliced distance of a shift by 1, in 2 and in 3 dimensions."""
    two, three = numbers(answer, (2,))
    expect(not close([three, two], [2 / np.pi, 0.5], 1e-2), "Those are the two, in the other order.")
    expect_value(
        two,
        2 / np.pi,
        "Two: along a direction at the angle α the cloud moves by |cos α|. What is its mean over the circle?",
        [
            (1, "Two: that is W. A projection is shorter, unless it lies along the shift."),
            (np.sqrt(1 / 2), "Two: that is the root of the mean square. Take the mean of |cos α|."),
            (0.5, "Two: that is right in three dimensions, or the mean of cos² α. Take the mean of |cos α|."),
            (0, "Two: the mean of cos α is 0, but a distance counts its size, |cos α|."),
            (1 / np.pi, "Two: the mean over the circle is the integral of |cos α| over 2π, divided by 2π."),
        ],
    )
    expect_value(
        three,
        0.5,
        "Two is right. Three: on the sphere a coordinate is uniform on [−1, 1]. What is the mean of its size?",
        [
            (np.sqrt(1 / 3), "Three: that is the root of the mean square. Take the mean of the size."),
            (1 / 3, "Three: that is the mean of the square of a coordinate. Take the mean of its size."),
            (2 / np.pi, "Three: with one more dimension there is less along a random direction."),
            (4 / np.pi**2, "Three: the mean is not multiplied by 2/π for each dimension; see the formula."),
            (np.sqrt(2 / (3 * np.pi)), "Three: that is the approximation for many dimensions. Take the exact formula."),
        ],
    )


def exercise_2(answer: object) -> None:
    """W1 along each direction, by sorting."""

    def clouds(rng: np.random.Generator) -> tuple[np.ndarray, ...]:
        n, d = rng.integers(5, 12), rng.integers(2, 5)
        directions = rng.normal(size=(d, rng.integers(3, 7)))
        x, y = rng.normal(size=(n, d)), 2 * rng.normal(size=(n, d)) + 1
        return x, y, directions / np.linalg.norm(directions, axis=0)

    def gaps(x: np.ndarray, y: np.ndarray, directions: np.ndarray) -> np.ndarray:
        return np.sort(x @ directions, axis=0) - np.sort(y @ directions, axis=0)

    expect_function(
        answer,
        lambda x, y, v: np.abs(gaps(x, y, v)).mean(),
        clouds,
        "Project both with @, sort every column by itself, and take the mean size of the differences.",
        [
            (lambda x, y, v: np.abs(x @ v - y @ v).mean(), "The projections are not sorted yet."),
            (lambda x, y, v: np.abs(gaps(x, y, v)).sum(), "Take the mean over points and directions, not the sum."),
            (lambda x, y, v: np.abs(gaps(x, y, v)).sum(axis=0).mean(), "Each point carries 1/n: the mean over points."),
            (lambda x, y, v: np.abs(gaps(x, y, v)).mean(axis=0).max(), "That is the best direction. Take their mean."),
            (lambda x, y, v: np.abs(gaps(x, y, v).mean(axis=0)).mean(), "Those are distances of means: first sizes."),
            (lambda x, y, v: np.sqrt((gaps(x, y, v) ** 2).mean()), "That is the sliced W2. Take sizes, not squares."),
            (
                lambda x, y, v: np.abs(np.sort(x @ v, axis=1) - np.sort(y @ v, axis=1)).mean(),
                "Sort along axis 0: the points of one direction, not the directions of one point.",
            ),
            (
                lambda x, y, v: np.abs((np.sort(x, axis=0) - np.sort(y, axis=0)) @ v).mean(),
                "First project, then sort: the order of the points depends on the direction.",
            ),
        ],
        forbidden=("wgan_lib.transport", "ot"),
    )  # fmt: skip


def exercise_3(answer: object) -> None:
    """What entropy takes from Gaussian data of variance 4."""
    deviation, epsilon = numbers(answer, (2,))
    expect(not close([epsilon, deviation], [np.sqrt(3), 8], 1e-2), "Those are the two, in the other order.")
    expect_value(
        deviation,
        np.sqrt(3),
        "Deviation: the variance is σ² − ε/2, with σ² = 4 and ε = 2. The deviation is its root.",
        [
            (3, "Deviation: that is the variance. Take the root."),
            (np.sqrt(2), "Deviation: the variance falls by half of ε, not by ε."),
            (2, "Deviation: that is the data's. Entropy takes ε/2 from the variance."),
            (1, "Deviation: ε/2 is taken from the variance, not from the deviation."),
            (np.sqrt(5), "Deviation: the generator shrinks; it does not spread."),
            (np.sqrt(15), "Deviation: the variance is 4, not the deviation."),
        ],
    )
    expect_value(
        epsilon,
        8,
        "Deviation is right. Epsilon: where is σ² − ε/2 equal to 0, if σ² = 4?",
        [
            (2, "Epsilon: that is where data of variance 1 are lost. These have variance 4."),
            (4, "Epsilon: half of ε is taken from the variance."),
            (32, "Epsilon: the variance is 4, not the deviation."),
        ],
    )


def _rounds(cost: np.ndarray, eps: float, rows: float, columns: float, rounds: int = 500) -> np.ndarray:
    """Scale rows and columns in turn to the masses given."""
    plan = np.exp(-cost / eps)
    for _ in range(rounds):
        plan = plan / plan.sum(axis=1, keepdims=True) * rows
        plan = plan / plan.sum(axis=0, keepdims=True) * columns
    return plan


def exercise_4(answer: object) -> None:
    """Sinkhorn's iteration in its old form."""

    def costs(rng: np.random.Generator) -> tuple[np.ndarray, float]:
        n, m = int(rng.integers(3, 6)), int(rng.integers(6, 9))
        return rng.random((n, m)) * 2, float(rng.uniform(0.5, 0.8))

    def right(cost: np.ndarray, eps: float) -> np.ndarray:
        return _rounds(cost, eps, 1 / len(cost), 1 / cost.shape[1])

    def kernel(cost: np.ndarray, eps: float) -> np.ndarray:
        return np.exp(-cost / eps)

    expect_function(
        answer,
        right,
        costs,
        "Begin with exp(−cost/eps); in each round bring all row sums to 1/n, then all column sums to 1/m.",
        [
            (lambda c, e: kernel(c, e) / kernel(c, e).sum(), "Dividing by the total does not give each row its mass."),
            (lambda c, e: right(c, 1.0), "Divide the cost by eps first."),
            (lambda c, e: right(c, 1 / e), "Divide the cost by eps; do not multiply."),
            (lambda c, e: right(-c, e), "The sign: what is dear gets little mass, exp(−cost/eps)."),
            (
                lambda c, e: _rounds(c, e, 1, 1),
                "The masses sum to more than 1: each row has 1/n, and each column 1/m.",
            ),
            (
                lambda c, e: _rounds(c, e, 1 / len(c), 1 / c.shape[1], rounds=1),
                "One round is not enough: the columns disturb the rows again. Make 500.",
            ),
            (
                lambda c, e: _rounds(c, e, 1 / c.shape[1], 1 / len(c)),
                "There are n rows, each of mass 1/n, and m columns, each of mass 1/m.",
            ),
            (lambda c, e: (right(c, e) * c).sum() + 0 * c, "Return the plan, not its cost."),
        ],
        forbidden=("ot",),
        rtol=1e-3,
    )  # fmt: skip


def exercise_5(answer: object) -> None:
    """An ε without end."""
    cost, divergence = numbers(answer, (2,))
    expect(not close([divergence, cost], [1, 0]), "Those are the two, in the other order.")
    expect_value(
        cost,
        1,
        "Cost: half of the mass goes from 0 to −1 and half to 1. What does each cost, squared?",
        [
            (2, "Cost: each of the two ways carries half of the mass."),
            (0, "Cost: the means agree, but mass still has to travel to −1 and to 1."),
            (0.5, "Cost: there are two such ways. Add up both."),
        ],
    )
    expect_value(
        divergence,
        0,
        "Cost is right. Divergence: subtract half of what each side costs to itself under the product of its margins.",
        [
            (1, "Divergence: the data cost something to themselves: −1 and 1 exchange half of their mass."),
            (-1, "Divergence: subtract half of the cost of the data to themselves, not all of it."),
            (0.5, "Divergence: from −1 to 1 the squared distance is 4, and half of the pairs have it."),
            (2, "Divergence: what each side costs to itself is subtracted, not added."),
        ],
    )


def exercise_6(answer: object) -> None:
    """The best weight of both penalties, and of R2 alone."""
    both, alone = numbers(answer, (2,))
    expect(not close([alone, both], [0.5, 1]), "Those are the two, in the other order.")
    expect_value(
        both,
        0.5,
        "Both: the two penalties add −2γ in the corner, where R1 alone adds −γ.",
        [
            (1, "Both: that is the best weight of one of them alone. Together they count twice."),
            (2, "Both: two penalties of a smaller weight do what one does of a larger."),
            (np.sqrt(1 / 2), "Both: the weights add up; their squares do not."),
            (0.25, "Both: the two count twice, not four times."),
        ],
    )
    expect_value(
        alone,
        1,
        "Both is right. R2 alone: the slope of ψx at the generated point is ψ, as it is at the data.",
        [
            (0.5, "R2 alone: here only one penalty counts, as with R1 alone."),
            (0, "R2 alone: it does bring the game home. The slope at the generated point is ψ, too."),
        ],
    )


def exercise_7(answer: object) -> None:
    """Noise to a circle, by lot and by transport."""
    lot, optimal = numbers(answer, (2,))
    best = 4 - 2 * np.sqrt(np.pi)
    expect(not close([optimal, lot], [4, best], 1e-2), "Those are the two, in the other order.")
    expect_value(
        lot,
        4,
        "By lot: E|x − y|² = E|x|² + E|y|² − 2 E⟨x, y⟩, and the last mean is 0.",
        [
            (2, "By lot: noise in the plane has E|x|² = 2, and the circle has 2 as well. Add up both."),
            (3, "By lot: noise has variance 1 in each of its two coordinates, so E|x|² = 2."),
            (1 + np.sqrt(2), "By lot: the squared radius of the circle is 2, and E|x|² of noise is 2."),
            (8, "By lot: E|x|² is 2, and so is the squared radius."),
            (0, "By lot: the means agree, but the points of a pair are apart."),
        ],
    )
    expect_value(
        optimal,
        best,
        "By lot is right. Optimal: take E(r − √2)² with E r² = 2 and E r = √(π/2).",
        [
            ((np.sqrt(np.pi / 2) - np.sqrt(2)) ** 2, "Optimal: that squares the mean. Take the mean of the squares."),
            (
                np.sqrt(best),
                "Optimal: that is W2. The question is of its square.",
            ),
            (4 - np.sqrt(np.pi), "Optimal: the mixed term is 2 √2 E r, with the factor 2."),
            (4 + 2 * np.sqrt(np.pi), "Optimal: the mixed term is subtracted."),
            (4, "Optimal: the partner depends on the point, so the mixed term is not 0 any more."),
        ],
    )


def exercise_8(answer: object) -> None:
    """Exact pairs on small batches: trained, so that a range is right."""
    w = float(numbers(answer))
    expect(w > 0.2, "Smaller than the W of two real samples by much: is that a distance to `fresh`?")
    expect(w > 0.45, "That is what batches of 128 give. Train with n=8.")
    expect(not 1.1 < w < 1.5, "That is what pairs by lot give. Train with paired=True.")
    expect(w < 1.1, "Farther than any of these flows ends. Take the last points of the path, `follow(flow, ...)[-1]`.")
    expect(w < 0.8, "Between the two, but too far: one step from t = 0, a thousand training steps, n=8.")
