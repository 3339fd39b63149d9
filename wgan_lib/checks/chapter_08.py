"""Chapter 8: spectral norm and attention."""

import numpy as np
import torch

from wgan_lib.checks.feedback import close, expect


def exercise_1(answer: object) -> None:
    """Two rounds by hand."""
    v = np.array([1.0, 1.0])
    for _ in range(2):
        v = np.diag([9.0, 1.0]) @ v
    expect(not close(answer, 1 / 9), "A round goes through W and back: this is one round, or two half rounds.")
    expect(not close(answer, (1 / 3) ** 2 * 2), "The factors of the rounds multiply; they do not add.")
    expect(close(answer, v[1] / v[0]), "Apply WᵀW = diag(9, 1) twice; the tangent is the second entry over the first.")


def exercise_2(answer: object) -> None:
    """Where the slope goes."""
    given = np.asarray(answer, dtype=float)
    expect(given.shape == (3,), "Give three numbers: the bound, both units on, only the second unit on.")
    first, second = np.diag([1.0, 0.5]), np.array([0.6, 0.8])
    norms = np.linalg.norm(first, 2) * np.linalg.norm(second)
    expect(close(given[0], norms), "The bound is the product of the two spectral norms, not of all singular values.")
    expect(not close(given[1], 0.6 + 0.4), "The slope is the length of the row W2 W1, not the sum of its entries.")
    expect(close(given[1], np.linalg.norm(second @ first)), "Both units on: the slope is the length of W2 W1.")
    expect(not close(given[2], 0.8), "W1 stretches the second unit by 0.5 only.")
    off = second @ np.diag([0.0, 1.0]) @ first
    expect(close(given[2], np.linalg.norm(off)), "A unit that is off passes nothing: put D = diag(0, 1) between.")


def exercise_3(answer: object) -> None:
    """A kernel and its convolution."""
    given = np.asarray(answer, dtype=float)
    expect(given.shape == (2,), "Give two numbers: [norm of the kernel matrix, norm of the convolution].")
    kernel = np.full((3, 3), 1 / 3)
    expect(close(given[0], np.linalg.norm(kernel)), "The kernel matrix is one row of nine entries: take its length.")
    expect(not close(given[1], np.linalg.norm(kernel)), "That is the kernel matrix again; patches overlap.")
    wrapped = np.abs(np.fft.fft2(kernel, s=(6, 6))).max()
    expect(close(given[1], wrapped), "Try an image with all pixels equal: by what is each pixel multiplied?")


def exercise_4(answer: object) -> None:
    """Maxmin on neighbours."""
    h = torch.randn(5, 6, generator=torch.Generator().manual_seed(8), dtype=torch.float64).requires_grad_()
    value = answer(h)
    expect(isinstance(value, torch.Tensor) and value.shape == h.shape, "Return a tensor of the shape of h.")
    pairs = h.detach().reshape(5, 3, 2).sort(dim=2, descending=True).values.reshape(5, 6)
    first, second = h.detach().chunk(2, dim=1)
    halves = torch.cat([torch.maximum(first, second), torch.minimum(first, second)], dim=1)
    expect(not torch.allclose(value, halves), "You paired the first half with the second: pair the neighbours 0 and 1.")
    expect(not torch.allclose(value, pairs.reshape(5, 3, 2).flip(2).reshape(5, 6)), "Falling order: the larger first.")
    expect(not torch.allclose(value, h.detach().sort(dim=1, descending=True).values), "Sort each pair, not all units.")
    expect(torch.allclose(value, pairs), "Value wrong. h.unflatten(1, (-1, 2)) gives the pairs.")
    expect(value.requires_grad, "The values are right, but no gradient passes: stay with torch operations on h.")
    back = torch.randn(5, 6, generator=torch.Generator().manual_seed(9), dtype=torch.float64)
    (slope,) = torch.autograd.grad(value, h, back)
    expect(torch.allclose(slope.norm(dim=1), back.norm(dim=1)), "The gradient's length has changed on its way back.")


def exercise_5(answer: object) -> None:
    """The chimera on paper."""
    given = np.asarray(answer, dtype=float)
    expect(given.shape == (2,), "Give two numbers: [best additive estimate, exact W].")
    expect(close(given[0], 0), "Write both means with p(0), p(1), q(0), q(1): what is left of their difference?")
    expect(not close(given[1], 2), "From (0, 0) to (0, 1) one half changes, not both.")
    expect(close(given[1], 1), "How many halves must change on the cheapest way from a real image to a chimera?")


def exercise_6(answer: object) -> None:
    """Attention by hand."""
    given = np.asarray(answer, dtype=float)
    expect(given.shape == (4,), "Give four numbers: β1, β2, β3, and what is drawn.")
    weights = np.exp([0.0, np.log(2), np.log(5)])
    expect(not close(given[:3], weights), "Divide by their sum: a row of β sums to 1.")
    expect(close(given[:3], weights / weights.sum()), "β is the softmax of the three products.")
    expect(close(given[3], weights @ [8, 4, 0] / weights.sum()), "What is drawn is the sum of β_i h_i.")
