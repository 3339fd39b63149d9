r"""Toy distributions on which every claim about a critic can be held against exact optimal transport.

Each sampler takes the number of points and an explicit random generator, so that a figure is the same each time it is
drawn. The mixtures and the Swiss roll are those of WGAN-GP [1]_, scales included: what the authors' code draws, not
what a reader of the paper would guess.

References
----------
.. [1] Gulrajani et al. (2017), Improved Training of Wasserstein GANs, arXiv:1704.00028; constants from the authors'
   code, ``gan_toy.py``.
"""

import math

import torch
from torch import Tensor


def rng(seed: int) -> torch.Generator:
    """Return a random generator on the CPU, seeded with `seed`."""
    return torch.Generator().manual_seed(seed)


def eight_gaussians(n: int, generator: torch.Generator) -> Tensor:
    r"""Draw `n` points from eight Gaussians on a circle of radius √2, each of standard deviation 0.02/√2.

    Parameters
    ----------
    n : int
        Number of points.
    generator : torch.Generator
        Source of randomness.

    Returns
    -------
    Tensor, shape (n, 2)
    """
    centres = eight_centres()
    return _mixture(n, centres, std=0.02 / math.sqrt(2), generator=generator)


def twenty_five_gaussians(n: int, generator: torch.Generator) -> Tensor:
    r"""Draw `n` points from twenty-five Gaussians on the grid {-4, -2, 0, 2, 4}², σ = 0.05, all divided by 2√2.

    Neighbours are 1/√2 ≈ 0.71 apart, the outermost centres at ±√2, and each coordinate has a standard deviation of 1.

    Parameters
    ----------
    n : int
        Number of points.
    generator : torch.Generator
        Source of randomness.

    Returns
    -------
    Tensor, shape (n, 2)
    """
    return _mixture(n, twenty_five_centres(), std=0.05 / (2 * math.sqrt(2)), generator=generator)


def swiss_roll(n: int, generator: torch.Generator) -> Tensor:
    r"""Draw `n` points from a Swiss roll seen from its end, with noise σ = 0.25, all divided by 7.5.

    The angle is :math:`t = \tfrac{3\pi}{2}(1 + 2u)`, :math:`u \sim U[0, 1]`, and the point :math:`(t\cos t, t\sin t)`.

    Parameters
    ----------
    n : int
        Number of points.
    generator : torch.Generator
        Source of randomness.

    Returns
    -------
    Tensor, shape (n, 2)
    """
    angle = 1.5 * math.pi * (1 + 2 * torch.rand(_positive(n), generator=generator))
    roll = torch.stack([angle * angle.cos(), angle * angle.sin()], dim=1)
    return (roll + 0.25 * torch.randn(n, 2, generator=generator)) / 7.5


def line(n: int, theta: float, generator: torch.Generator) -> Tensor:
    r"""Draw `n` points from the vertical segment at `theta`: the law of :math:`(\theta, Z)`, :math:`Z \sim U[0, 1]`.

    Two such lines, at 0 and at θ, are Example 1 of Arjovsky et al. (2017), arXiv:1701.07875.

    Parameters
    ----------
    n : int
        Number of points.
    theta : float
        The first coordinate of every point.
    generator : torch.Generator
        Source of randomness.

    Returns
    -------
    Tensor, shape (n, 2)
    """
    height = torch.rand(_positive(n), generator=generator)
    return torch.stack([torch.full_like(height, theta), height], dim=1)


def eight_centres() -> Tensor:
    """Return the (8, 2) centres of `eight_gaussians`."""
    angle = torch.arange(8) * (math.pi / 4)
    return math.sqrt(2) * torch.stack([angle.cos(), angle.sin()], dim=1)


def twenty_five_centres() -> Tensor:
    """Return the (25, 2) centres of `twenty_five_gaussians`."""
    side = torch.arange(-4.0, 5.0, 2.0)  # the authors add 2·x for x in -2, …, 2
    return torch.cartesian_prod(side, side) / (2 * math.sqrt(2))


def _mixture(n: int, centres: Tensor, std: float, generator: torch.Generator) -> Tensor:
    """Draw `n` points from equal, round Gaussians at `centres` (k, d)."""
    which = torch.randint(len(centres), (_positive(n),), generator=generator)
    return centres[which] + std * torch.randn(n, centres.shape[1], generator=generator)


def _positive(n: int) -> int:
    if n < 1:
        raise ValueError(f"n = {n}: the number of points to draw must be at least 1")
    return n
