"""Chapter 6: gradient penalty."""

import numpy as np
import torch

from wgan_lib.checks.feedback import call, close, expect, expect_function, expect_value, numbers

_LIBRARY = ["wgan_lib.lipschitz", "wgan_lib.training", "wgan_lib.experiments.head_to_head"]


def exercise_1(answer: object) -> None:
    """The slope that a penalty allows."""
    distance, strength = 3.0, 10.0
    expect_value(
        answer, 1 + distance / (2 * strength), "Maximise 3 s - 10 (s - 1)²: set its derivative to 0.",
        [(1, "That is what the penalty asks for. The score gap pulls on the slope, too."),
         (1 + distance / strength, "The derivative of (s - 1)² is 2 (s - 1): where is the 2?"),
         (1 + 1 / (2 * strength), "The score gap is s times the distance, which is 3."),
         (1 - distance / (2 * strength), "The score gap pulls the slope up, not down."),
         (distance / (2 * strength), "That is by how much the slope exceeds 1."),
         (distance * (1 + distance / (2 * strength)), "That is the estimate, s times 3. Give the slope."),
         (1 + 2 * strength / distance, "Upside down: a stronger penalty keeps the slope nearer to 1.")],
    )  # fmt: skip


def exercise_2(answer: object) -> None:
    """Where the trap begins."""
    distance = 3.0
    expect_value(
        answer, distance / 2, "For s < 0 find where the derivative is 0. For which λ is that s below 0?",
        [(distance, "The derivative of (|s| - 1)² is 2 (|s| - 1), up to its sign."),
         (1 / (2 * distance), "A longer way pulls harder: the trap then needs a larger λ."),
         (2 / distance, "Upside down: a longer way pulls harder, and the trap then needs a larger λ."),
         (distance / 4, "At s = -1 the penalty is at its lowest. The valley must lie below 0, not below -1/2 or -1."),
         (0.5, "The score gap is s times the distance, which is 3."),
         (-distance / 2, "λ is positive. For s < 0 the loss is -3 s + λ (-s - 1)²."),
         (10, "With λ = 10 it is trapped; find the λ at which that begins.")],
    )  # fmt: skip


class _Quadratic(torch.nn.Module):
    """A critic of images whose slope is known: weight · |x|² / 2 has the gradient weight · x."""

    def __init__(self, weight: float) -> None:
        super().__init__()
        self.weight = torch.nn.Parameter(torch.tensor(weight))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.weight * x.square().flatten(1).sum(dim=1) / 2


def _case(rng: np.random.Generator) -> tuple:
    """Draw a critic, images whose slopes lie on both sides of 1, and ε."""
    real, fake = rng.normal(size=(2, 4, 2, 3, 5))
    size = np.array([0.2, 0.4, 3, 5]).reshape(4, 1, 1, 1)
    images = (torch.tensor(size * x, dtype=torch.float32) for x in (real, fake))
    return _Quadratic(float(rng.uniform(0.2, 0.4))), *images, torch.tensor(rng.uniform(0.1, 0.9, 4)).float()


def _slopes(critic: _Quadratic, x: torch.Tensor, y: torch.Tensor, epsilon: torch.Tensor) -> torch.Tensor:
    epsilon = epsilon[:, None, None, None]
    return critic.weight * (epsilon * x + (1 - epsilon) * y)


def _norms(*case: object) -> torch.Tensor:
    return _slopes(*case).flatten(1).norm(dim=1)


def _image_penalty(*case: object) -> torch.Tensor:
    return (_norms(*case) - 1).square().mean()


def exercise_3(answer: object) -> None:
    """A penalty for images."""
    mistakes = [
        (lambda *case: (_norms(*case) - 1).relu().square().mean(),
         "That is the one-sided penalty. The two-sided one charges slopes below 1, too."),
        (lambda *case: (_slopes(*case).norm() - 1).square(),
         "You took one norm for the whole batch. Each image has its own: flatten(1) first."),
        (lambda *case: (_slopes(*case).norm(dim=1) - 1).square().mean(),
         "You took the norm over one axis only. All pixels of an image count: flatten(1) first."),
        (lambda *case: (_slopes(*case).norm(dim=-1) - 1).square().mean(),
         "You took the norm over one axis only. All pixels of an image count: flatten(1) first."),
        (lambda *case: (_norms(*case).mean() - 1).square(), "Square each excess first, then average."),
        (lambda *case: (_norms(*case) - 1).square().sum(), "The mean over the images, not their sum."),
        (lambda *case: (_norms(*case) - 1).mean(), "The square is missing: slopes above and below 1 cancel."),
        (lambda *case: (_norms(*case) - 1).abs().mean(), "That is the absolute value. The penalty is a square."),
        (lambda *case: _norms(*case).square().mean(), "That asks for slope 0. The penalty asks for slope 1."),
        (lambda *case: _norms(*case).mean(), "That is the mean slope. What is charged is (slope - 1)²."),
        (lambda *case: (_norms(*case).square() - 1).square().mean(),
         "You left the slope squared: take the root before you subtract 1."),
        (lambda f, x, y, e: _image_penalty(f, y, x, e), "ε goes with the real image, 1 - ε with the generated one."),
        (lambda f, x, y, e: _image_penalty(f, x, x, e), "You measured at the real images. The points lie between."),
        (lambda f, x, y, e: _image_penalty(f, y, y, e), "You measured at the generated images, not between."),
        (lambda f, x, y, e: _image_penalty(f, x, y, 0.5 + 0 * e), "You mixed half and half. Use the ε that is given."),
        (lambda *case: (_norms(*case) - 1).square().max(), "The mean over the images, not the largest."),
        (lambda *case: 10 * _image_penalty(*case), "Leave λ out: the penalty alone."),
    ]  # fmt: skip
    expect_function(
        answer, _image_penalty, _case,
        "Mix with ε, take the gradient of the summed scores by the mixed images, one norm for each image, "
        "minus 1, squared, averaged.",
        mistakes, forbidden=_LIBRARY, rtol=1e-3,
    )  # fmt: skip
    critic, *images = _case(np.random.default_rng())
    value = None

    def keep(*case: object) -> object:  # `call` gives the function copies; the critic must stay ours
        nonlocal value
        value = answer(critic, *case)
        return value

    call(keep, *images)
    expect(
        isinstance(value, torch.Tensor), "The value is right. Return it as a torch tensor, so that it has a gradient."
    )
    expect(
        value.requires_grad,
        "The value is right, but has no gradient: autograd.grad needs create_graph=True, and nothing may be detached.",
    )
    wanted = torch.autograd.grad(_image_penalty(critic, *images), critic.weight)[0]
    given = torch.autograd.grad(value, critic.weight, allow_unused=True)[0]
    expect(
        given is not None and close(given, wanted.item(), 1e-2),
        "The value is right, its gradient by the critic's weights is not: is something detached on the way?",
    )


def exercise_4(answer: object) -> None:
    """Centring by hand."""
    given = numbers(answer, (3,))
    expect(not np.allclose(given, [-0.25, 0.75, 0]), "Right numbers, in the other order: own slope first.")
    expect_value(
        given[0], 0.75, "The own slope is the derivative of x1 - mean(x) by x1.",
        [(1, "x1 is also part of the mean: changing it changes the mean by a quarter as much."),
         (0.25, "That is how fast the mean moves. The own slope is that of x1 - mean(x)."),
         (0, "x1 moves faster than the mean of four does.")],
    )  # fmt: skip
    expect_value(
        given[1], -0.25, "Example 2 scores x2 - mean(x). How does the mean change with x1?",
        [(0, "x1 is part of the mean that is subtracted from x2."),
         (0.25, "The sign: the mean is subtracted."),
         (-0.75, "That is for all three others together.")],
    )  # fmt: skip
    expect_value(
        given[2], 0, "Add the own slope and the three slopes through the other examples.",
        [(0.5, "There are three other examples, not one."),
         (0.75, "That is the own slope alone. The other three scores move, too."),
         (1, "The scores always add up to 0. How fast does a constant change?")],
    )  # fmt: skip


def exercise_5(answer: object) -> None:
    """Where the penalty looks."""
    share = (1 + 9 / 11) / 4
    density, moved, strength = (1 + 1 / 11) / 4, 0.5, 1.0
    slope = 1 + moved / (2 * strength * density)
    given = numbers(answer, (2,))
    expect(not np.allclose(given, [slope, share], rtol=5e-3), "Right numbers, in the other order: the share first.")
    expect_value(
        given[0], share, "There are four pairs, each as likely. Which part of each lies in [1, 10]?",
        [(0.25, "The pair (11, 0) crosses the gap as well, for most of its length."),
         (0.5, "The pair (11, 0) is on [1, 10] for only 9/11 of its length."),
         (9 / 11, "That is the part of the pair (11, 0) that lies there. How likely is that pair?"),
         (9 / 44, "The pair (1, 10) lies there wholly."),
         (0, "No mass of the *optimal plan* goes there. The penalty draws pairs at random."),
         (100 * share, "As a share, not in per cent."),
         (1 - share, "That is the share outside [1, 10].")],
    )  # fmt: skip
    expect_value(
        given[1], slope, "Use 1 + |F_gen - F_real| / (2 λ ρ) with λ = 1; find ρ on [0, 1] first.",
        [(1 + moved / (strength * density), "Half of the mass moves there, and ρ is doubled: one 2 is missing."),
         (1 + moved / (2 * strength * 0.25), "The pair (11, 0) passes there as well."),
         (1 + moved / (2 * strength * 0.5), "The pair (11, 0) is on [0, 1] for only 1/11 of its length."),
         (moved / (2 * strength * density), "That is by how much the slope exceeds 1."),
         (1, "That is the exact critic's slope. A penalised one is steeper where mass moves.")],
    )  # fmt: skip


def exercise_6(answer: object) -> None:
    """The loss with the one-sided penalty."""

    def draw(rng: np.random.Generator) -> tuple:
        sizes = np.array([0.2, 0.3, 0.6, 1.0, 1.5, 2.0])[:, None]
        return rng.normal(2, 1, 6), rng.normal(-1, 1, 6), sizes * rng.normal(size=(6, 3)), float(rng.uniform(2, 12))

    def norms(slopes: np.ndarray) -> np.ndarray:
        return np.linalg.norm(slopes, axis=1)

    def excess(slopes: np.ndarray) -> np.ndarray:
        return np.maximum(norms(slopes) - 1, 0)

    expect_function(
        answer,
        lambda x, y, s, k: y.mean() - x.mean() + k * (excess(s) ** 2).mean(),
        draw,
        "Mean of fake scores − mean of real scores + λ · mean of max(0, slope − 1)², one slope for each point.",
        [
            (lambda x, y, s, k: y.mean() - x.mean() + k * ((norms(s) - 1) ** 2).mean(),
             "That is the two-sided penalty: it charges slopes below 1. Take the maximum with 0 before you square."),
            (lambda x, y, s, k: x.mean() - y.mean() + k * (excess(s) ** 2).mean(),
             "The critic *minimises* the loss: the score gap enters with a minus."),
            (lambda x, y, s, k: y.mean() - x.mean() - k * (excess(s) ** 2).mean(),
             "The penalty must cost something: it is added."),
            (lambda x, y, s, k: y.mean() - x.mean() + (excess(s) ** 2).mean(), "You forgot λ."),
            (lambda x, y, s, k: y.mean() - x.mean() + k * excess(s).mean(), "The square is missing."),
            (lambda x, y, s, k: y.mean() - x.mean() + k * excess(s).mean() ** 2, "Square first, then average."),
            (lambda x, y, s, k: y.mean() - x.mean() + k * max(norms(s).mean() - 1, 0) ** 2,
             "Each point has its own slope: average last."),
            (lambda x, y, s, k: y.mean() - x.mean() + k * max(np.linalg.norm(s) - 1, 0) ** 2,
             "One norm for each point, not one for the whole batch: axis=1."),
            (lambda x, y, s, k: y.mean() - x.mean() + k * (np.maximum(s - 1, 0) ** 2).mean(),
             "The slope of a point is the length of its gradient, not each entry."),
            (lambda x, y, s, k: y.mean() - x.mean() + k * (np.maximum(np.linalg.norm(s, axis=0) - 1, 0) ** 2).mean(),
             "The norm over the wrong axis: each row is the gradient at one point."),
            (lambda x, y, s, k: y.mean() - x.mean() + k * (excess(s) ** 2).sum(), "The mean, not the sum."),
            (lambda x, y, s, k: k * (excess(s) ** 2).mean(), "That is the penalty alone. Add the score gap."),
            (lambda x, y, s, k: y.mean() - x.mean(), "Where is the penalty?"),
        ],
        forbidden=_LIBRARY,
    )  # fmt: skip


def exercise_7(answer: object) -> None:
    """A network at another λ, and the formula."""
    estimate = float(numbers(answer))
    expect(estimate > 0, "The estimate is the mean score of real points minus that of generated ones.")
    expect(abs(estimate - 0.75) > 5e-3, "That is W. What does the critic claim?")
    expect(
        abs(estimate - 2.0837) > 4e-3,
        "That is the formula, W + C / λ. Train five networks, and give what *they* estimate.",
    )
    expect(not 1.0 < estimate < 1.4, "That is what λ = 1 gives. Use λ = 0.3.")
    expect(not 2.8 < estimate < 5, "That is what λ = 0.1 gives. Use λ = 0.3.")
    expect(not 8 < estimate < 12, "That is the sum over five critics. Give their mean.")
    expect(1.5 <= estimate <= 2.35, "Call estimates_on_road(0.3), which returns five estimates, and take their mean.")
