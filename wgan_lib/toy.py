r"""Toy distributions in the plane: small enough to hold every critic against exact transport.

The mixtures and the Swiss roll are those of WGAN-GP (Gulrajani et al. 2017, arXiv:1704.00028), with
the scales of the authors' code, ``gan_toy.py``, not those that a reader of the paper would guess.
Each sampler takes the number of points, at least 1 (else ValueError), and a stream of random
numbers, so that a figure is the same each time it is drawn. It returns the points, float32 (n, 2).
"""

import math

import torch
from torch import Tensor

EIGHT_STD = 0.02 / math.sqrt(2)  # of each coordinate, around a centre of `eight_gaussians`
TWENTY_FIVE_STD = 0.05 / (2 * math.sqrt(2))


def rng(seed: int) -> torch.Generator:
    """Return a stream of random numbers on the CPU, seeded with `seed`. Chapter 1 uses it.

    >>> torch.equal(torch.rand(3, generator=rng(0)), torch.rand(3, generator=rng(0)))
    True
    """
    return torch.Generator().manual_seed(seed)


def eight_gaussians(n: int, rng: torch.Generator) -> Tensor:
    r"""Draw from 8 Gaussians on a circle of radius √2, each of σ = 0.02/√2. Chapter 4 plays so.

    >>> points = eight_gaussians(100, rng(0))
    >>> points.shape, bool(((points.norm(dim=1) - 2**0.5).abs() < 0.1).all())
    (torch.Size([100, 2]), True)
    """
    return _mixture(n, eight_centres(), EIGHT_STD, rng)


def twenty_five_gaussians(n: int, rng: torch.Generator) -> Tensor:
    r"""Draw `n` points from Gaussians on the grid {-4, -2, 0, 2, 4}², σ = 0.05, all over 2√2.

    Neighbours are 1/√2 ≈ 0.71 apart; each coordinate has variance 1. Chapter 7 plays on them.

    >>> [round(std, 1) for std in twenty_five_gaussians(10_000, rng(0)).std(dim=0).tolist()]
    [1.0, 1.0]
    """
    return _mixture(n, twenty_five_centres(), TWENTY_FIVE_STD, rng)


def swiss_roll(n: int, rng: torch.Generator) -> Tensor:
    r"""Draw `n` points from a Swiss roll seen from its end, with noise σ = 0.25, all over 7.5.

    A point is :math:`(t\cos t, t\sin t)`, :math:`t = \tfrac{3\pi}{2}(1 + 2u)`,
    :math:`u \sim U[0, 1]`. Chapter 6 plays on it.

    >>> bool((swiss_roll(1000, rng(0)).norm(dim=1) < 4.5 * math.pi / 7.5 + 0.2).all())
    True
    """
    turns = 1 + 2 * torch.rand(_positive(n), generator=rng)  # 1 to 3, in units of 3π/2
    angle = 1.5 * math.pi * turns
    roll = angle[:, None] * _directions(angle)  # (n, 2)
    return (roll + 0.25 * torch.randn(n, 2, generator=rng)) / 7.5


def line(n: int, theta: float, rng: torch.Generator) -> Tensor:
    r"""Draw `n` points from the segment at `theta`: :math:`(\theta, Z)`, :math:`Z \sim U[0, 1]`.

    Two such lines, at 0 and at θ, are Example 1 of WGAN (2017). Chapter 3 asks how far apart.

    >>> line(3, 0.5, rng(0))[:, 0]
    tensor([0.5000, 0.5000, 0.5000])
    """
    height = torch.rand(_positive(n), generator=rng)
    return torch.stack([torch.full_like(height, theta), height], dim=1)


def eight_centres() -> Tensor:
    """Return the (8, 2) centres of `eight_gaussians`. Chapter 4 counts them.

    >>> eight_centres().norm(dim=1).square().round(decimals=3).unique()
    tensor([2.])
    """
    angle = torch.arange(8) * (math.pi / 4)
    return math.sqrt(2) * _directions(angle)


def twenty_five_centres() -> Tensor:
    """Return the (25, 2) centres of `twenty_five_gaussians`. Chapter 7 counts them.

    >>> twenty_five_centres().std(dim=0, correction=0).round(decimals=3)
    tensor([1., 1.])
    """
    side = torch.arange(-4.0, 5.0, 2.0)  # the authors add 2·x for x in -2, …, 2
    return torch.cartesian_prod(side, side) / (2 * math.sqrt(2))


def _directions(angle: Tensor) -> Tensor:
    """Return the unit vector (n, 2) at each angle (n,)."""
    return torch.stack([angle.cos(), angle.sin()], dim=1)


def _mixture(n: int, centres: Tensor, std: float, rng: torch.Generator) -> Tensor:
    """Draw `n` points from equal, round Gaussians at `centres` (k, d)."""
    which = torch.randint(len(centres), (_positive(n),), generator=rng)  # (n,)
    noise = torch.randn(n, centres.shape[1], generator=rng)  # (n, d)
    return centres[which] + std * noise


def _positive(n: int) -> int:
    if n < 1:
        raise ValueError(f"n = {n}: the number of points to draw must be at least 1")
    return n
