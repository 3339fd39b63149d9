"""Chapter 4: the original GAN."""

import math
from collections.abc import Callable

import numpy as np
from scipy.optimize import linear_sum_assignment
from scipy.special import expit

from wgan_lib.checks.feedback import close, expect, expect_function, expect_value, numbers

Pair = tuple[float, float]
Field = Callable[[float, float], Pair]


def exercise_1(answer: object) -> None:
    """A draw."""
    log2 = math.log(2)
    given = numbers(answer, (3,))
    for k, wrong, hint in [
        (0, log2, "The discriminator's loss has two terms, one for real points."),
        (0, -2 * log2, "That is V. The discriminator minimises -V."),
        (0, 0.5, "D is 1/2; the loss takes logarithms of it."),
        (1, log2, "The minimax cost is log(1 - D), without a minus sign."),
        (2, -log2, "The non-saturating cost is -log D: mind the minus sign."),
    ]:
        expect(not close(given[k], wrong, 1e-2), hint)
    expect(
        not close(given, [2, -1, 1], 1e-3) and not close(given, np.array([2, -1, 1]) * math.log10(2), 1e-2),
        "Take natural logarithms.",
    )
    expect_value(given, [2 * log2, -log2, log2], "Put D = 1/2 into each formula.")


def exercise_2(answer: object) -> None:
    """Half a ring."""
    angle = np.arange(8) * math.pi / 4
    ring = math.sqrt(2) * np.stack([np.cos(angle), np.sin(angle)], axis=1)
    twice = np.repeat(ring[:4], 2, axis=0)  # a quarter of the mass each: two of eight parts
    cost = np.linalg.norm(ring[:, None] - twice, axis=2)
    squared = (cost**2)[linear_sum_assignment(cost**2)].mean()
    right = cost[linear_sum_assignment(cost)].mean()
    nearest = cost.min(axis=1).mean()
    eighth = np.linalg.norm(ring[4:] - ring[:4], axis=1).mean()
    missing = cost[4:].min(axis=1).mean()
    expect_value(
        answer,
        right,
        "transport.emd takes two sets of points; equal masses are its default.",
        [
            (nearest, "That lets the generator share its mass freely. Here each of the four has a quarter."),
            (squared, "That is with squared distances."),
            (math.sqrt(squared), "That is W2, the root of a mean of squares. W takes the distances themselves."),
            (8 * right, "That is a sum over the modes. Each of the eight has an eighth of the mass."),
            (eighth, "Only the missing half was moved there, each to the mode opposite. An optimal plan moves less."),
            (eighth / 2, "That sends each missing mode to the one opposite. An optimal plan moves less."),
            (
                missing,
                "That is a mean over the missing modes, each to the nearest; all the mass counts, and its share.",
            ),
            (
                cost.mean(),
                "That is the mean over all pairs, or of pairs in the order of the numbers, which is the same here. The "
                "optimal plan uses the short ones.",
            ),
            (0, "Half of the ring is missing, so its mass has to move."),
        ],
    )


def exercise_3(answer: object) -> None:
    """One round."""

    def draw(rng: np.random.Generator) -> tuple[float, float, float]:
        return tuple(float(each) for each in (*rng.uniform(0.5, 2, 2) * rng.choice([-1, 1], 2), rng.uniform(0.2, 0.6)))

    def round_with(weight: Callable[[float], float], reply: Callable[[float], float]) -> Callable[..., Pair]:
        def play(theta: float, psi: float, h: float) -> Pair:
            psi = psi - h * weight(psi * theta) * theta
            return theta + h * reply(psi * theta) * psi, psi

        return play

    def simultaneous(theta: float, psi: float, h: float) -> Pair:
        belief = expit(psi * theta)
        return theta + h * belief * psi, psi - h * belief * theta

    def generator_first(theta: float, psi: float, h: float) -> Pair:
        theta = theta + h * expit(psi * theta) * psi
        return theta, psi - h * expit(psi * theta) * theta

    def old_belief(theta: float, psi: float, h: float) -> Pair:
        belief = expit(psi * theta)
        psi = psi - h * belief * theta
        return theta + h * belief * psi, psi

    def mirrored(theta: float, psi: float, h: float) -> Pair:
        theta, psi = right(theta, -psi, h)
        return theta, -psi

    right = round_with(expit, expit)
    expect_function(
        answer,
        right,
        draw,
        "First ψ by -h D θ; then θ by h D ψ, with the new ψ in the slope and in D = 1 / (1 + exp(-ψθ)).",
        [
            (simultaneous, "That is a simultaneous step: let the generator answer the new ψ."),
            (generator_first, "There the generator moved first. The discriminator's turn is before it."),
            (old_belief, "The generator's D must be that of the new ψ, too."),
            (round_with(expit, lambda t: expit(-t)), "That is the non-saturating game. In minimax the weight is D."),
            (round_with(lambda t: 1, lambda t: 1), "That is WGAN: the weights D are missing."),
            (mirrored, "That has the paper's sign of ψ. Here the score is ψ x, large on real points."),
            (lambda *w: right(*w)[::-1], "Right, in the other order: return theta, psi."),
            (lambda *w: (right(*w)[0], w[1]), "Return the new ψ as well, not the old one."),
        ],
    )


def exercise_4(answer: object) -> None:
    """The largest step."""
    gamma, slope = 0.3, 0.5
    expect_value(
        answer,
        gamma / slope**2,
        "Find both eigenvalues; then solve |1 + hλ| = 1 for h.",
        [
            (2 * gamma, "|1 + hλ|² = 1 + 2 h Re λ + h² |λ|²: Re λ is -γ/2, and |λ|² is 1/4, not 1/2."),
            (2 * gamma / slope**2, "Re λ is -γ/2, not -γ."),
            (gamma, "|λ|² is 1/4: it stands below the fraction."),
            (2 / gamma, "That looks at the real part only. The imaginary part counts as well."),
            (4 / gamma, "That looks at the real part only. The imaginary part counts as well."),
            (gamma / 4, "Turned round: γ > h/4 says h < 4γ."),
            (-gamma / slope**2, "A step size is above 0: Re λ is negative."),
            (0, "That is the GAN without a penalty. With γ = 0.3 small steps do converge."),
        ],
    )


def exercise_5(answer: object) -> None:
    """Look before you leap."""

    def draw(rng: np.random.Generator) -> tuple[Field, float, float, float]:
        a, b = rng.uniform(0.2, 0.5, 2)

        def twisted(theta: float, psi: float) -> Pair:
            return psi + a * theta * psi, -theta - b * psi**2

        return twisted, *(float(each) for each in (*rng.uniform(0.4, 1, 2), rng.uniform(0.2, 0.5)))

    def leap(field: Field, here: np.ndarray, towards: np.ndarray, h: float) -> np.ndarray:
        return here + h * np.array(field(*towards))

    def right(field: Field, theta: float, psi: float, h: float) -> np.ndarray:
        start = np.array([theta, psi])
        return leap(field, start, leap(field, start, start, h), h)

    def ordinary(field: Field, theta: float, psi: float, h: float) -> np.ndarray:
        return leap(field, np.array([theta, psi]), np.array([theta, psi]), h)

    def onwards(field: Field, theta: float, psi: float, h: float) -> np.ndarray:
        trial = ordinary(field, theta, psi, h)
        return leap(field, trial, trial, h)

    def midpoint(field: Field, theta: float, psi: float, h: float) -> np.ndarray:
        return leap(field, np.array([theta, psi]), ordinary(field, theta, psi, h / 2), h)

    def average(field: Field, theta: float, psi: float, h: float) -> np.ndarray:
        return (ordinary(field, theta, psi, h) + right(field, theta, psi, h)) / 2

    def in_turns(field: Field, theta: float, psi: float, h: float) -> Pair:
        psi = psi + h * field(theta, psi)[1]
        return theta + h * field(theta, psi)[0], psi

    def only_field(field: Field, theta: float, psi: float, h: float) -> Pair:
        return field(*ordinary(field, theta, psi, h))

    expect_function(
        answer,
        right,
        draw,
        "Field at the start; trial point; field there; step from the start with that one.",
        [
            (ordinary, "That is one ordinary step: the trial point."),
            (onwards, "Go back: step from where the players were."),
            (midpoint, "That is the midpoint rule: here the trial step is a whole step."),
            (average, "That averages the two fields. Use the one at the trial point alone."),
            (in_turns, "Those are alternating steps. Both players take the trial step together."),
            (only_field, "That is the field at the trial point. Step along it, from the start."),
            (lambda *w: right(*w)[::-1], "Right, in the other order: return theta, psi."),
        ],
    )


def exercise_6(answer: object) -> None:
    """Does it converge."""

    def gan(w: np.ndarray, share: Callable[[float], float] = expit) -> np.ndarray:
        belief = w[0] * w[1]
        return np.array([share(belief) * w[1], -expit(belief) * w[0]])

    def end(step: Callable[[np.ndarray], np.ndarray], n: int = 500) -> float:
        w = np.array([1.0, -1.0])
        for _ in range(n):
            w = step(w)
        return float(np.hypot(*w))

    def ahead(w: np.ndarray, h: float = 0.2, share: Callable[[float], float] = expit) -> np.ndarray:
        return w + h * gan(w + h * gan(w, share), share)

    right = end(ahead)
    expect_value(
        answer,
        right,
        "Start at (1, -1), call extragradient(gan, theta, psi, 0.2) 500 times, then np.hypot(theta, psi).",
        [
            (
                end(lambda w: w + 0.2 * gan(w)),
                "That is where ordinary simultaneous steps end. Take extragradient ones.",
            ),
            (end(lambda w: w + 0.2 * gan(w), 1000), "Those are twice as many ordinary steps. Go back after the trial."),
            (end(lambda w: ahead(w, 0.1)), "That is with h = 0.1."),
            (end(ahead, 501), "That is one step too many."),
            (end(ahead, 499), "That is one step too few."),
            (right**2, "That is the square of the radius."),
            (
                end(lambda w: ahead(w, share=lambda t: expit(-t))),
                "That is the non-saturating game. Take the minimax one, `gan`.",
            ),
            (math.sqrt(2), "That is the radius at the start."),
            (math.sqrt(2) * abs(0.99 + 0.1j) ** 500, "That is the prediction of the linear part. Run the steps."),
        ],
        rtol=1e-3,
    )


def exercise_7(answer: object) -> None:
    """A smaller ring."""
    expect_value(
        answer,
        0.1**2 / 2,
        "Solve r = sqrt(2 h) for h.",
        [
            (0.1**2, "The ring is at r = sqrt(2 h), not sqrt(h)."),
            (math.sqrt(0.2), "That is the radius for h = 0.1. The question is the reverse."),
            (2 * 0.1**2, "r² = 2 h, so h is half of r², not twice."),
            (0.1 / 2, "The radius enters squared: r² = 2 h."),
            (math.sqrt(0.1 / 2), "r = sqrt(2 h): square the radius, do not take its root."),
            (0.1, "That is the radius. Which step size makes it?"),
            (0.2, "That is the step size of the text; its ring is at 0.63."),
        ],
    )


def exercise_8(answer: object) -> None:
    """Paying for motion."""

    def draw(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray, np.ndarray, float, float]:
        w, v = rng.normal(size=(2, 2))
        return w, v, rng.normal(size=(2, 2)), float(rng.uniform(0.1, 0.5)), float(rng.uniform(0.3, 2))

    def with_charge(charge: Callable[[np.ndarray, np.ndarray, float], np.ndarray]) -> Callable[..., np.ndarray]:
        return lambda w, v, J, h, strength: w + h * (v - charge(v, J, strength))

    expect_function(
        answer,
        with_charge(lambda v, J, s: s * J.T @ v),
        draw,
        "Find the gradient of ½ |v|² by w: its j-th entry is the sum over i of v_i ∂v_i/∂w_j. Step along v minus it.",
        [
            (with_charge(lambda v, J, s: s * J @ v), "The gradient of ½ |v|² is Jᵀv: J transposed."),
            (with_charge(lambda v, J, s: -s * J.T @ v), "That climbs ½ |v|². Both players descend it."),
            (with_charge(lambda v, J, s: -s * J @ v), "Jᵀ in place of J, and a minus: both players descend ½ |v|²."),
            (with_charge(lambda v, J, s: J.T @ v), "The factor `strength` is missing."),
            (with_charge(lambda v, J, s: 2 * s * J.T @ v), "That descends |v|². The half takes the 2 away."),
            (with_charge(lambda v, J, s: s * v), "That charges v itself. Descend ½ |v|²: differentiate it by w."),
            (with_charge(lambda v, J, s: 0 * v), "That is the game without consensus."),
            (lambda w, v, J, h, s: w - h * s * J.T @ v, "The players follow v as well."),
            (lambda w, v, J, h, s: w + h * v - s * J.T @ v, "The step size h belongs to both parts."),
            (lambda w, v, J, h, s: h * (v - s * J.T @ v), "That is the step. Return the new position."),
            (
                lambda w, v, J, h, s: v - s * J.T @ v,
                "That is the new field. Return the position after a step along it.",
            ),
        ],
    )
