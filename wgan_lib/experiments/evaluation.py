r"""How good the generator of a run is, beside real digits and along the training."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from statistics import mean, stdev
from typing import Any

import torch
from torch import Tensor
from tqdm.auto import tqdm, trange

from wgan_lib import metrics, mnist, randomness, runs, transport
from wgan_lib.engine import directory, storage

EACH_SIDE = 5000  # half of the test set
N_EXACT = 1000  # images on each side for exact transport, whose work grows with the cube of them
READABLE_FROM = 0.8  # of one class, so sure is the judge of a digit that can be read


@dataclass(frozen=True)
class Digits:
    """Real digits in [-1, 1]: what a generator has seen, and what it has not."""

    training: Tensor
    test: Tensor
    dataset: str = "mnist"

    @classmethod
    def load(cls, data: str | Path | None = None, dataset: str = "mnist") -> "Digits":
        """Read both from where `mnist` finds them."""
        source = {"dataset": dataset, "data": data}
        both = (mnist.scale(mnist.images(split, **source)) for split in ("train", "test"))
        return cls(*both, dataset)

    @cached_property
    def training_features(self) -> Tensor:
        """The features of what a generator has seen."""
        return metrics.features(self.training, self.dataset)

    def halves(self, n: int, seed: int) -> tuple[Tensor, Tensor]:
        """Return two disjoint sets of `n` test digits."""
        order = torch.randperm(len(self.test), generator=randomness.stream(seed, "halves"))
        return self.test[order[:n]], self.test[order[n : 2 * n]]


def check(n: int, seeds: int) -> None:
    """Raise ValueError unless so many images, and so many samples, can be measured."""
    if not 100 <= n <= EACH_SIDE:
        raise ValueError(
            f"n = {n}: expected 100 to {EACH_SIDE}, "
            "since two disjoint halves of the test set are compared"
        )
    if seeds < 1:
        raise ValueError(f"seeds = {seeds}: expected at least 1 sample")


def evaluate(run: runs.Run, digits: Digits, n: int = EACH_SIDE, seeds: int = 3) -> dict[str, Any]:
    """Measure samples of a run's generator, and real digits in their place.

    Parameters
    ----------
    run : Run
        Its generator is drawn from.
    digits : Digits
        All of MNIST.
    n : int
        Images on each side.
    seeds : int
        Samples, each against another half of the test set.

    Returns
    -------
    dict
        "n", "n_exact" (as many for exact transport and the nearest training image), "seeds", and
        for "generated" and "real" the mean and the standard deviation (0 for one seed) of each
        metric of `measure`, of the median distance to the nearest training image in features, and
        of the share of each digit.
    """
    check(n, seeds)
    generated, real = [], []
    for seed in trange(1, seeds + 1, desc=run.path.name, unit="sample", disable=None):
        reference, other = digits.halves(n, seed)
        generated.append(_measure(run.generate(n, seed), reference, digits))
        real.append(_measure(other, reference, digits))
    return {
        "n": n,
        "n_exact": min(n, N_EXACT),
        "seeds": seeds,
        "generated": _spread(generated),
        "real": _spread(real),
    }


def measure(
    images: Tensor,
    reference: Tensor,
    training: Tensor,
    *,
    reference_features: Tensor | None = None,
    n_exact: int = N_EXACT,
    dataset: str = "mnist",
) -> dict[str, float]:
    """Hold images against a reference: every metric of `metrics`, and exact transport, by name.

    Parameters
    ----------
    images, reference : Tensor, equal shapes (n, 1, 28, 28), in [-1, 1]
        What to measure, and real images that no network of this book has trained on.
    training : Tensor, shape (m, 1, 28, 28), in [-1, 1]
        What the generator has seen.
    reference_features : Tensor, shape (n, 64), optional
        `metrics.features(reference)`, if they are known already.
    n_exact : int
        Exact transport, and the search for the nearest training image, take the first so many.
    dataset : str
        Whose classifiers to ask.

    Returns
    -------
    dict
        fid, kid, inception_score, precision, recall, w1_pixels, w1_features, sliced_pixels,
        sliced_features, nearest (median distance to the nearest training image, in pixels), classes
        (how many of the ten occur), class_imbalance, and readable (the share of which the judge is
        at least 80 % sure).
    """
    x = metrics.features(images, dataset)
    y = reference_features
    y = metrics.features(reference, dataset) if y is None else y
    few, few_real = images[:n_exact].flatten(1), reference[:n_exact].flatten(1)
    few_x, few_y = x[:n_exact], y[:n_exact]
    judged = metrics.judge(images, dataset)
    shares = metrics.class_shares(judged)
    precision, recall = metrics.precision_recall(y, x)
    return {
        "fid": metrics.fid(y, x),
        "kid": metrics.kid(y, x),
        "inception_score": metrics.inception_score(metrics.logits(x, dataset)),
        "precision": precision,
        "recall": recall,
        "w1_pixels": transport.emd(few, few_real).cost,
        "w1_features": transport.emd(few_x, few_y).cost,
        "sliced_pixels": transport.sliced_wasserstein(few, few_real),
        "sliced_features": transport.sliced_wasserstein(few_x, few_y),
        "nearest": metrics.nearest(few, training.flatten(1))[0].median().item(),
        "classes": int((shares > 0).sum()),
        "class_imbalance": metrics.class_imbalance(shares),
        "readable": readable(judged),
    }


def readable(logits: Tensor) -> float:
    """Return the share of images of which the judge, by its `logits`, is at least 80 % sure."""
    return (logits.softmax(dim=1).amax(dim=1) >= READABLE_FROM).double().mean().item()


def _measure(images: Tensor, reference: Tensor, digits: Digits) -> dict[str, float]:
    few = metrics.features(images[:N_EXACT], digits.dataset)
    distances, _ = metrics.nearest(few, digits.training_features)
    shares = metrics.class_shares(metrics.judge(images, digits.dataset)).tolist()
    return {
        **measure(images, reference, digits.training, dataset=digits.dataset),
        "nearest_features": distances.median().item(),
        **{f"share_of_{digit}": share for digit, share in enumerate(shares)},
    }


def _spread(samples: list[dict[str, float]]) -> dict[str, dict[str, float]]:
    columns = {name: [sample[name] for sample in samples] for name in samples[0]}
    return {
        name: {"mean": mean(values), "sd": stdev(values) if len(values) > 1 else 0.0}
        for name, values in columns.items()
    }


def table(report: dict[str, Any]) -> str:
    """Return a report of `evaluate` as a table: each metric, generated beside real."""
    several = report["seeds"] > 1
    samples = f"{report['seeds']} samples: mean ± standard deviation" if several else "one sample"
    lines = [
        f"{report['n']} images on each side, {samples}",
        f"(the first {report['n_exact']} for w1, sliced and nearest)",
        f"{'':16s}{'generated':>20s}{'real':>20s}",
    ]
    for name, generated in report["generated"].items():
        cells = [
            f"{value['mean']:11.4f}" + (f" ±{value['sd']:7.4f}" if several else 9 * " ")
            for value in (generated, report["real"][name])
        ]
        lines.append(f"{name:16s}{cells[0]}{cells[1]}".rstrip())
    return "\n".join(lines)


def along(run: runs.Run, digits: Digits, n: int = EACH_SIDE // 2) -> None:
    """Measure each snapshot that training has written, and write a row for each to quality.csv.

    Raises
    ------
    FileNotFoundError
        If the run keeps no snapshots, as recorded ones do not.
    """
    snapshots = directory.numbered(run.path / "snapshots", ".safetensors")
    if not snapshots:
        raise FileNotFoundError(
            f"{run.path} has no snapshots: expected the directory that training wrote"
        )
    reference, _ = digits.halves(n, seed=1)
    known = {"reference_features": metrics.features(reference, digits.dataset)}
    known |= {"dataset": digits.dataset}
    rows = []
    for step, path in tqdm(snapshots.items(), desc=run.path.name, disable=None):
        images = run.generate(n, seed=1, weights=path)
        measured = measure(images, reference, digits.training, **known)
        rows.append({"step": step} | {name: round(value, 5) for name, value in measured.items()})
    storage.write_atomically(run.path / "quality.csv", storage.csv_text(rows, rows[0]))
