"""Answers to chapter 8: wrong ones with the hint that each must get, and right ones in every form."""

import math

import numpy as np
import torch
import torch.nn.functional as F


def unit(v):
    """Return a vector divided by its length."""
    return v / np.linalg.norm(v)


def right_length(A, v, rounds):
    """The solution of 8.2."""
    for _ in range(rounds):
        v = A.T @ (A @ v)
        v = v / np.sqrt((v**2).sum())
    return np.sqrt(((A @ v) ** 2).sum())


def undivided(A, v, rounds):
    """Never divide by the length."""
    for _ in range(rounds):
        v = A.T @ (A @ v)
    return np.linalg.norm(A @ v)


def chapters(A, v, rounds):
    """What the chapter's own power_iteration returns."""
    for _ in range(rounds):
        u = unit(A @ v)
        v = unit(A.T @ u)
    return u @ A @ v


def forgetful(A, v, rounds):
    """Start again from v in every round."""
    for _ in range(rounds):
        new = A.T @ (A @ v)
    return np.linalg.norm(A @ unit(new))


def one_way(A, v, rounds):
    """Through A only."""
    for _ in range(rounds):
        v = A @ v
    return np.linalg.norm(v)


def stable(A):
    """The solution of 8.4."""
    s = np.linalg.svd(A, compute_uv=False)
    return (s**2).sum() / s[0] ** 2


def values(A):
    """Singular values."""
    return np.linalg.svd(A, compute_uv=False)


def pairs(h):
    """The solution of 8.7."""
    both = h.unflatten(1, (-1, 2))
    return torch.stack([both.amax(dim=2), both.amin(dim=2)], dim=2).flatten(1)


def halves(h):
    """The chapter's MaxMin."""
    first, second = h.chunk(2, dim=1)
    return torch.cat([torch.maximum(first, second), torch.minimum(first, second)], dim=1)


def grouped(h):
    """All larger ones first."""
    both = h.unflatten(1, (-1, 2))
    return torch.cat([both.amax(dim=2), both.amin(dim=2)], dim=1)


def hard_coded(h):
    """Right values for one known input, from its seed."""
    return torch.randn(5, 6, generator=torch.Generator().manual_seed(8), dtype=torch.float64)


SLOPES = [1.3, math.hypot(0.5, 0.6), 0.6]
ROW = [1 / 8, 2 / 8, 5 / 8]

WRONG: list[tuple[str, object, str]] = [
    ("8.1", 4 / 9, "one round, or two half rounds"),
    ("8.1", 8 / 9, "they do not add"),
    ("8.1", 2 / 3, "half a round"),
    ("8.1", (2 / 3) ** 8, "four rounds"),
    ("8.1", 81 / 16, "smaller singular value above the larger"),
    ("8.1", math.atan(16 / 81), "That is the angle."),
    ("8.1", math.degrees(math.atan(16 / 81)), "in degrees"),
    ("8.1", math.sin(math.atan(16 / 81)), "sine"),
    ("8.1", 65 / 81, "what was lost"),
    ("8.1", 1 / 81, "Apply AᵀA"),
    ("8.2", lambda A, v, rounds: np.linalg.norm(A, 2), "the norm itself"),
    ("8.2", lambda A, v, rounds: torch.linalg.matrix_norm(torch.tensor(A), 2), "the norm itself"),
    ("8.2", undivided, "Divide v by its length"),
    ("8.2", chapters, "half a round behind"),
    ("8.2", forgetful, "one round whatever"),
    ("8.2", lambda A, v, rounds: np.linalg.norm(A @ unit(v)), "v has not moved"),
    ("8.2", lambda A, v, rounds: right_length(A, v, rounds - 1), "One round too few"),
    ("8.2", lambda A, v, rounds: right_length(A, v, rounds + 1), "One round too many"),
    ("8.2", lambda A, v, rounds: right_length(A, v, rounds) ** 2, "square of the length"),
    ("8.2", lambda A, v, rounds: np.linalg.norm(A), "Frobenius"),
    ("8.2", one_way, "Your function stopped"),
    ("8.2", lambda A, v, rounds: 3.0, "Repeat v"),
    ("8.3", [1, *SLOPES[1:]], "not of norm 1"),
    ("8.3", [1.7, *SLOPES[1:]], "row A2 is its length, not the sum"),
    ("8.3", [1.2, *SLOPES[1:]], "not its largest entry"),
    ("8.3", [0.65, *SLOPES[1:]], "not the product of both"),
    ("8.3", [1.3 * math.hypot(1, 0.5), *SLOPES[1:]], "not √(Σ σ²)"),
    ("8.3", [1.95, *SLOPES[1:]], "not the sum of both"),
    ("8.3", [1.3, 1.1, 0.6], "row A2 A1, not the sum"),
    ("8.3", [1.3, 1.3, 0.6], "A1 still halves"),
    ("8.3", [1.3, SLOPES[1], 1.2], "stretches the second unit by 0.5 only"),
    ("8.3", [1.3, SLOPES[1], 0.5], "only the first unit"),
    ("8.3", [1.3, SLOPES[1], SLOPES[1]], "A unit that is off"),
    ("8.3", [1.3, 0.6, SLOPES[1]], "The order"),
    ("8.3", [1.3, 0.7, 0.6], "D has a 1 for a unit that is on"),
    ("8.4", lambda A: values(A).sum() / values(A)[0], "Square the singular values"),
    ("8.4", lambda A: (values(A).sum() / values(A)[0]) ** 2, "Square each value first"),
    ("8.4", lambda A: stable(A) ** 0.5, "its root"),
    ("8.4", np.linalg.matrix_rank, "That is the rank"),
    ("8.4", len, "number of rows"),
    ("8.4", lambda A: (values(A) > values(A)[0] / 10).sum(), "a tenth of the largest"),
    ("8.4", lambda A: (values(A) ** 2).sum(), "Divide by the square"),
    ("8.4", lambda A: (values(A) ** 2).sum() / values(A)[0], "*square*"),
    ("8.4", lambda A: (values(A) ** 2).sum() / values(A)[-1] ** 2, "largest comes first"),
    ("8.4", lambda A: 1 / stable(A), "other way up"),
    ("8.4", np.linalg.cond, "condition number"),
    ("8.4", lambda A: 4, "That is the rank"),
    ("8.4", lambda A: 13.9, "Square every singular value"),
    ("8.5", [1.07, 1.26], "The order"),
    ("8.5", [1.26, 1.26], "pass rounds=5"),
    ("8.5", [3.1, 1.4], "take the median"),
    ("8.5", [1.03, 1.01], "learning rate"),
    ("8.5", [0.4, 0.2], "hardly ever below 1"),
    ("8.5", [1.5, 1.4], "With five rounds"),
    ("8.6", [1, 1], "Patches overlap"),
    ("8.6", [3, 3], "not its sum"),
    ("8.6", [3, 1], "The order"),
    ("8.6", [1, 9], "at most its root"),
    ("8.6", [1 / 3, 3], "root of nine squares"),
    ("8.6", [1, 5], "size 5"),
    ("8.6", [1 / 9, 3], "nine squares of 1/3"),
    ("8.6", [1, 1 / 3], "By the sum of the kernel"),
    ("8.6", [2, 2], "For the convolution try"),
    ("8.7", halves, "first half with the second"),
    ("8.7", lambda h: pairs(-h).neg(), "the larger first"),
    ("8.7", lambda h: h.sort(dim=1, descending=True).values, "not all units"),
    ("8.7", lambda h: h.sort(dim=1).values, "not all units"),
    ("8.7", lambda h: h.sort(dim=0, descending=True).values, "one example"),
    ("8.7", grouped, "all stand first"),
    ("8.7", lambda h: h.unflatten(1, (-1, 2)).amax(dim=2).repeat_interleave(2, dim=1), "keep the smaller"),
    ("8.7", torch.relu, "ReLU"),
    ("8.7", lambda h: h, "Nothing has moved"),
    ("8.7", lambda h: h.unflatten(1, (-1, 2)).amax(dim=2), "shape"),
    ("8.7", lambda h: pairs(h.detach()), "no gradient passes"),
    ("8.7", lambda h: pairs(h.detach().clone().requires_grad_()), "no gradient reaches h"),
    ("8.7", lambda h: pairs(h.detach()) + (h - h.detach()) * 2, "length has changed"),
    ("8.7", hard_coded, "shape"),
    ("8.7", lambda h: 2 * pairs(h), "Value wrong"),
    ("8.7", lambda h: h.numpy(), "a tensor with a gradient"),
    ("8.7", lambda h: h.detach().numpy(), "Return a tensor."),
    ("8.8", [1, 0], "The order"),
    ("8.8", [0, 2], "one half changes"),
    ("8.8", [0, 0], "The two laws differ"),
    ("8.8", [0, 0.5], "All of the mass"),
    ("8.8", [1, 1], "An additive critic cannot"),
    ("8.8", [0.5, 1], "what is left of their difference"),
    ("8.8", [2, 1], "what is left of their difference"),
    ("8.8", [0, math.sqrt(2)], "no root is needed"),
    ("8.8", [0.3, 3], "Then count the halves"),
    ("8.9", [1, 2, 5, 16], "Divide by their sum"),
    ("8.9", [0, math.log(2), math.log(5), 2], "Take the softmax of them"),
    ("8.9", [0, 0.301, 0.699, 1.2], "Exponentials are missing"),
    ("8.9", [*ROW, 6], "the first position has the content 8"),
    ("8.9", [*ROW[::-1], 6], "position 1 has the product 0"),
    ("8.9", [*ROW[::-1], 2], "position 1 has the product 0"),
    ("8.9", [*ROW, 4], "plain mean"),
    ("8.9", [*ROW, 12], "before you add"),
    ("8.9", [*ROW, 2 / 3], "No division by 3"),
    ("8.9", [0.3, 0.3, 0.4, 2], "what is drawn the sum of"),
]


RIGHT = [
    ("8.1", 16 / 81),
    ("8.1", 0.198),
    ("8.1", torch.tensor(16 / 81)),
    ("8.2", right_length),
    ("8.2", lambda A, v, rounds: np.linalg.norm(A @ unit(np.linalg.matrix_power(A.T @ A, rounds) @ v))),
    ("8.3", SLOPES),
    ("8.3", (1.3, 0.781, 0.6)),
    ("8.3", torch.tensor(SLOPES)),
    ("8.4", stable),
    ("8.4", lambda A: (A**2).sum() / np.linalg.norm(A, 2) ** 2),
    ("8.5", [1.26, 1.08]),
    ("8.5", np.array([1.19, 1.05])),
    ("8.6", [1, 3]),
    ("8.6", [np.float32(1), 3.0]),
    ("8.7", pairs),
    ("8.7", lambda h: h.reshape(len(h), -1, 2).sort(dim=2, descending=True).values.reshape(h.shape)),
    ("8.7", lambda h: (F.relu(h[:, ::2] - h[:, 1::2]) + h[:, 1::2]).repeat_interleave(2, dim=1).mul(0) + pairs(h)),
    ("8.8", [0, 1]),
    ("8.8", (0.0, 1.0)),
    ("8.9", [*ROW, 2]),
    ("8.9", np.array([0.125, 0.25, 0.625, 2])),
]
