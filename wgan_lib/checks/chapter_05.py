"""Chapter 5: clipping."""

import itertools

import numpy as np

from wgan_lib.checks.feedback import expect, expect_function, expect_value, numbers, w1_on_line

_TINY_CRITIC = (  # first weights, first biases, last weights: f(x) = Σ w relu(a x + b)
    np.array([0.5, 0.5, 0.5, 0.5]), np.array([0.25, 0.0, -0.25, -0.5]), np.array([0.5, 0.5, 0.5, -0.5]),
)  # fmt: skip
_TINY_REAL, _TINY_FAKE = np.array([0.9, 1.5, 3.1]), np.array([-1.0, 0.0, 0.2])


def exercise_1(answer: object) -> None:
    """A linear critic by hand."""
    c, shift = 0.01, np.array([3.0, 4.0])
    estimate, distance = c * np.abs(shift).sum(), np.linalg.norm(shift)
    given = numbers(answer, (2,))
    expect(not np.allclose(given, [distance, estimate]), "Right numbers, in the other order.")
    expect_value(
        given[1], distance, "A shift moves every point by the same arrow: W is the arrow's length.",
        [(7, "That is the city-block length of the shift. W moves the mass along straight lines."),
         (25, "The length is the square root of the sum of squares."),
         (c * distance, "W knows nothing of c: it is the length of the shift.")],
    )  # fmt: skip
    expect_value(
        given[0], estimate, "The estimate is 3 w1 + 4 w2. Which w1 and w2 in [-c, c] make it largest?",
        [(c * distance, "Each weight has its own limit: the vector (w1, w2) may be longer than c."),
         (7, "You took weights of 1. They may be as large as c."),
         (-estimate, "The sign: real points lie higher, so the estimate is positive."),
         (c * 4, "Both weights may be as large as c at the same time."),
         (distance, "That is what a 1-Lipschitz critic would report. This one is clipped at 0.01."),
         (c, "The estimate grows with the distance: 3 w1 + 4 w2.")],
    )  # fmt: skip


def exercise_2(answer: object) -> None:
    """The ceiling of a critic."""
    depths = itertools.count(1)  # each case has another, so that no fixed power of c fits

    def draw(rng: np.random.Generator) -> tuple:
        hidden = rng.integers(2, 600, size=next(depths))
        return [int(rng.integers(2, 800)), *map(int, hidden), 1], float(rng.uniform(0.005, 0.2))

    def norms(sizes: list[int]) -> np.ndarray:
        return np.sqrt(np.multiply(sizes[:-1], sizes[1:]))  # of each layer, for c = 1

    expect_function(
        answer,
        lambda sizes, c: (c * norms(sizes)).prod(),
        draw,
        "One factor c·√(inputs × outputs) for each layer of weights, all multiplied.",
        [
            (lambda s, c: c * norms(s).prod(), "Each layer has a c: the power of c counts the layers."),
            (lambda s, c: c ** len(s) * norms(s).prod(), "Count the layers: one less than the sizes."),
            (lambda s, c: (c * norms(s) ** 2).prod(), "A norm is the *square root* of the sum of squares."),
            (lambda s, c: (c * norms(s)).sum(), "Slopes multiply from layer to layer; you add them."),
            (lambda s, c: (c * np.sqrt(np.add(s[:-1], s[1:]))).prod(), "It has inputs × outputs entries."),
            (lambda s, c: (c * norms(s))[:-1].prod(), "The last layer, to the score, counts too."),
            (lambda s, c: (c * norms(s))[1:].prod(), "The first layer, from the input, counts too."),
            (lambda s, c: (c * np.sqrt(s[:-1])).prod(), "That is the norm of one row; there is a row for each output."),
            (lambda s, c: c**4 * norms(s).prod(), "The power of c counts the layers; four is only our critic's."),
        ],
    )  # fmt: skip


def exercise_3(answer: object) -> None:
    """The bound that keeps the gradient."""
    width = 64
    expect_value(
        answer, 1 / width, "Each entry of the gradient becomes a sum of 64 terms, each c times an entry.",
        [(1 / np.sqrt(width), "That is for random signs. Here all terms have the same sign."),
         (2 / width, "Here every unit is switched on: no half is lost."),
         (1 / np.sqrt(width / 2), "That is for random signs and half of the units. Here all signs agree, all are on."),
         (width, "The factor is 64 c. For which c is it 1?"),
         (1 / width**2, "An entry of the gradient is a sum of 64 terms, not of 64 × 64."),
         (1, "With c = 1 each layer multiplies the gradient by 64."),
         (0.01, "With c = 0.01 the factor is 0.64, and the gradient fades.")],
    )  # fmt: skip


def exercise_4(answer: object) -> None:
    """A certificate from a clipped critic."""
    first, bias, last = _TINY_CRITIC

    def score(x: np.ndarray) -> np.ndarray:
        return np.maximum(x[:, None] * first + bias, 0) @ last

    kinks = np.unique(-bias / first)
    ends = np.concatenate([[kinks[0] - 1], kinks, [kinks[-1] + 1]])
    steepest = np.abs(np.diff(score(ends)) / np.diff(ends)).max()
    gap = score(_TINY_REAL).mean() - score(_TINY_FAKE).mean()
    thirds = np.full(3, 1 / 3)
    distance = w1_on_line(_TINY_REAL, _TINY_FAKE, thirds, thirds)
    given = numbers(answer)
    mistakes = [
        (gap / 0.5, "You divided by 0.5. That is c, and the slope at the far right; between its kinks f is steeper. "
                    "The bound c on the weights is no bound on the slope."),
        (gap, "That is the score gap. As a bound it is true, but weak: the product of the layer norms is 1, and the "
              "steepest slope is less."),
        (gap / 0.25, "You divided by c². Four units can push in the same direction."),
        (gap * steepest, "Divide by the steepest slope: estimate ≤ k W."),
        (-gap / steepest, "The sign: real minus generated."),
        (distance, "That is W, from another source. What does *this critic* prove?"),
        (steepest, "That is the steepest slope. Divide the score gap by it."),
    ]  # fmt: skip
    right = gap / steepest
    if given > distance:
        expect_value(given, right, "That is more than W: no critic can prove it.", mistakes)
    expect_value(given, right, "Divide its score gap by its steepest slope. f is straight between its kinks.", mistakes)


def exercise_5(answer: object) -> None:
    """A critic that misorders."""
    nearer, further = numbers(answer, (2, 2))
    w_nearer, w_further = np.linalg.norm(nearer), np.linalg.norm(further)
    reports = np.abs(nearer).sum(), np.abs(further).sum()
    if w_nearer > w_further and reports[0] < reports[1]:
        expect(False, "The right pair, in the other order: the nearer one first.")
    expect(w_nearer < w_further - 1e-9, f"W is {w_nearer:.3g}, then {w_further:.3g}: the first must be smaller.")
    expect(
        reports[0] > reports[1] + 1e-9,
        f"It reports c·{reports[0]:.3g}, then c·{reports[1]:.3g}: the first must be larger. Where does it exaggerate?",
    )


def exercise_6(answer: object) -> None:
    """A clipped step, by hand."""
    signs = itertools.cycle((1, -1))  # the last two weights leave the box on either side

    def draw(rng: np.random.Generator) -> tuple:
        c, apart = float(rng.uniform(0.8, 2)), next(signs) * np.array([0.5, -1, 8, -12])
        w = rng.uniform(-1.5 * c, 1.5 * c, size=4)  # not yet clipped
        return w, rng.normal(size=(5, 4)) + apart, rng.normal(size=(5, 4)), float(rng.uniform(0.2, 0.6)), c

    def arrow(real: np.ndarray, fake: np.ndarray) -> np.ndarray:
        return real.mean(axis=0) - fake.mean(axis=0)

    expect_function(
        answer,
        lambda w, real, fake, rate, c: np.clip(w + rate * arrow(real, fake), -c, c),
        draw,
        "First w + rate · (mean of real − mean of fake), then every entry back into [-c, c].",
        [
            (lambda w, x, y, r, c: w + r * arrow(x, y), "Nothing is clipped: some entries have left [-c, c]."),
            (lambda w, x, y, r, c: np.clip(w, -c, c) + r * arrow(x, y),
             "You clip before the step, as in main.py. The weights that leave your function are outside the box."),
            (lambda w, x, y, r, c: np.clip(w - r * arrow(x, y), -c, c),
             "The critic *raises* the score gap: go along its gradient, not against it."),
            (lambda w, x, y, r, c: w + np.clip(r * arrow(x, y), -c, c), "You clip the step. Clip the weights."),
            (lambda w, x, y, r, c: w + r * np.clip(arrow(x, y), -c, c), "You clip the gradient. Clip the weights."),
            (lambda w, x, y, r, c: np.clip(w + r * (x.sum(0) - y.sum(0)), -c, c),
             "The score gap is a difference of *means* over the points."),
            (lambda w, x, y, r, c: np.clip(w + arrow(x, y), -c, c), "You forgot the rate."),
            (lambda w, x, y, r, c: np.clip(w + r * (x.mean() - y.mean()), -c, c),
             "One mean for each coordinate: axis=0. You took one mean over everything."),
            (lambda w, x, y, r, c: np.clip(w + r * x.mean(0), -c, c), "Generated points push, too."),
            (lambda w, x, y, r, c: np.minimum(w + r * arrow(x, y), c), "The box has a lower side, too: -c."),
        ],
        forbidden=["wgan_lib.lipschitz", "wgan_lib.training"],
    )  # fmt: skip


def exercise_7(answer: object) -> None:
    """How the unit depends on the width."""
    power = float(numbers(answer))
    expect(power > 0, "A wider critic is steeper: is your quotient of slopes, or of widths, upside down?")
    expect(
        abs(power - 4) > 0.02,
        "4 is the power of c, one for each layer. How does the slope change when the *width* does?",
    )
    expect(
        abs(power - 3) > 1e-6,
        "3 is the power in the ceiling. Train the critics, and give what they do, with two decimals.",
    )
    expect(
        not 10 < power < 300,
        "That is by how much the slope grows. The power is log(quotient of slopes) / log(quotient of widths).",
    )
    expect(not 1.2 < power < 2.1, "Logarithms of the same kind? The power is log(quotient of slopes) / log(128 / 32).")
    expect(not 3.4 < power < 4.6, "That is the logarithm of a quotient of slopes. Divide it by log(128 / 32).")
    expect(not 0.25 < power < 0.5, "Upside down: log(quotient of slopes) stands above log(quotient of widths).")
    expect(
        2.2 <= power <= 3.4,
        "Keep c = 0.1, and the five seeds; train with width 32 and with 128, and measure both with steepest.",
    )
