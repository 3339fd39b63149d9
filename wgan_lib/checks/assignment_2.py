"""Assignment 2: build a critic."""

import numpy as np
import torch
from torch import Tensor, nn

from wgan_lib import toy, transport
from wgan_lib.checks.feedback import call, expect, expect_function, expect_value, numbers

_LIBRARY = ["wgan_lib", "ot"]


def exercise_1(answer: object) -> None:
    """The loss of a critic."""
    mistakes = [
        (lambda f, g: f.mean() - g.mean(), "That is the estimate, which grows. A loss is minimised: the sign."),
        (lambda f, g: g.mean() + f.mean(), "One score is to rise and the other to fall: a difference."),
        (lambda f, g: g.sum() - f.sum(), "Means, not sums: the loss must not depend on the size of a batch."),
        (lambda f, g: (g.mean() - f.mean()) / 2, "The halves belong to other losses: W is the whole difference."),
        (lambda f, g: ((f - 1) ** 2).mean() + (g**2).mean(), "That is least squares, another game. W is linear."),
        (lambda f, g: g.sigmoid().mean() - f.sigmoid().mean(), "No sigmoid: a critic's score may be any number."),
    ]
    draw = lambda rng: tuple(torch.from_numpy(rng.normal(k, 1, size=n)) for k, n in ((1, 9), (-1, 6)))  # noqa: E731
    hint = "Minimising it must raise the mean score of real points and lower that of generated ones."
    expect_function(answer, lambda f, g: g.mean() - f.mean(), draw, hint, mistakes, forbidden=_LIBRARY)


def exercise_2(answer: object) -> None:
    """A step of gradient descent on clipped weights."""

    def right(w: np.ndarray, gradient: np.ndarray, rate: float, c: float) -> np.ndarray:
        return np.clip(w - rate * gradient, -c, c)

    def draw(rng: np.random.Generator) -> tuple:
        c = float(rng.uniform(0.05, 0.2))
        return rng.uniform(-c, c, size=(4, 5)), rng.normal(size=(4, 5)), 0.1, c

    mistakes = [
        (lambda w, g, rate, c: np.clip(w, -c, c) - rate * g, "Clip *after* the step: yours leaves weights beyond c."),
        (lambda w, g, rate, c: np.clip(w + rate * g, -c, c), "The loss is minimised: against the gradient."),
        (lambda w, g, rate, c: w - rate * np.clip(g, -c, c), "You clipped the gradient. The weights are clipped."),
        (lambda w, g, rate, c: w - np.clip(rate * g, -c, c), "You clipped the step. The weights are clipped."),
        (lambda w, g, rate, c: np.clip(w - rate * g, 0, c), "The interval is [-c, c]: weights may be negative."),
        (lambda w, g, rate, c: np.clip(w - g, -c, c), "The learning rate is left out."),
        (lambda w, g, rate, c: c * (w - rate * g) / np.abs(w - rate * g).max(),
         "You scaled all weights. Clipping moves those beyond the limit, and no other."),
    ]  # fmt: skip
    hint = "First the step of gradient descent, then each entry back to the nearest number of [-c, c]."
    expect_function(answer, right, draw, hint, mistakes, forbidden=_LIBRARY)


def _critic_and_points(rng: np.random.Generator) -> tuple[nn.Module, Tensor]:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(int(rng.integers(2**31)))
        critic = nn.Sequential(nn.Flatten(), nn.Linear(6, 8), nn.Tanh(), nn.Linear(8, 1), nn.Flatten(0)).double()
    return critic, torch.from_numpy(2 * rng.normal(size=(5, 2, 3)))


def _gradients(critic: nn.Module, x: Tensor) -> Tensor:
    x = x.clone().requires_grad_()
    return torch.autograd.grad(critic(x).sum(), x)[0]


def exercise_3(answer: object) -> None:
    """The slope of a critic at each point."""
    mistakes = [
        (lambda f, x: _gradients(f, x).flatten(1).norm(dim=1).square(), "The root is missing: those are squares."),
        (lambda f, x: _gradients(f, x).flatten(1).abs().sum(dim=1), "That is the sum of sizes; the slope is the root "
         "of the sum of squares."),
        (lambda f, x: _gradients(f, x).flatten(1).abs().amax(dim=1), "That is the largest entry of each gradient."),
        (lambda f, x: _gradients(f, x).flatten(1).norm(dim=1) / len(x), "You differentiated the mean score: sum them."),
        (lambda f, x: f(x).abs(), "Those are the scores. How fast do they change as a point moves?"),
    ]  # fmt: skip

    def right(critic: nn.Module, x: Tensor) -> Tensor:
        return _gradients(critic, x).flatten(1).norm(dim=1)

    hint = "torch.autograd.grad of the summed scores by the points, then one norm for each point, over all its axes."
    expect_function(answer, right, _critic_and_points, hint, mistakes, forbidden=_LIBRARY, rtol=1e-3)


def exercise_4(answer: object) -> None:
    """The penalty of slopes, two-sided or one-sided."""

    def right(slopes: np.ndarray, strength: float, one_sided: bool) -> float:
        excess = slopes - 1
        return strength * ((np.maximum(excess, 0) if one_sided else excess) ** 2).mean()

    def draw(rng: np.random.Generator) -> tuple:
        draw.turn = not getattr(draw, "turn", False)  # ty: ignore[unresolved-attribute]
        return rng.uniform(0.1, 3, size=8), float(rng.uniform(2, 12)), draw.turn

    mistakes = [
        (lambda s, k, one: right(s, k, False), "Yours takes no notice of `one_sided`."),
        (lambda s, k, one: right(s, k, True), "The two-sided penalty charges slopes below 1, too."),
        (lambda s, k, one: right(s, k, not one), "The two kinds are exchanged."),
        (lambda s, k, one: right(s, 1, one), "λ is left out."),
        (lambda s, k, one: len(s) * right(s, k, one), "The mean over the points, not their sum."),
        (lambda s, k, one: k * (s**2).mean(), "That asks for slope 0. The penalty asks for slope 1."),
        (lambda s, k, one: k * max(s.mean() - 1, 0) ** 2 if one else k * (s.mean() - 1) ** 2,
         "Square each excess first, then average."),
    ]  # fmt: skip
    hint = "λ times the mean of (slope - 1)²; one-sided, an excess below 0 counts as 0."
    expect_function(answer, right, draw, hint, mistakes, forbidden=_LIBRARY)


def exercise_5(answer: object) -> None:
    """What is known of the Lipschitz constant of a ReLU network: [at least, at most]."""

    def slopes(matrices: list[np.ndarray], x: np.ndarray) -> list[float]:
        found = []
        for point in x:
            h, jacobian = point, np.eye(len(point))
            for matrix in matrices[:-1]:
                on = (matrix @ h > 0)[:, None]
                h, jacobian = np.maximum(matrix @ h, 0), on * (matrix @ jacobian)
            found.append(float(np.linalg.norm(matrices[-1] @ jacobian)))
        return found

    def right(matrices: list[np.ndarray], x: np.ndarray) -> np.ndarray:
        return np.array([max(slopes(matrices, x)), np.prod([np.linalg.norm(m, 2) for m in matrices])])

    def draw(rng: np.random.Generator) -> tuple:
        return [rng.normal(size=size) for size in ((7, 2), (6, 7), (1, 6))], rng.normal(size=(10, 2))

    def upper(norm: str | int | None) -> object:
        return lambda m, x: np.array([max(slopes(m, x)), np.prod([np.linalg.norm(each, norm) for each in m])])

    mistakes = [
        (lambda m, x: right(m, x)[::-1], "The other way round: [at least, at most]."),
        (upper("fro"), "An upper bound, and not the best of its kind: the largest singular value is below that norm."),
        (lambda m, x: np.array([np.mean(slopes(m, x)), right(m, x)[1]]), "The largest slope, not the mean."),
        (lambda m, x: np.array([right(m, x)[0], sum(np.linalg.norm(e, 2) for e in m)]), "Slopes of layers multiply."),
        (lambda m, x: np.array([np.linalg.norm(m[2] @ m[1] @ m[0]), right(m, x)[1]]),
         "A unit that is off passes nothing on: leave its row out at that point."),
    ]  # fmt: skip
    hint = "At least: the longest gradient at the points. At most: the product of the largest singular values."
    expect_function(answer, right, draw, hint, mistakes, forbidden=_LIBRARY, rtol=1e-3)


def exercise_6(answer: object) -> None:
    """The units of a critic: what it reports, and W."""
    given = numbers(answer, (2,))
    mistakes = [
        (0.8 / 0.2 * 5, "Divide once: the estimate is at most k W."),
        (0.8 * 0.2, "The other way: the estimate is at most k W, so W is at least the estimate over k."),
        (0.8, "That is in the critic's own units."),
    ]
    expect_value(given[0], 0.8 / 0.2, "Over the slope the critic is 1-Lipschitz: what does it report then?", mistakes)
    mistakes = [(0.2 * 5, "A product of layer norms is no distance.")]
    hint = "If all you know is that the slope is at most 5, you must divide by 5."
    expect_value(given[1], 0.16, hint, mistakes)


def toy_problem() -> tuple[Tensor, Tensor]:
    """Return the 200 real and 200 generated points of exercise 7."""
    return toy.eight_gaussians(200, toy.rng(70)), 0.7 * torch.randn(200, 2, generator=toy.rng(71))


def exercise_7(answer: object) -> None:
    """A critic that proves four fifths of exact W."""
    x, y = toy_problem()
    with torch.no_grad():
        f, g = (numbers(call(answer, points, forbidden=["ot", "wgan_lib.transport"]), (200,)) for points in (x, y))
    scores, points = torch.tensor(np.concatenate([f, g])), torch.cat([x, y]).double()
    way, rise = torch.cdist(points, points), (scores[:, None] - scores).abs()
    slope = (rise[way > 1e-6] / way[way > 1e-6]).max().item()
    expect(slope > 0, "The critic gives every point the same score.")
    gap, w = f.mean() - g.mean(), transport.emd(x, y).cost
    expect(gap > 0, "Generated points score higher than real ones: the sign of the loss.")
    reached = f"gap {gap:.3f} over the steepest slope {slope:.2f} proves {gap / slope:.3f}, {gap / slope / w:.0%} of W"
    expect(gap / slope >= 0.8 * w, f"Not far enough: {reached}. Train longer, or make the slope more even.")


def exercise_8(answer: object) -> None:
    """One step uphill."""

    def right(critic: nn.Module, x: Tensor, step: float) -> Tensor:
        return x + step * _gradients(critic, x)

    mistakes = [
        (lambda f, x, step: x - step * _gradients(f, x), "That is downhill: real points score high."),
        (lambda f, x, step: x + step * nn.functional.normalize(_gradients(f, x).flatten(1)).reshape(x.shape),
         "You made all arrows equally long. Here each is as long as its gradient, times the step."),
        (lambda f, x, step: x + step * _gradients(f, x) / len(x), "You differentiated the mean score: sum them."),
        (lambda f, x, step: step * _gradients(f, x), "That is the arrow. Where does it end?"),
        (lambda f, x, step: x + _gradients(f, x), "The length of the step is left out."),
    ]  # fmt: skip
    draw = lambda rng: (*_critic_and_points(rng), float(rng.uniform(0.2, 0.6)))  # noqa: E731
    hint = "A generated point is told to go where its score rises fastest: along the gradient of the score."
    expect_function(answer, right, draw, hint, mistakes, forbidden=_LIBRARY, rtol=1e-3)
