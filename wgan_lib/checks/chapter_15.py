"""Chapter 15: the bug clinic."""

from collections.abc import Callable

import numpy as np
import torch

from wgan_lib import diagnose
from wgan_lib.checks.feedback import expect, expect_function, expect_value, numbers

_UNIT = torch.tensor([0.6, 0.8])


def exercise_1(answer: object) -> None:
    """The square, by hand."""
    at_3, at_half, agrees = numbers(answer, (3,))
    expect_value(
        at_3, 9, "Case R reports the mean of the squared distances.",
        [(3, "That is W. What does case R report?"), (np.sqrt(3), "Case R squares the distance; it takes no root.")],
    )  # fmt: skip
    expect_value(at_half, 0.25, "The mean of the squared distances, again.", [(0.5, "That is W.")])
    expect_value(
        agrees, 1, "For which d > 0 is d² = d?",
        [(0, "For d = 0 both are 0, but d > 0 was asked for."), (0.5, "At 0.5 it reports half of the truth.")],
    )  # fmt: skip


def _penalty(kind: int, strength: float, target: float) -> Callable[..., torch.Tensor]:
    """Return a penalty: on the norm, on the norm of a whole batch's column, one-sided, or on the sum of entries."""

    def penalty(critic: Callable[..., torch.Tensor], real: torch.Tensor, fake: torch.Tensor) -> torch.Tensor:
        mixed = ((real + fake) / 2).detach().requires_grad_()
        (slopes,) = torch.autograd.grad(critic(mixed).sum(), mixed, create_graph=True)
        excess = slopes.norm(dim=1) - target
        excess = excess.relu() if kind == 1 else excess
        return strength * (slopes.norm(dim=1) ** 2 if kind == 2 else excess**2).mean()

    return penalty


def _on_plane(direction: torch.Tensor, scale: Callable[[float], float] = float) -> Callable[..., float]:
    def trial(penalty: Callable[..., torch.Tensor], slope: float) -> float:
        points = torch.randn(2, 16, 2)
        return penalty(lambda x: scale(slope) * (x @ direction), *points).item()

    return trial


def exercise_2(answer: object) -> None:
    """A penalty on trial."""
    kinds = iter(range(100))

    def draw(rng: np.random.Generator) -> tuple:
        penalty = _penalty(next(kinds) % 3, float(rng.uniform(0.5, 3)), float(rng.uniform(0.5, 1.5)))
        return penalty, float(rng.uniform(2, 4))

    expect_function(
        answer, _on_plane(_UNIT), draw,
        "A critic x → slope · (u · x) has the same slope everywhere, if u has length 1.",
        [
            (_on_plane(torch.ones(2)), "Your critic is √2 times too steep: the sum of two coordinates has slope √2."),
            (_on_plane(torch.ones(2) / 2), "Your critic is too flat: a mean of two coordinates has slope 1/√2."),
            (_on_plane(_UNIT, lambda slope: 1), "Your critic has slope 1 whatever is asked for."),
            (_on_plane(_UNIT, lambda slope: slope**2), "The critic itself has the given slope; you squared it."),
            (lambda penalty, slope: (slope - 1) ** 2, "So a healthy penalty would say. Ask the one on trial."),
            (_on_plane(torch.zeros(2)), "Your critic is constant."),
        ],
        rtol=1e-3,
    )  # fmt: skip


def exercise_3(answer: object) -> None:
    """Off the road."""

    def draw(rng: np.random.Generator) -> tuple:
        real, fake = rng.normal(size=(2, 6, int(rng.integers(2, 5))))
        return rng.uniform(size=real.shape) * (real - fake) + fake, real, fake

    def off(mixed: np.ndarray, real: np.ndarray, fake: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        road, way = real - fake, mixed - fake
        share = (way * road).sum(axis=1) / (road**2).sum(axis=1)
        return np.linalg.norm(way - share[:, None] * road, axis=1), np.linalg.norm(road, axis=1)

    def by_first(mixed: np.ndarray, real: np.ndarray, fake: np.ndarray) -> float:
        share = ((mixed - fake) / (real - fake))[:, :1]
        away = np.linalg.norm(mixed - fake - share * (real - fake), axis=1)
        return (away / np.linalg.norm(real - fake, axis=1)).max()

    def spread(mixed: np.ndarray, real: np.ndarray, fake: np.ndarray) -> float:
        return np.ptp((mixed - fake) / (real - fake), axis=1).max()

    expect_function(
        answer, lambda *points: np.divide(*off(*points)).max(), draw,
        "The foot on the line is fake + ε (real - fake), with ε = way · road / road · road.",
        [
            (lambda *points: off(*points)[0].max(), "Divide each distance by the length of its segment."),
            (lambda *points: off(*points)[0].max() / off(*points)[1].max(), "Divide first, then take the largest."),
            (lambda *points: np.divide(*off(*points)).mean(), "That is the mean. The largest was asked for."),
            (lambda *points: (np.divide(*off(*points)) ** 2).max(), "A distance is the *root* of the sum of squares."),
            (by_first, "You take ε from the first coordinate. The nearest point of the line uses them all."),
            (spread, "That is how far the coordinates disagree about ε: a test, too, but no distance."),
        ],
    )  # fmt: skip


def exercise_4(answer: object) -> None:
    """A clean bill."""
    expect(callable(answer), "Give a function: its name alone, or a lambda.")
    report = diagnose.examine(answer)
    found = {each.name: each for each in report.findings}
    first = next((found[name] for name in report.broken), None)
    expect(first is None, f"The instrument finds: {first and first.measured}. {first and first.advice}")
    strength = _strength(answer)
    expect(abs(strength - 10) < 0.2, f"Healthy, but λ = {strength:.3g}: 10 was asked for.")


def _strength(critic_step: Callable[..., object]) -> float:
    """Return λ: what a critic of slope 3 pays, beside the score gap, is 4 λ; its derivative, too."""
    slope = torch.nn.Parameter(torch.tensor(3.0))
    fake = 0.01 * torch.randn(64, 2)
    real = fake.roll(1, 0)
    critic = _Slope(slope)
    optimizer = torch.optim.SGD(critic.parameters(), lr=0.0)
    critic_step(critic, optimizer, real, fake)
    return slope.grad.item() / 4


class _Slope(torch.nn.Module):
    def __init__(self, slope: torch.nn.Parameter) -> None:
        super().__init__()
        self.slope = slope

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.slope * (x @ _UNIT)


def exercise_5(answer: object) -> None:
    """Case L, treated."""
    w = float(numbers(answer))
    expect(w > 0, "W is a distance: give the mean exact W at the end.")
    expect(
        not 1.4 < w < 2.6,
        "That is a patient who is still ill: is there a BatchNorm1d left, or did you take W at the start?",
    )
    expect(not w < 0.15, "Too good: two real samples of this size are further apart. Take column 1, exact W.")
    expect(0.25 < w < 0.85, "`five(critic_step=with_penalty(case_h), players=...)`, the last row, column 1.")
