"""Chapter 7: head to head."""

import math

import numpy as np

from wgan_lib import mnist, tournament, toy, transport
from wgan_lib.checks.feedback import close, expect


def exercise_1(answer: object) -> None:
    """The best that quality can be."""
    expect(not close(answer, 0.9973, 2e-4), "That is three standard deviations on the line. These are in the plane.")
    expect(not close(answer, 0.9973**2, 2e-4), "That is a square of side 6σ. The points within 3σ form a disc.")
    expect(not close(answer, math.exp(-4.5), 1e-4), "That is the share outside.")
    expect(close(answer, 1 - math.exp(-4.5), 1e-4), "Integrate the density r exp(-r²/2) from 0 to 3.")


def exercise_2(answer: object) -> None:
    """A floor by hand."""
    distance, n = 2.0, 500
    expect(not close(answer, distance / math.sqrt(2 * math.pi * n), 1e-4),
           "Both samples fluctuate: the variance of the difference of two shares is twice that of one.")  # fmt: skip
    expect(not close(answer, distance / math.sqrt(2 * n), 1e-4), "That is d · σ. E|X| is smaller: σ √(2/π).")
    expect(not close(answer, 1 / math.sqrt(math.pi * n), 1e-4), "Each unit of mass travels d = 2.")
    expect(close(answer, distance / math.sqrt(math.pi * n), 1e-4), "W = d |p - p'|; a share has variance 1/(4n).")


def exercise_3(answer: object) -> None:
    """When w sees it."""
    centres = toy.twenty_five_centres()
    others = np.full(25, 1 / 24)
    others[12] = 0
    price = transport.emd(centres.numpy(), centres.numpy(), b=others).cost
    ratio = tournament.floor("25 Gaussians").mean() / price
    expect(not close(answer, 500 * ratio, 1e-3), "The floor falls like the root of n: n must grow by the square.")
    expect(not close(answer, 500 / ratio**2, 1e-3), "Fewer points raise the floor. More are needed, not fewer.")
    expect(close(answer, 500 * ratio**2, 1e-3), "Set floor(500) · √(500 / n) equal to the price, and solve for n.")


def exercise_4(answer: object) -> None:
    """Sum or mean."""
    given = np.asarray(answer, dtype=float)
    expect(given.shape == (2,), "Give two numbers: [factor with gradient descent, factor with Adam].")
    expect(close(given[0], 0.25), "Gradient descent steps by the learning rate times the gradient.")
    expect(not close(given[1], 0.25), "Adam divides the gradient by its own root mean square.")
    expect(close(given[1], 1), "Put g / 4 in place of g in m / √v, where m = g and v = g².")


def exercise_5(answer: object) -> None:
    """Read the record."""
    given = np.asarray(answer, dtype=float)
    expect(given.shape == (2,), "Give two numbers: [mean difference, its standard error].")
    rows = tournament.load(mnist.find_upwards("runs/head-to-head")[0] / "finals.csv")
    last = {(row["method"], row["seed"]): row["w"] for row in rows
            if row["data"] == "Swiss roll" and row["step"] == tournament.FINAL_STEPS}  # fmt: skip
    gap = np.array([last["one-sided", seed] - last["R1", seed] for seed in tournament.FINAL_SEEDS])
    error = gap.std(ddof=1) / math.sqrt(len(gap))
    expect(not close(given[0], -gap.mean(), 1e-3), "The sign: one-sided minus R1.")
    expect(close(given[0], gap.mean(), 1e-3), "Take the last look of each of the five games: column -1 of look().")
    expect(not close(given[1], gap.std(ddof=1), 1e-3), "That is the spread of one game. The mean of five has less.")
    expect(not close(given[1], gap.std() / math.sqrt(len(gap)), 1e-3), "Divide by n - 1: std(ddof=1).")
    expect(close(given[1], error, 1e-3), "The standard error is the standard deviation over the root of 5.")
