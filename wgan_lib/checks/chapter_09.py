"""Chapter 9: training on MNIST."""

from collections.abc import Callable

import numpy as np
import torch

from wgan_lib import figures, lipschitz, mnist, networks, runs, transport
from wgan_lib.checks.feedback import call, close, expect, expect_function, expect_value, numbers


def exercise_1(answer: object) -> None:
    """What a run consists of."""
    steps, times = numbers(answer, (2,))
    expect(not close([times, steps], [4_000, 64 / 3], 1e-2), "Those are the two, in the other order.")
    expect_value(
        steps,
        4_000,
        "One generator step comes after every five critic steps: divide the critic steps by five.",
        [
            (20_000, "One generator step comes after every *five* critic steps."),
            (100_000, "The 20,000 are critic steps; there are fewer generator steps."),
            (20_000 / 6, "The 20,000 are critic steps alone; the generator's are not among them."),
        ],
    )
    expect_value(
        times,
        20_000 * 64 / 60_000,
        "The first number is right. The second: critic steps times images in a batch, over images in all.",
        [
            (4_000 * 64 / 60_000, "A batch of real images is drawn in each *critic* step."),
            (24_000 * 64 / 60_000, "A generator step draws noise and no real images."),
            (20_000 / 60_000, "A critic step shows a whole batch: 64 images, not one."),
            (20_000 * 64, "That many images in all. How often is each of the 60,000 among them?"),
            (60_000 / (20_000 * 64), "Turned upside down: images seen, over images in all."),
        ],
    )


def exercise_2(answer: object) -> None:
    """The sum of pixels as a critic."""
    cost, number = numbers(answer, (2,))
    expect_value(
        cost,
        10 * (2.8 - 1) ** 2,
        "Find the norm of the gradient, which is 0.1 in each of 784 pixels; then λ (norm - 1)².",
        [
            (10 * (0.1 - 1) ** 2, "0.1 is the slope in one pixel. Take the norm over all 784."),
            (10 * (78.4 - 1) ** 2, "The norm is the root of the sum of squares, not the sum."),
            (10 * (7.84 - 1) ** 2, "That is the squared norm, less 1. The penalty takes the norm itself."),
            ((2.8 - 1) ** 2, "λ = 10 is missing."),
            (10 * (2.8 - 1), "The penalty is a square: (norm - 1)²."),
            (10 * 2.8**2, "The norm is held against 1: (norm - 1)², not norm²."),
        ],
    )
    expect_value(
        number,
        1 / 28,
        "The cost is right. For which number, in each of 784 pixels, is the norm exactly 1?",
        [
            (1 / 784, "With 1/784 the *sum* of the gradient is 1. Its norm is the root of the sum of squares."),
            (28, "The norm is 28 times the number. For which number is that 1?"),
            (1, "With 1 in each pixel the norm is 28. It should be 1."),
            (-1 / 28, "The norm is 1, but the question asks for a positive number."),
        ],
    )


def _to_the_ends(values: np.ndarray, window: int, middle: Callable = np.median) -> np.ndarray:
    half = window // 2
    return np.array([middle(values[max(0, i - half) : i + half + 1]) for i in range(len(values))])


def _padded(mode: str) -> Callable[[np.ndarray, int], np.ndarray]:
    def filtered(values: np.ndarray, window: int) -> np.ndarray:
        longer = np.pad(values, window // 2, mode=mode)
        return np.median(np.lib.stride_tricks.sliding_window_view(longer, window), axis=1)

    return filtered


def exercise_3(answer: object) -> None:
    """A running median to the ends."""
    trial = np.array([3.0, 1.0, 4.0, 1.5, 5.0, 9.0, 2.0])
    given = call(answer, trial, 3, forbidden=["wgan_lib.figures"])
    expect(np.shape(given) != (5,), "That is `running_median`: values in the middle only. Give one for each of the n.")
    invented = "Your window at an end holds values that are not there ({}). Let it shrink instead."
    expect_function(
        answer,
        _to_the_ends,
        lambda rng: (rng.normal(size=int(rng.integers(15, 30))), int(rng.choice([5, 7, 9]))),
        "At place i the window runs from i - window // 2 to i + window // 2, as far as there are values.",
        [
            (_padded("edge"), invented.format("copies of the last value")),
            (_padded("constant"), invented.format("zeros")),
            (_padded("reflect"), invented.format("a mirror image of the curve")),
            (_padded("symmetric"), invented.format("a mirror image of the curve")),
            (_padded("wrap"), invented.format("values from the other end")),
            (lambda values, window: _to_the_ends(values, window, np.mean), "That is the mean. Take the median."),
            (lambda values, window: _to_the_ends(values, 2 * window), "Your window is twice too wide: half on a side."),
            (lambda values, window: values, "The values came back as they were."),
            (
                lambda values, window: np.array(
                    [np.median(values[max(0, i - window + 1) : i + 1]) for i in range(len(values))]
                ),
                "Your window lies before the place, not around it: the curve is shifted.",
            ),
            (
                lambda values, window: np.array([np.median(values[i : i + window]) for i in range(len(values))]),
                "Your window lies behind the place, not around it: the curve is shifted.",
            ),
        ],
        forbidden=["wgan_lib.figures"],
    )


def exercise_4(answer: object) -> None:
    """The snapshot to keep."""
    run = runs.load("wgan-gp-seed0")
    steps, fid = run.quality["step"], run.quality["fid"]
    estimates = np.interp(steps, run.metrics["step"], figures.smooth(run.metrics["w_estimate"], 21))
    unfiltered = np.interp(steps, run.metrics["step"], run.metrics["w_estimate"])
    by_critic, by_fid = steps[estimates.argmin()], steps[fid.argmin()]
    given = numbers(answer, (2,))
    index = 'Those are places in a list, which count from 0. The steps are in quality["step"].'
    expect(not close(given, [estimates.argmin(), fid.argmin()]), index)
    expect(not close(given + 1, [by_critic / 1000, by_fid / 1000]), index)
    smallest = [estimates.min(), fid.min()]
    also = [unfiltered.min(), fid.min()]
    values = "Those are the smallest *values*. The question asks for the steps at which they occur: argmin, not min."
    expect(not close(given, smallest, 0.02) and not close(given, also, 0.02), values)
    expect(not close(given, [by_fid, by_critic]), "Those are the two, in the other order.")
    expect(not close(given, [steps[estimates.argmax()], steps[fid.argmax()]]), "The smallest, not the largest.")
    expect(not close(given * 1000, [by_critic, by_fid]), "Give steps, not thousands of steps.")
    without = steps[1 + estimates[1:].argmin()]
    expect(given[0] != without, "Look for the smallest of all 20 estimates, that of step 1,000 included.")
    expect(given[0] == by_critic, "The critic's step is not right: where is at_snapshots(run) smallest?")
    expect(given[1] != steps[-1], "The critic's step is right. FID is not smallest at the last snapshot.")
    expect(given[1] == by_fid, 'The critic\'s step is right. The FID of each snapshot is run.quality["fid"].')


def exercise_5(answer: object) -> None:
    """How steep a clipped critic can be."""
    given = numbers(answer)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        critic = networks.mlp_critic()
    unclipped = [layer.weight.detach().clone() for layer in critic if isinstance(layer, torch.nn.Linear)]
    lipschitz.clip_weights(critic, 0.01)
    weights = [layer.weight.detach() for layer in critic if isinstance(layer, torch.nn.Linear)]
    norms = [float(torch.linalg.matrix_norm(weight, ord=2)) for weight in weights]
    expect_value(
        given,
        np.prod(norms),
        "Multiply the largest singular values of the three weight matrices of `clipped`.",
        [
            (
                np.prod([float(torch.linalg.matrix_norm(weight)) for weight in weights]),
                "That bound holds, but is larger than asked for: matrix_norm needs ord=2.",
            ),
            (sum(norms), "One layer follows the other: their norms are multiplied, not added."),
            (max(norms), "That is the largest of the three norms. The layers follow each other: multiply."),
            (np.prod(norms) ** 2, "That is the square: singular values, not eigenvalues of AᵀA."),
            (np.prod(norms[:2]), "The last layer, which makes the score, is missing."),
            (
                np.prod([float(torch.linalg.matrix_norm(weight, ord=2)) for weight in unclipped]),
                "Those are the weights before clipping. Take those of `clipped`.",
            ),
            (
                np.prod([float(weight.abs().max()) for weight in weights]),
                "That is the product of the largest *entries*. A matrix of small entries can stretch a vector a lot.",
            ),
        ],
    )


def exercise_6(answer: object) -> None:
    """Change c."""
    growth = float(numbers(answer))
    expect(growth > 0, "Both medians are positive, and so is their ratio. Did you run it?")
    expect(not 0.18 < growth < 0.3, "Turned upside down: the estimate with the larger c, over that with the smaller.")
    expect(not 0.4 < growth < 0.85, "That looks like one estimate. Divide that of c = 0.02 by that of c = 0.01.")
    expect(not 0.98 < growth < 1.02, "Did c change? Hand it on: train_by_hand(..., clip=0.02).")
    expect(not 1.9 < growth < 2.1, "If all grew in proportion to c, it would be 2. There are three layers: run it.")
    expect(
        not 7.5 < growth < 8.5,
        "2³ = 8 is how much the bound on the slope grows, in three layers. Run it: the critic uses part of that.",
    )
    expect(not 2.2 < growth < 3.3, "That looks like the estimate with c = 0.02. Divide it by that with c = 0.01.")
    expect(3.3 <= growth <= 6.5, "Run both for 60 steps: estimates are the third thing that train_by_hand returns.")


def _moving(weights: np.ndarray, beta: float, *, zero: bool = False) -> np.ndarray:
    average = 0 * weights[0] if zero else weights[0]
    for row in weights[0 if zero else 1 :]:
        average = beta * average + (1 - beta) * row
    return average


def exercise_7(answer: object) -> None:
    """An average of the weights."""
    expect_function(
        answer,
        _moving,
        lambda rng: (rng.normal(size=(int(rng.integers(6, 15)), 4)), float(rng.uniform(0.6, 0.95))),
        "Start at weights[0]. Then, row by row: beta times the average, plus (1 - beta) times the row.",
        [
            (lambda w, beta: _moving(w, 1 - beta), "β and 1 - β are exchanged: the *old average* gets β."),
            (lambda w, beta: _moving(w, beta, zero=True), "The average starts at the first row, not at 0."),
            (lambda w, beta: _moving(w[:-1], beta), "The last row is missing."),
            (lambda w, beta: w.mean(axis=0), "That is the plain mean, in which old rows count as much as new ones."),
            (lambda w, beta: w[-1], "Those are the last weights, with no average."),
            (
                lambda w, beta: _moving(w, beta, zero=True) / (1 - beta ** len(w)),
                "That is Adam's average, which starts at 0 and is corrected for it. This one starts at the first row.",
            ),
            (
                lambda w, beta: beta * w[0] + (1 - beta) * w[-1],
                "Only the first and the last row are in it. Go through all rows, one after the other.",
            ),
        ],
    )


def exercise_8(answer: object) -> None:
    """Fool the referee."""
    given = answer.detach() if isinstance(answer, torch.Tensor) else answer
    try:
        flat = np.shape(given) == (16, 784)
    except ValueError:  # rows of different lengths: said below
        flat = False
    images = torch.as_tensor(numbers(given, (16, 784) if flat else (16, 1, 28, 28)))
    points = images.reshape(16, 784)
    pixels = mnist.scale(mnist.images("test")).flatten(1)
    real = pixels[torch.randperm(len(pixels), generator=torch.Generator().manual_seed(0))][:256].double()
    cost = transport.emd(real, points.repeat_interleave(16, dim=0)).cost
    alike = len(points.unique(dim=0)) == 1
    grey = float((points.abs() < 0.8).double().mean())
    said = f"Their W is {cost:.2f}. "
    expect(not points.min() >= 0 or cost < 12.8, said + "No pixel is negative: black is -1 here, and 0 is grey.")
    expect(not alike or cost < 12.8, said + "All sixteen are alike. Let each be good for a part of the digits.")
    expect(
        grey > 0.15 or cost < 12.8,
        said + "They are crisp, as real digits are. The referee prefers what lies in the middle of several digits.",
    )
    expect(cost < 12.8, said + "It must be below 12.8: let each image be the mean of digits that are alike.")
