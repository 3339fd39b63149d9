"""Chapter 6: gradient penalty."""

import numpy as np
import torch

from wgan_lib.checks.feedback import close, expect


def exercise_1(answer: object) -> None:
    """The slope that a penalty allows."""
    distance, strength = 3.0, 10.0
    expect(not close(answer, 1), "That is what the penalty asks for. The score gap pulls on the slope, too.")
    expect(not close(answer, 1 + distance / strength), "The derivative of (s - 1)² is 2 (s - 1): where is the 2?")
    expect(not close(answer, 1 + 1 / (2 * strength)), "The score gap is s times the distance, which is 3.")
    expect(close(answer, 1 + distance / (2 * strength)), "Maximise 3 s - 10 (s - 1)²: set its derivative to 0.")


def exercise_2(answer: object) -> None:
    """Where the trap begins."""
    distance = 3.0
    expect(not close(answer, distance), "The derivative of (|s| - 1)² is 2 (|s| - 1), up to its sign.")
    expect(not close(answer, 1 / (2 * distance)), "A longer way pulls harder: the trap then needs a larger λ.")
    expect(close(answer, distance / 2), "For s < 0 find where the derivative is 0. For which λ is that s below 0?")


def exercise_3(answer: object) -> None:
    """A penalty for images."""
    rng = torch.Generator().manual_seed(6)
    real, fake = (torch.randn(3, 2, 4, 4, generator=rng) for _ in range(2))
    epsilon = torch.tensor([0.1, 0.5, 0.8])
    scale = torch.tensor(0.3, requires_grad=True)

    def critic(x: torch.Tensor) -> torch.Tensor:
        return scale * x.square().flatten(1).sum(dim=1)  # its slope is 2 · scale · x

    mixed = torch.stack([e * x + (1 - e) * y for e, x, y in zip(epsilon, real, fake, strict=True)])
    norms = (2 * scale * mixed).square().sum(dim=(1, 2, 3)).sqrt()
    value = answer(critic, real, fake, epsilon)
    expect(isinstance(value, torch.Tensor) and value.shape == (), "Return one number, as a torch tensor.")
    expect(not close(value.item(), (norms.square().sum().sqrt() - 1).item() ** 2, 1e-4),
           "You took one norm for the whole batch. Each image has its own: flatten(1) first.")  # fmt: skip
    per_row = (2 * scale * mixed).square().sum(dim=1).sqrt()
    expect(not close(value.item(), (per_row - 1).square().mean().item(), 1e-4),
           "You took the norm over one axis only. All pixels of an image count: flatten(1) first.")  # fmt: skip
    expect(not close(value.item(), (norms.mean() - 1).item() ** 2, 1e-4), "Square each excess first, then average.")
    expect(close(value.item(), (norms - 1).square().mean().item(), 1e-4), "Value wrong. ε goes with the real image.")
    expect(value.requires_grad, "The value is right, but has no gradient: torch.autograd.grad needs create_graph=True.")
    wanted, given = (torch.autograd.grad(v, scale)[0].item() for v in ((norms - 1).square().mean(), value))
    expect(close(given, wanted, 1e-3), "The value is right, its gradient is not: is something detached on the way?")


def exercise_4(answer: object) -> None:
    """Centring by hand."""
    given = np.asarray(answer, dtype=float)
    expect(given.shape == (3,), "Give three numbers: own slope, slope through another example, slope of the sum.")
    expect(not close(given[0], 1), "x1 is also part of the mean: changing it changes the mean by a quarter as much.")
    expect(close(given[0], 0.75), "The own slope is the derivative of x1 - mean(x) by x1.")
    expect(close(given[1], -0.25), "Example 2 scores x2 - mean(x). How does the mean change with x1?")
    expect(close(given[2], 0), "Add the own slope and the three slopes through the other examples.")


def exercise_5(answer: object) -> None:
    """Where the penalty looks."""
    given = np.asarray(answer, dtype=float)
    expect(given.shape == (2,), "Give two numbers: [share between 1 and 10, slope between 0 and 1].")
    share = (1 + 9 / 11) / 4
    expect(not close(given[0], 0.25, 1e-4), "The pair (11, 0) crosses the gap as well, for most of its length.")
    expect(not close(given[0], 0.5, 1e-4), "The pair (11, 0) is on [1, 10] for only 9/11 of its length.")
    expect(close(given[0], share, 1e-4), "There are four pairs, each as likely. Which part of each lies in [1, 10]?")
    density, moved, strength = (1 + 1 / 11) / 4, 0.5, 1.0
    slope = 1 + moved / (2 * strength * density)
    expect(not close(given[1], 1 + 1 / (2 * strength * density), 1e-4), "Half of the mass moves there, not all of it.")
    expect(not close(given[1], 1 + moved / (2 * strength * 0.25), 1e-4), "The pair (11, 0) passes there as well.")
    expect(close(given[1], slope, 1e-4), "Use 1 + |F_gen - F_real| / (2 λ ρ) with λ = 1; find ρ on [0, 1] first.")
