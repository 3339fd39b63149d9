r"""Recorded runs: full trainings that were made once, and are kept for readers under ``runs/``."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from wgan_lib import conditional, mnist, networks, randomness, training
from wgan_lib.engine import directory, storage
from wgan_lib.settings import require


@dataclass(frozen=True)
class Run:
    """A training run on disk, whether still under way or recorded.

    Attributes
    ----------
    path : Path
        Its directory.
    """

    path: Path

    @cached_property
    def config(self) -> training.Config:
        """The settings; its device is whatever this machine has."""
        return training.Config.from_json(
            directory.read_settings(self.path / "config.json"), device="auto"
        )

    @cached_property
    def metrics(self) -> dict[str, np.ndarray]:
        """One array for each column of metrics.csv; empty if the run ended before its first row."""
        return directory.read_columns(self.path / "metrics.csv")

    @cached_property
    def quality(self) -> dict[str, np.ndarray]:
        """One array for each column of quality.csv: the metrics of each snapshot."""
        return directory.read_columns(self.path / "quality.csv")

    @cached_property
    def facts(self) -> dict[str, Any]:
        """Where and when it ran: hardware, torch, date, steps, seconds."""
        return directory.read_facts(self.path / "run.json")

    def label(self) -> str:
        """Return hardware, seed and date in one line, to stand beside what is shown of it."""
        steps, seconds = self.facts["steps"], self.facts["seconds"]
        return (
            f"{steps:,} critic steps in {seconds / 60:.1f} minutes on {self.facts['hardware']}, "
            f"seed {self.config.seed}, {self.facts['date']}"
        )

    def generator(self, weights: Path | None = None) -> nn.Module:
        """Return the trained generator, or that of the `weights` given, ready to draw, on the CPU.

        Raises
        ------
        ValueError
            If the weights are damaged or another run's.
        """
        path = weights or self.path / "generator.safetensors"
        tensors, facts = storage.load(path)
        own = self.config.identity()
        theirs = facts.get("config", {})  # a file that is older does not say whose it is
        for name, value in theirs.items():
            other = f"{path} belongs to a run with {value!r}, so to another than "
            same = own.get(name, value) == value
            require(same, name, own.get(name), f"{other}config.json beside it")
        generator, _ = training.build(self.config)
        with directory.understood(path):
            generator.load_state_dict(tensors)
        return generator.eval()

    def generate(
        self, n: int, seed: int, digit: int | None = None, weights: Path | None = None
    ) -> Tensor:
        """Return `n` images (n, 1, 28, 28) in [-1, 1], from noise drawn with `seed`.

        Of a generator that is told labels: of one `digit`, or of all, as often as the data have it.

        Raises
        ------
        ValueError
            If there is no such digit, or the generator cannot be asked for one.
        """
        told = self.config.conditioning != "none"
        cannot = f"the generator in {self.path} is not told labels; leave the digit out"
        require(told or digit is None, "digit", digit, cannot)
        is_one = digit is None or digit in range(conditional.CLASSES)
        require(is_one, "digit", digit, "expected a whole number from 0 to 9")
        labels = conditional.drawn(n, seed, self.config.dataset) if told else None
        if digit is not None:
            labels = torch.full((n,), digit)
        latent = randomness.noise(n, self.config.latent_dim, seed)
        return networks.sample(conditional.given(self.generator(weights), labels), latent)


def load(run: str | Path) -> Run:
    """Return a run: a directory, or the name of one that is recorded in ``runs/``.

    Raises
    ------
    FileNotFoundError
        If there is no such run.
    """
    for path in (Path(run), *(folder / run for folder in mnist.find_upwards("runs"))):
        if (path / "config.json").is_file():
            return Run(path)
    raise FileNotFoundError(
        f"there is no run {str(run)!r}: "
        "expected a directory that holds a config.json, as training writes it"
    )
