"""Chapter 13: put to use."""

import numpy as np
import torch
from torch import Tensor

from wgan_lib.checks.feedback import close, expect, expect_function, expect_value, numbers


def exercise_1(answer: object) -> None:
    """How long is the middle of a straight walk."""
    given = numbers(answer, (2,))
    expect(not close(given[::-1], [16, 20], 1e-3), "Those are the two, in the other order: first t = 1/2.")
    expect(not close(given, [4, np.sqrt(20)], 2e-3), "Those are the lengths. The question asks for their squares.")
    expect_value(
        given[0],
        16,
        "At t = 1/2: the cross terms of two independent noises are 0 on average. What is left of the two squares?",
        [
            (32, "That is the mean square of the ends. The middle of the straight line is nearer to 0."),
            (8, "Each noise is halved, so its square is a quarter. There are two of them."),
            (64, "That is the mean square of the sum a + b. The middle is half of the sum."),
        ],
    )
    expect_value(
        given[1],
        20,
        "The first is right. At t = 1/4 the weights are 3/4 and 1/4: square them.",
        [
            (32, "The first is right. At t = 1/4 the point is shorter than the ends, too."),
            (16, "The first is right. A quarter of the way the weights are no longer equal."),
            (24, "The first is right. The square does not change evenly along the way: it is no straight line in t."),
            (18, "The first is right. You have left out the smaller of the two squares."),
        ],
    )


def _fair(a: Tensor, b: Tensor, t: float) -> Tensor:
    return ((1 - t) * a + t * b) / ((1 - t) ** 2 + t**2) ** 0.5


def _sphere(a: Tensor, b: Tensor, t: float) -> Tensor:
    cos = torch.cosine_similarity(a, b, dim=1)[:, None]
    angle = cos.clamp(-1, 1).arccos()
    return (torch.sin((1 - t) * angle) * a + torch.sin(t * angle) * b) / torch.sin(angle)


def _two_noises(rng: np.random.Generator) -> tuple[Tensor, Tensor, float]:
    return torch.tensor(rng.normal(size=(6, 9))), torch.tensor(rng.normal(size=(6, 9))), float(rng.uniform(0.1, 0.4))


def exercise_2(answer: object) -> None:
    """A straight walk that keeps the law."""
    expect_function(
        answer,
        _fair,
        _two_noises,
        "The variance of (1 - t) a + t b is (1 - t)² + t² in every coordinate. Divide so that it becomes 1.",
        [
            (lambda a, b, t: (1 - t) * a + t * b, "That is the straight walk: its variance is less than 1."),
            (
                lambda a, b, t: ((1 - t) * a + t * b) / ((1 - t) ** 2 + t**2),
                "You divide by the variance. Divide by its root.",
            ),
            (lambda a, b, t: _fair(b, a, t), "The walk runs backwards: t = 0 must give a."),
            (
                _sphere,
                "That is the walk along the sphere. It keeps lengths; the task is a division that keeps the law.",
            ),
            (
                lambda a, b, t: ((1 - t) * a + t * b) * 2**0.5,
                "That is right at t = 1/2 alone, and at the ends it is too long.",
            ),
            (
                lambda a, b, t: torch.nn.functional.normalize((1 - t) * a + t * b, dim=1) * 9**0.5,
                "You give every point the same length. Noise has lengths that vary: divide by one number for all.",
            ),
        ],
    )


def _auroc(normal: np.ndarray, odd: np.ndarray, tie: float = 0.5) -> float:
    normal, odd = np.asarray(normal), np.asarray(odd)
    return float((odd[:, None] > normal).mean() + tie * (odd[:, None] == normal).mean())


def exercise_3(answer: object) -> None:
    """An area by hand."""
    normal, odd = np.array([1.0, 2, 3, 4]), np.array([1.0, 3, 5])
    expect_value(
        answer,
        _auroc(normal, odd),
        "Count for each of the three odd scores how many of the four normal ones lie below it; equal ones count half.",
        [
            (_auroc(normal, odd, 0), "You have left out the two ties: each counts one half."),
            (_auroc(normal, odd, 1), "A tie is no win: it counts one half."),
            (1 - _auroc(normal, odd), "That is how often a *normal* image has the higher score."),
            (12 * _auroc(normal, odd), "That is the number of wins. Divide by the number of pairs."),
        ],
    )


def _ranks(values: np.ndarray) -> np.ndarray:
    return (values[:, None] > values).sum(axis=1) + ((values[:, None] == values).sum(axis=1) + 1) / 2


def _by_ranks(normal: np.ndarray, odd: np.ndarray) -> float:
    m, n = len(odd), len(normal)
    return float((_ranks(np.concatenate([normal, odd]))[n:].sum() - m * (m + 1) / 2) / (m * n))


def _scores_with_ties(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    return rng.integers(0, 6, size=11).astype(float), rng.integers(2, 9, size=7).astype(float)


def exercise_4(answer: object) -> None:
    """The area from ranks."""
    expect_function(
        answer,
        _by_ranks,
        _scores_with_ties,
        "Rank all scores together, equal ones sharing the mean of their ranks; then (R - m (m + 1) / 2) / (m n).",
        [
            (
                lambda normal, odd: _auroc(normal, odd, tie=1),
                "Your equal scores get different ranks, the odd ones the higher: they must share their mean rank.",
            ),
            (
                lambda normal, odd: _auroc(normal, odd, tie=0),
                "Your equal scores get different ranks, the normal ones the higher: they must share their mean rank.",
            ),
            (lambda normal, odd: 1 - _by_ranks(normal, odd), "Turned round: a high score means odd."),
            (
                lambda normal, odd: _by_ranks(normal, odd) + 1 / len(normal),
                "Your ranks begin at 0 or the sum of the first m ranks is off: it is m (m + 1) / 2 if they begin at 1.",
            ),
            (
                lambda normal, odd: _by_ranks(normal, odd) - 1 / len(normal),
                "Your ranks begin at 0: then the smallest sum they can have is m (m - 1) / 2.",
            ),
            (
                lambda normal, odd: _by_ranks(normal, odd) * len(normal) * len(odd),
                "That is the number of pairs that are right. Divide by m n.",
            ),
        ],
        forbidden=["scipy", "sklearn", "wgan_lib.experiments", "torchmetrics"],
    )


def exercise_5(answer: object) -> None:
    """What the area does not see."""
    given = numbers(answer, (3,))
    truth = [0.15, 0.85, 0.5]
    expect(not close(given, [0.85, 0.15, 0.5], 1e-3), "The first two are in the other order: exp keeps the order.")
    expect_value(
        given[0],
        truth[0],
        "exp is increasing. Does it change which of two scores is the higher?",
        [(np.exp(0.15), "exp is applied to the scores, not to the area."), (0.5, "Only the order of scores counts.")],
    )
    expect_value(
        given[1],
        truth[1],
        "The first is right. With its sign turned, who wins a pair that was lost before?",
        [
            (0.15, "The first is right. A minus sign turns every pair round."),
            (-0.15, "The first is right. An area is a probability: the pairs that were lost are now won."),
        ],
    )
    expect_value(
        given[2],
        truth[2],
        "The first two are right. If all scores are equal, every pair is a tie.",
        [(0, "The first two are right. A tie counts one half."), (1, "The first two are right. A tie is no win.")],
    )


def exercise_6(answer: object) -> None:
    """A hidden pixel."""
    given = numbers(answer, (3,))
    p = 0.3
    expect(
        not close(given, [2 * p * (1 - p), p * (1 - p), p], 1e-3),
        "The first two are in the other order: the best guess comes first.",
    )
    expect_value(
        given[0],
        p * (1 - p),
        "The best guess is the mean, 0.3. Its error is the variance.",
        [
            (p, "That is the error of the guess 0. The mean does better."),
            (p**2, "That is the error if the pixel is 0. Average over both cases."),
            (np.sqrt(p * (1 - p)), "That is the standard deviation. The error is squared."),
        ],
    )
    expect_value(
        given[1],
        2 * p * (1 - p),
        "The first is right. The draw and the pixel differ if one is 1 and the other 0, in either order.",
        [
            (p * (1 - p), "The first is right. An honest draw has a variance of its own, on top of the pixel's."),
            (p**2 + (1 - p) ** 2, "The first is right. That is how often draw and pixel *agree*."),
        ],
    )
    expect_value(
        given[2],
        p,
        "The first two are right. The guess 0 is wrong, by 1, if the pixel is 1.",
        [(1 - p, "The first two are right. The guess 0 is *right* so often."), (p**2, "Square the error, not p.")],
    )


def exercise_7(answer: object) -> None:
    """The left half is hidden."""
    found, rival = numbers(answer, (2,))
    expect(min(found, rival) > 0, "A mean squared error of these is above 0.")
    expect(max(found, rival) < 1, "Too large for a mean over pixels. Divide by how many are hidden.")
    expect(
        min(found, rival) > 0.06,
        "Too small: that looks like an error over the visible pixels, or over all. Only the hidden ones count.",
    )
    expect(found > rival, "Those look like the two in the other order: first the search, then the ten neighbours.")
    expect(found < 0.4, "The search looks too bad: is the mask that of the *visible* half, in begin and in search?")
    expect(
        rival < 0.26,
        "The neighbours look too bad: compare where the image is visible, and average ten of the training digits.",
    )


def exercise_8(answer: object) -> None:
    """Learn from generated images alone."""
    accuracy = float(numbers(answer))
    expect(not 50 < accuracy <= 100, "Give a share, not per cent.")
    expect(0 < accuracy < 1, "An accuracy is a share between 0 and 1.")
    expect(accuracy > 0.2, "That is no better than guessing: do the labels belong to the images?")
    expect(
        accuracy > 0.9, "Too low. Are the images those of the generator that was told all labels, and the test real?"
    )
    expect(accuracy < 0.992, "Too high: was it tested on generated images, or trained on all real ones?")
