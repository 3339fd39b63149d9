"""Chapter 9: training on MNIST."""

import numpy as np
import torch

from wgan_lib import figures, lipschitz, mnist, networks, runs
from wgan_lib.checks.feedback import close, expect


def _test_digits() -> torch.Tensor:
    """Return the test images as points (10000, 784), in the chapter's random order."""
    pixels = mnist.scale(mnist.images("test")).flatten(1)
    return pixels[torch.randperm(len(pixels), generator=torch.Generator().manual_seed(0))]


def exercise_1(answer: object) -> None:
    """What a run consists of."""
    given = np.asarray(answer, dtype=float)
    expect(given.shape == (2,), "Give two numbers: [generator steps, times].")
    expect(not close(given[0], 20_000), "One generator step comes after every *five* critic steps.")
    expect(not close(given[0], 100_000), "The 20,000 are critic steps; there are fewer generator steps.")
    expect(close(given[0], 4_000), "Divide the critic steps by five.")
    expect(not close(given[1], 4_000 * 64 / 60_000, 1e-2), "A batch of real images is drawn in each *critic* step.")
    expect(close(given[1], 20_000 * 64 / 60_000, 1e-2), "Critic steps times images in a batch, over images in all.")


def exercise_2(answer: object) -> None:
    """The sum of pixels as a critic."""
    given = np.asarray(answer, dtype=float)
    expect(given.shape == (2,), "Give two numbers: [cost, number].")
    expect(not close(given[0], 10 * (0.1 - 1) ** 2), "0.1 is the slope in one pixel. Take the norm over all 784.")
    expect(not close(given[0], 10 * (78.4 - 1) ** 2), "The norm is the root of the sum of squares, not the sum.")
    expect(not close(given[0], (2.8 - 1) ** 2), "λ = 10 is missing.")
    expect(close(given[0], 10 * (2.8 - 1) ** 2), "Find the norm of the gradient; then λ (norm - 1)².")
    expect(close(given[1], 1 / 28, 1e-3), "The cost is right. For which number is the norm exactly 1?")


def exercise_3(answer: object) -> None:
    """The snapshot to keep."""
    run = runs.load("wgan-gp-seed0")
    steps, fid = run.quality["step"], run.quality["fid"]
    estimates = np.interp(steps, run.metrics["step"], figures.smooth(run.metrics["w_estimate"], 21))
    by_critic, by_fid = steps[estimates.argmin()], steps[fid.argmin()]
    given = np.asarray(answer, dtype=float)
    expect(given.shape == (2,), "Give two steps: [critic's, FID's].")
    expect(not close(given + 1, [by_critic / 1000, by_fid / 1000]), 'Those are indices: use quality["step"].')
    expect(not close(given, [by_fid, by_critic]), "Those are the two, in the other order.")
    expect(not close(given, [steps[estimates.argmax()], steps[fid.argmax()]]), "The smallest, not the largest.")
    expect(given[0] == by_critic, "Look for the smallest of all 20 estimates, that of step 1,000 included.")
    expect(given[1] == by_fid, 'The FID of each snapshot is run.quality["fid"].')


def exercise_4(answer: object) -> None:
    """How steep a clipped critic can be."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        critic = networks.mlp_critic()
    lipschitz.clip_weights(critic, 0.01)
    weights = [layer.weight.detach() for layer in critic if isinstance(layer, torch.nn.Linear)]
    bound = float(np.prod([torch.linalg.matrix_norm(weight, ord=2) for weight in weights]))
    given = float(np.asarray(answer, dtype=float))
    crude = float(np.prod([torch.linalg.matrix_norm(weight) for weight in weights]))
    summed = float(sum(torch.linalg.matrix_norm(weight, ord=2) for weight in weights))
    expect(not close(given, crude, 1e-3), "That bound holds, but is larger than asked for: matrix_norm needs ord=2.")
    expect(not close(given, summed, 1e-3), "One layer follows the other: their norms are multiplied, not added.")
    expect(close(given, bound, 1e-3), "Multiply the largest singular values of the three weight matrices of `clipped`.")


def exercise_5(answer: object) -> None:
    """One blur for all."""
    digits = _test_digits()[:256].double()
    point = torch.as_tensor(answer).detach().double().flatten()
    expect(point.shape == (784,), "Give one image: 784 pixels.")
    expect(bool(torch.isfinite(point).all()), "A pixel is NaN or infinite.")

    def cost(x: torch.Tensor) -> float:
        return float((digits - x).norm(dim=1).mean())

    best = digits.mean(dim=0)
    for _ in range(200):
        weight = 1 / (digits - best).norm(dim=1)
        best = weight @ digits / weight.sum()
    mean = cost(digits.mean(dim=0))
    expect(cost(point) < mean - 1e-6, f"Its W is {cost(point):.4f}. The mean of these 256 digits has {mean:.4f}.")
    expect(cost(point) < cost(best) + 5e-4, f"Better than the mean: {cost(point):.4f}. It can still be lower.")
