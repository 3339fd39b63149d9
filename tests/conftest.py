"""What several test files share: a small world in which training takes a moment."""

import dataclasses

import matplotlib
import pytest
import torch
from hypothesis import settings

from wgan_lib import checks, training

matplotlib.use("Agg")
torch.set_num_threads(1)  # two would wait for each other at every small product
# The same examples in every run, and as long as they take: the machine may be busy.
settings.register_profile("book", deadline=None, derandomize=True, max_examples=40, database=None)
settings.load_profile("book")

SMALL = {"width": 2, "latent_dim": 4, "batch_size": 4, "device": "cpu"}


@pytest.fixture(scope="session")
def images():
    """Return sixteen blurry discs of different sizes, as MNIST stores its digits: (16, 1, 28, 28), uint8."""
    axis = torch.arange(28) - 13.5
    radius = (axis[:, None] ** 2 + axis**2).sqrt()
    return (torch.sigmoid(torch.linspace(3, 12, 16)[:, None, None] - radius) * 255).byte()[:, None]


@pytest.fixture
def small():
    """Return a function that makes a Config with networks of a few hundred weights."""

    def config(preset="wgan-gp-conv", **changes):
        return dataclasses.replace(training.PRESETS[preset], **SMALL | changes)

    return config


@pytest.fixture
def told(capsys):
    """Return a function that says what a reader is told who gives an answer to an exercise."""

    def says(exercise, answer):
        checks.check(exercise, answer)
        return capsys.readouterr().out.removeprefix(f"Exercise {exercise}: ").strip()

    return says
