"""Chapter 8: spectral norm and attention."""

import itertools
import math

import numpy as np
import torch

from wgan_lib.checks.feedback import Hint, call, close, expect, expect_function, expect_value, numbers


def exercise_1(answer: object) -> None:
    """Two rounds by hand."""
    expect_value(
        answer,
        (2 / 3) ** 4,
        "Apply AᵀA = diag(9, 4) twice; the tangent is the second entry over the first.",
        [
            (4 / 9, "A round goes through A and back: this is one round, or two half rounds."),
            (8 / 9, "The factors of the rounds multiply; they do not add."),
            (2 / 3, "That is half a round: through A, and not yet back."),
            ((2 / 3) ** 8, "You made four rounds: one round multiplies by (2/3)², not by (2/3)⁴."),
            (1 - (2 / 3) ** 4, "That is what was lost. What is left?"),
            (81 / 16, "The tangent falls: put the smaller singular value above the larger."),
            (math.atan((2 / 3) ** 4), "That is the angle. The question is its tangent."),
            (math.degrees(math.atan((2 / 3) ** 4)), "That is the angle, in degrees. The question is its tangent."),
            (math.sin(math.atan((2 / 3) ** 4)), "That is the sine of the angle. The question is its tangent."),
        ],
    )


def _length_after(A: np.ndarray, v: np.ndarray, rounds: int, half: bool = False) -> float:
    for _ in range(rounds):
        v = A.T @ (A @ v)
    u = A @ (v / np.linalg.norm(v))
    return float(np.linalg.norm(A.T @ u) / np.linalg.norm(u) if half else np.linalg.norm(u))


def exercise_2(answer: object) -> None:
    """Power iteration."""
    rounds = itertools.cycle((2, 3))  # one round is not always one too few

    def draw(rng: np.random.Generator) -> tuple:
        return rng.normal(size=(5, 4)), 3 * rng.normal(size=4), next(rounds)

    def no_division(A: np.ndarray, v: np.ndarray, rounds: int) -> float:
        for _ in range(rounds):
            v = A.T @ (A @ v)
        return float(np.linalg.norm(A @ v))

    def earlier(A: np.ndarray, v: np.ndarray, rounds: int) -> float:
        """What the chapter's power_iteration returns: uᵀ A v with the u of half a round before."""
        return _length_after(A, v, rounds - 1, half=True)

    expect_function(
        answer,
        _length_after,
        draw,
        "Repeat v ← Aᵀ(A v), divided by its length; at the end return the length of A v.",
        [
            (lambda A, v, rounds: np.linalg.norm(A, 2), "That is the norm itself. After so few rounds v is not there."),
            (no_division, "Divide v by its length before you measure: the stretch is meant for a unit vector."),
            (earlier, "That is uᵀA v with the u of the last round, half a round behind: return ‖A v‖ for the new v."),
            (lambda A, v, rounds: _length_after(A, v, 1), "You made one round whatever `rounds` says."),
            (lambda A, v, rounds: _length_after(A, v, 0), "v has not moved: use the new v in the next round."),
            (lambda A, v, rounds: _length_after(A, v, rounds - 1), "One round too few."),
            (lambda A, v, rounds: _length_after(A, v, rounds + 1), "One round too many."),
            (lambda A, v, rounds: _length_after(A, v, rounds) ** 2, "That is the square of the length."),
            (lambda A, v, rounds: np.linalg.norm(A), "That is the root of the sum of all squared entries (Frobenius)."),
        ],
        rtol=1e-5,
    )


def exercise_3(answer: object) -> None:
    """Where the slope goes."""
    first, second = np.diag([1.0, 0.5]), np.array([0.5, 1.2])
    bound, both, off = np.linalg.norm(second), np.linalg.norm(second @ first), 1.2 * 0.5
    right = np.array([bound, both, off])
    mistakes = [
        ([1.7, both, off], "The norm of the row A2 is its length, not the sum of its entries."),
        ([1.2, both, off], "The norm of the row A2 is its length, not its largest entry."),
        ([bound / 2, both, off], "The norm of A1 is its largest singular value, not the product of both."),
        ([bound * math.hypot(1, 0.5), both, off], "The norm of A1 is its largest singular value, not √(Σ σ²)."),
        ([bound * 1.5, both, off], "The norm of A1 is its largest singular value, not the sum of both."),
        ([1, both, off], "A2 is not of norm 1: how long is the row (0.5, 1.2)?"),
        ([bound, 0.5 + 0.6, off], "The slope is the length of the row A2 A1, not the sum of its entries."),
        ([bound, bound, off], "Both units on: A1 still halves the second entry of A2."),
        ([bound, both, 1.2], "A1 stretches the second unit by 0.5 only."),
        ([bound, both, 0.5], "That is the slope where only the first unit is on."),
        ([bound, both, both], "A unit that is off passes nothing: put D = diag(0, 1) between."),
        ([bound, off, both], "The order: both units on, then only the second."),
    ]
    expect_value(
        answer, right, "The slope is the length of the row A2 D A1: D has a 1 for a unit that is on.", mistakes
    )


def exercise_4(answer: object) -> None:
    """Stable rank."""

    def values(A: np.ndarray) -> np.ndarray:
        return np.linalg.svd(A, compute_uv=False)

    expect_function(
        answer,
        lambda A: (values(A) ** 2).sum() / values(A)[0] ** 2,
        lambda rng: (rng.normal(size=(6, 4)) * np.array([3.0, 1.0, 0.5, 0.1]),),
        "Square every singular value, add them up, and divide by the square of the largest.",
        [
            (lambda A: values(A).sum() / values(A)[0], "Square the singular values before you add them."),
            (
                lambda A: values(A).sum() ** 2 / values(A)[0] ** 2,
                "Square each value first, then add.",
            ),
            (lambda A: np.linalg.norm(A) / values(A)[0], "That is its root: the squares are missing."),
            (
                lambda A: np.linalg.matrix_rank(A),
                "That is the rank: it counts every direction as one.",
            ),
            (lambda A: len(A), "That is the number of rows."),
            (lambda A: (values(A) > 0.1 * values(A)[0]).sum(), "That counts values above a tenth of the largest."),
            (lambda A: (values(A) ** 2).sum(), "Divide by the square of the largest."),
            (lambda A: (values(A) ** 2).sum() / values(A)[0], "Divide by the *square* of the largest."),
            (
                lambda A: (values(A) ** 2).sum() / values(A)[-1] ** 2,
                "The largest comes first: svd sorts them falling.",
            ),
            (lambda A: values(A)[0] ** 2 / (values(A) ** 2).sum(), "The other way up."),
            (lambda A: values(A)[0] / values(A)[-1], "That is the condition number, largest over smallest."),
        ],
    )


def exercise_5(answer: object) -> None:
    """More rounds."""
    one, five = numbers(answer, (2,))
    expect(min(one, five) > 0.999, "The bound is hardly ever below 1. Is this what `bound_along_training` returns?")
    expect(one != five, "The two are equal: pass rounds=5 in the second run.")
    expect(five < one, "More rounds bring the bound nearer to 1. The order: one round, then five.")
    expect(one > 1.08, "With one round at this rate the bound is missed by more. Is the learning rate 2e-2?")
    expect(one < 1.8, "That is nearer to the largest value: take the median, from step 50 on.")
    expect(five < 1.25, "With five rounds the median is nearer to 1: take it from step 50 on.")


def exercise_6(answer: object) -> None:
    """A kernel and its convolution."""
    expect_value(
        answer,
        [1.0, 3.0],
        "The kernel matrix is one row of nine entries. For the convolution try an image with all pixels equal.",
        [
            ([1, 1], "The second is the kernel matrix again. Patches overlap: try an image with all pixels equal."),
            ([3, 3], "The kernel matrix is one row of nine entries: its norm is its length, not its sum."),
            ([3, 1], "The order: the kernel matrix first."),
            (
                [1, 9],
                "⌈k/s⌉² counts the patches that hold a pixel; the norm grows by at most its root.",
            ),
            ([1 / 3, 3], "The kernel matrix is one row of nine entries: take its length, the root of nine squares."),
            ([1 / 9, 3], "The length is the root of the sum of nine squares of 1/3."),
            ([1, 1 / 3], "By what is each pixel of a flat image multiplied? By the sum of the kernel."),
            ([1, 5], "That is the chapter's kernel, of size 5. This one has size 3."),
        ],
    )


def exercise_7(answer: object) -> None:
    """Maxmin on neighbours."""
    rows, units = 8, 2 * int(np.random.default_rng().integers(4, 7))
    h = torch.randn(rows, units, dtype=torch.float64).requires_grad_()
    value = _run(answer, h)
    expect(isinstance(value, torch.Tensor), "Return a tensor.")
    expect(value.shape == h.shape, f"Return a tensor of the shape of h, {tuple(h.shape)}; yours: {tuple(value.shape)}.")
    plain = h.detach()
    pairs = plain.reshape(rows, -1, 2).sort(dim=2, descending=True).values
    first, second = plain.chunk(2, dim=1)
    halves = torch.cat([torch.maximum(first, second), torch.minimum(first, second)], dim=1)
    columns = plain.reshape(rows, -1, 2)
    grouped = torch.cat([columns.amax(dim=2), columns.amin(dim=2)], dim=1)
    for wrong, hint in (
        (halves, "You paired the first half with the second: pair the neighbours 0 and 1."),
        (pairs.flip(2).reshape(rows, units), "Falling order: the larger first."),
        (plain.sort(dim=1, descending=True).values, "Sort each pair, not all units."),
        (plain.sort(dim=1).values, "Sort each pair, not all units."),
        (plain.sort(dim=0, descending=True).values, "Sort units of one example, not one unit over the examples."),
        (grouped, "The pairs are right, but the larger ones all stand first: put each pair back in its place."),
        (
            pairs[:, :, :1].expand_as(pairs).reshape(rows, units),
            "Both of a pair are now the larger: keep the smaller.",
        ),
        (plain.relu(), "That is ReLU: it sorts nothing."),
        (plain, "Nothing has moved."),
    ):
        expect(not torch.equal(value.detach(), wrong.to(value.dtype)), hint)
    right = pairs.reshape(rows, units)
    expect(torch.allclose(value.detach().double(), right), "Value wrong. h.unflatten(1, (-1, 2)) gives the pairs.")
    expect(value.requires_grad, "The values are right, but no gradient passes: stay with torch operations on h.")
    back = torch.randn_like(plain)
    (slope,) = torch.autograd.grad(value, h, back.to(value.dtype), allow_unused=True)
    expect(slope is not None, "The values are right, but no gradient reaches h: stay with torch operations on it.")
    expect(torch.allclose(slope.norm(dim=1), back.norm(dim=1)), "The gradient's length has changed on its way back.")


def _run(answer: object, h: torch.Tensor) -> object:
    """Call the answer with h itself, through which a gradient is to pass."""
    call(answer, h.detach())  # an error becomes a hint
    try:
        return answer(h)  # type: ignore[operator]
    except Exception as error:
        raise Hint(f"Your function stopped on a tensor with a gradient: {type(error).__name__}, {error}") from None


def exercise_8(answer: object) -> None:
    """The chimera on paper."""
    expect_value(
        answer,
        [0.0, 1.0],
        "Write both means with p(0), p(1), q(0), q(1). Then count the halves that change on the cheapest way.",
        [
            ([1, 0], "The order: the additive critic first."),
            ([0, 2], "From (0, 0) to (0, 1) one half changes, not both."),
            ([0, 0], "The two laws differ: every real image has to become a chimera. What does that cost?"),
            ([0, 0.5], "All of the mass must move, not half of it: no real image is a chimera."),
            ([1, 1], "An additive critic cannot reach W: what is left of the difference of its two means?"),
            ([0.5, 1], "Write both means with p(0), p(1), q(0), q(1): what is left of their difference?"),
            ([2, 1], "Write both means with p(0), p(1), q(0), q(1): what is left of their difference?"),
            ([0, math.sqrt(2)], "Costs count changed halves here, and one changes: no root is needed."),
        ],
    )


def exercise_9(answer: object) -> None:
    """Attention by hand."""
    given = numbers(answer, (4,))
    scores, contents = np.array([0, math.log(2), math.log(5)]), np.array([8.0, 4.0, 0.0])
    weights = np.exp(scores) / np.exp(scores).sum()
    right = [*weights, weights @ contents]
    expect(not close(given[:3], [1, 2, 5]), "Divide by their sum: a row of β sums to 1.")
    expect(not np.allclose(given[:3], scores / scores.sum(), atol=6e-3), "Exponentials are missing: e to each product.")
    expect(not close(given[:3], scores, 2e-3), "These are the products. Take the softmax of them.")
    mistakes = [
        ([*weights, contents.mean()], "That is the plain mean: weigh each content with its β."),
        ([*weights, contents.sum()], "Weigh each content with its β before you add."),
        ([*weights, (weights @ contents) / 3], "No division by 3: the weights already sum to 1."),
        (
            [*weights, weights[::-1] @ contents],
            "The order: the first position has the content 8 and the smallest β.",
        ),
        ([*weights[::-1], weights @ contents], "The order: position 1 has the product 0, so the smallest β."),
        (
            [*weights[::-1], weights[::-1] @ contents],
            "The order: position 1 has the product 0, so the smallest β.",
        ),
    ]
    expect_value(
        answer, right, "β is the softmax of the three products, and what is drawn the sum of β_i h_i.", mistakes
    )
