"""What stands in for the reader's networks and optimisers, so that the answers are known."""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

from wgan_lib import toy
from wgan_lib.diagnose.case import Case, Skip


class Plane(nn.Module):
    """A critic of one slope everywhere, slope · ⟨u, x⟩ + level; it keeps what it is shown."""

    def __init__(
        self, direction: Tensor, tail: tuple[int, ...], slope: float, level: float = 0.0
    ) -> None:
        super().__init__()
        self.slope = nn.Parameter(torch.tensor(slope))
        self.direction, self.tail, self.level = direction, tail, level
        self.shown: list[Tensor] = []

    def forward(self, x: Tensor, *condition: Tensor) -> Tensor:
        """Score a batch, and keep it."""
        self.shown.append(x.detach())
        return (self.slope * (x.flatten(1) @ self.direction) + self.level).reshape(
            len(x), *self.tail
        )


class TwoScores(nn.Module):
    """A critic with one score for all that is real and one for all that is generated."""

    def __init__(self, tail: tuple[int, ...], of_real: float, of_fake: float) -> None:
        super().__init__()
        self.scores = nn.Parameter(torch.tensor([of_real, of_fake]))
        # So that a penalty finds something to differentiate
        self.slope = nn.Parameter(torch.tensor(0.0))
        self.tail = tail

    def forward(self, x: Tensor, *condition: Tensor) -> Tensor:
        """Score a batch: real points have a positive first coordinate."""
        x = x.flatten(1)
        scores = torch.where(x[:, 0] > 0, *self.scores) + self.slope * x.sum(dim=1)
        return scores.reshape(len(x), *self.tail)


class Points(nn.Module):
    """A generator that hands out the same points for any noise; its one weight moves them all."""

    def __init__(self, points: Tensor) -> None:
        super().__init__()
        self.points, self.shift = points, nn.Parameter(torch.zeros(points.shape[1:]))

    def forward(self, latent: Tensor, *condition: Tensor) -> Tensor:
        """Hand out as many points as there is noise."""
        return self.points[torch.arange(len(latent)) % len(self.points)] + self.shift


class Spy(torch.optim.SGD):
    """An optimiser that writes down the gradients it is given, and moves nothing."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__(network.parameters(), lr=1.0)
        self.seen: list[list[Tensor | None]] = []

    def step(self, closure: Callable[[], Any] | None = None) -> None:
        """Write down the gradients."""
        weights = self.param_groups[0]["params"]
        self.seen.append(
            [None if weight.grad is None else weight.grad.clone() for weight in weights]
        )


def gradient(spy: Spy, weight: int) -> Tensor:
    """Return the first gradient of a weight that a spy has seen."""
    if not spy.seen or spy.seen[0][weight] is None:
        raise Skip("not examined: no gradient arrives")
    return spy.seen[0][weight]


def direction(case: Case) -> Tensor:
    """Return a unit vector that leans on every coordinate."""
    raw = torch.randn(case.real[0].numel(), generator=toy.rng(2))
    return raw / raw.norm()


def on_plane(case: Case, slope: float) -> tuple[Tensor, Plane, Tensor, Tensor]:
    """Return the gradient of a plane's slope in one critic step, the plane, and both batches.

    The generated points are the real ones in another order, about 0. So the distance pushes the
    slope neither way, and what is left is the penalty's push.
    """
    real = torch.randn(case.real.shape, generator=toy.rng(3))
    real = 0.01 * (real - real.mean(dim=0))
    fake = real.roll(1, dims=0)
    generator, critic = Points(fake), Plane(direction(case), case.tail, slope)
    spies = Spy(generator), Spy(critic)
    case.play(generator, critic, spies, [real])
    return gradient(spies[1], 0), critic, real, fake
