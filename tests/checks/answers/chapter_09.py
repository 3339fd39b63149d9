"""Answers to chapter 9: wrong ones with the hint that each must get, and right ones in every form."""

import numpy as np
import torch
from scipy import ndimage

from wgan_lib import figures, lipschitz, mnist, networks, runs


def layers(*, clip):
    """Return the weight matrices of the critic of exercise 9.5."""
    torch.manual_seed(0)
    critic = networks.mlp_critic()
    if clip:
        lipschitz.clip_weights(critic, 0.01)
    return [layer.weight.detach() for layer in critic if isinstance(layer, torch.nn.Linear)]


def product(weights, **options):
    """Return the product of matrix norms."""
    return float(np.prod([torch.linalg.matrix_norm(weight, **options) for weight in weights]))


def to_the_ends(values, window, middle=np.median):
    """Return the running median whose window shrinks."""
    half = window // 2
    return [middle(values[max(0, i - half) : i + half + 1]) for i in range(len(values))]


def average(weights, beta):
    """Return the moving average of rows."""
    mean = weights[0]
    for row in weights[1:]:
        mean = beta * mean + (1 - beta) * row
    return mean


def real_digits(n):
    """Return the first n of the chapter's test digits."""
    test = mnist.scale(mnist.images("test"))
    return test[torch.randperm(len(test), generator=torch.Generator().manual_seed(0))][:n]


def class_means(pixels=None):
    """Return sixteen blurs: the means of ten classes, six of them twice."""
    pixels = mnist.scale(mnist.images()[:5000]) if pixels is None else pixels
    labels = mnist.labels()[:5000]
    means = torch.stack([pixels[labels == digit].mean(dim=0) for digit in range(10)])
    return torch.cat([means, means[:6]])


RUN = runs.load("wgan-gp-seed0")
STEPS, FID = RUN.quality["step"], RUN.quality["fid"]
ESTIMATES = np.interp(STEPS, RUN.metrics["step"], figures.smooth(RUN.metrics["w_estimate"], 21))
CRITICS, FIDS = STEPS[ESTIMATES.argmin()], STEPS[FID.argmin()]
CLIPPED = layers(clip=True)
BOUND = product(CLIPPED, ord=2)

WRONG: list[tuple[str, object, str]] = [
    ("9.1", [20_000, 21.33], "after every *five*"),
    ("9.1", [100_000, 21.33], "fewer generator steps"),
    ("9.1", [3333.3, 21.33], "are critic steps alone"),
    ("9.1", [21.33, 4000], "in the other order"),
    ("9.1", [4000, 4.267], "each *critic* step"),
    ("9.1", [4000, 25.6], "no real images"),
    ("9.1", [4000, 0.333], "not one"),
    ("9.1", [4000, 1_280_000], "How often is each"),
    ("9.1", [4000, 0.046875], "upside down"),
    ("9.1", [4000, 21], "more digits"),
    ("9.1", [4000, 30], "The second: critic steps times"),
    ("9.1", [2000, 21.33], "divide the critic steps"),
    ("9.2", [8.1, 1 / 28], "slope in one pixel"),
    ("9.2", [59907.6, 1 / 28], "not the sum"),
    ("9.2", [10 * 6.84**2, 1 / 28], "squared norm"),
    ("9.2", [3.24, 1 / 28], "λ = 10 is missing"),
    ("9.2", [18, 1 / 28], "is a square"),
    ("9.2", [78.4, 1 / 28], "held against 1"),
    ("9.2", [32.4, 1 / 784], "With 1/784"),
    ("9.2", [32.4, 28], "28 times the number"),
    ("9.2", [32.4, 1], "With 1 in each pixel"),
    ("9.2", [32.4, -1 / 28], "positive number"),
    ("9.2", [32.4, 0.036], "more digits"),
    ("9.2", [32.4, 0.05], "The cost is right"),
    ("9.2", [50, 1 / 28], "Find the norm of the gradient"),
    ("9.3", figures.smooth, "Write it yourself"),
    ("9.3", lambda v, w: figures.smooth(v, w), "Write it yourself"),
    ("9.3", lambda v, w: np.median(np.lib.stride_tricks.sliding_window_view(v, w), axis=1), "`running_median`"),
    ("9.3", lambda v, w: ndimage.median_filter(v, w, mode="nearest"), "copies of the last value"),
    ("9.3", lambda v, w: ndimage.median_filter(v, w), "a mirror image"),
    ("9.3", lambda v, w: ndimage.median_filter(v, w, mode="mirror"), "a mirror image"),
    ("9.3", lambda v, w: ndimage.median_filter(v, w, mode="constant"), "(zeros). Let it shrink instead."),
    ("9.3", lambda v, w: ndimage.median_filter(v, w, mode="wrap"), "the other end"),
    ("9.3", lambda v, w: to_the_ends(v, w, np.mean), "That is the mean"),
    ("9.3", lambda v, w: to_the_ends(v, 2 * w), "twice too wide"),
    ("9.3", lambda v, w: v, "as they were"),
    ("9.3", lambda v, w: [np.median(v[max(0, i - w + 1) : i + 1]) for i in range(len(v))], "before the place"),
    ("9.3", lambda v, w: [np.median(v[i : i + w]) for i in range(len(v))], "behind the place"),
    ("9.3", lambda v, w: [0.0] * len(v), "At place i"),
    ("9.4", [0, FID.argmin()], "count from 0"),
    ("9.4", [ESTIMATES.min(), FID.min()], "smallest *values*"),
    ("9.4", [0.15, 4.49], "smallest *values*"),
    ("9.4", [FIDS, CRITICS], "other order"),
    ("9.4", [STEPS[ESTIMATES.argmax()], STEPS[FID.argmax()]], "not the largest"),
    ("9.4", [CRITICS / 1000, FIDS / 1000], "not thousands"),
    ("9.4", [STEPS[1 + ESTIMATES[1:].argmin()], FIDS], "of step 1,000 included"),
    ("9.4", [5000, FIDS], "critic's step is not right"),
    ("9.4", [CRITICS, 20_000], "not smallest at the last"),
    ("9.4", [CRITICS, 9000], 'run.quality["fid"]'),
    ("9.5", product(CLIPPED), "needs ord=2"),
    ("9.5", sum(product([weight], ord=2) for weight in CLIPPED), "multiplied, not added"),
    ("9.5", max(product([weight], ord=2) for weight in CLIPPED), "largest of the three"),
    ("9.5", BOUND**2, "the square"),
    ("9.5", product(CLIPPED[:2], ord=2), "last layer"),
    ("9.5", product(layers(clip=False), ord=2), "before clipping"),
    ("9.5", 1e-6, "largest *entries*"),
    ("9.5", 1.04 * BOUND, "Multiply the largest singular values"),
    ("9.5", 0.0045, "Multiply the largest singular values"),
    ("9.6", 2, "in proportion to c"),
    ("9.6", 8, "the bound on the slope"),
    ("9.6", 1, "Did c change?"),
    ("9.6", 0.227, "upside down"),
    ("9.6", 0.62, "looks like one estimate"),
    ("9.6", 2.73, "with c = 0.02. Divide"),
    ("9.6", -4.4, "positive"),
    ("9.6", 100, "third thing"),
    ("9.7", lambda w, beta: average(w, 1 - beta), "exchanged"),
    ("9.7", lambda w, beta: average(np.vstack([0 * w[:1], w]), beta), "not at 0"),
    ("9.7", lambda w, beta: average(w[:-1], beta), "last row is missing"),
    ("9.7", lambda w, beta: w.mean(axis=0), "plain mean"),
    ("9.7", lambda w, beta: w[-1], "with no average"),
    ("9.7", lambda w, beta: average(np.vstack([0 * w[:1], w]), beta) / (1 - beta ** len(w)), "Adam's average"),
    ("9.7", lambda w, beta: beta * w[0] + (1 - beta) * w[-1], "Only the first and the last"),
    ("9.7", lambda w, beta: w[0], "row by row"),
    ("9.7", lambda w, beta: average(w, beta).mean(), "yours has one number"),
    ("9.8", real_digits(16), "They are crisp"),
    ("9.8", real_digits(256).mean(dim=0).expand(16, 1, 28, 28), "All sixteen are alike"),
    ("9.8", (class_means() + 1) / 2, "black is -1"),
    ("9.8", real_digits(256).reshape(16, 16, 1, 28, 28).mean(dim=1), "the mean of digits that are alike"),
    ("9.8", torch.zeros(16, 1, 28, 28), "No pixel is negative"),
    ("9.8", real_digits(256), "Give an array of shape (16, 1, 28, 28)"),
]

RIGHT = [
    ("9.1", [4000, 21.3]),
    ("9.1", np.array([4e3, 64 / 3])),
    ("9.1", torch.tensor([4000, 21.3333])),
    ("9.2", [32.4, 0.0357]),
    ("9.2", (32.4, 1 / 28)),
    ("9.3", to_the_ends),
    ("9.3", lambda v, w: torch.tensor(to_the_ends(v, w))),
    ("9.4", [CRITICS, FIDS]),
    ("9.4", torch.tensor([CRITICS, FIDS])),
    ("9.5", BOUND),
    ("9.5", torch.tensor(BOUND)),
    ("9.5", float(f"{BOUND:.3g}")),
    ("9.6", 4.42),
    ("9.6", np.float64(4.1)),
    ("9.7", average),
    ("9.7", lambda w, beta: torch.tensor(average(w, beta), requires_grad=True)),
    ("9.8", class_means()),
    ("9.8", class_means().numpy().reshape(16, 784).tolist()),
]
