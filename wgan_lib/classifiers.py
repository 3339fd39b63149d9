r"""Two small networks that know digits: one for the features of the metrics, one as the judge.

They share nothing but the training images, so that a generator which pleases one has not thereby
pleased the other. Another two know the clothes of Fashion-MNIST. Their weights stand beside this
file; `experiments.fit_classifiers` made them.
"""

from functools import cache
from pathlib import Path

import torch
from torch import Tensor, nn

from wgan_lib.engine import storage

WEIGHTS = Path(__file__).parent / "weights"
FEATURES = 64  # numbers that describe an image, in `features`
CLASSES = 10
NAMES = ("features", "judge")


def build(name: str) -> nn.Sequential:
    """Return an untrained classifier, "features" or "judge": from images to logits (n, 10).

    The last layer of "features" is linear on the 64 averages over space that `features` returns.
    Its activations are smooth, since a Fréchet distance fits Gaussians to what they give.

    Raises
    ------
    ValueError
        If `name` is another.
    """
    if name not in NAMES:
        raise ValueError(f"name = {name!r}: expected one of {', '.join(NAMES)}")
    return _features() if name == "features" else _judge()


def _features() -> nn.Sequential:
    return nn.Sequential(
        *_block(1, 16),
        nn.AvgPool2d(2),  # (n, 16, 14, 14)
        *_block(16, 32),
        *_block(32, FEATURES),
        nn.AvgPool2d(2),  # (n, 64, 7, 7)
        *_block(FEATURES, FEATURES),
        nn.AdaptiveAvgPool2d(1),
        nn.Flatten(),  # (n, 64)
        nn.Linear(FEATURES, CLASSES),
    )


def _judge() -> nn.Sequential:
    """After LeNet-5."""
    return nn.Sequential(
        nn.Conv2d(1, 12, 5, padding=2),
        nn.ReLU(),
        nn.MaxPool2d(2),  # (n, 12, 14, 14)
        nn.Conv2d(12, 24, 5),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Flatten(),  # (n, 24·5·5)
        nn.Linear(600, 100),
        nn.ReLU(),
        nn.Linear(100, CLASSES),
    )


def _block(channels_in: int, channels_out: int) -> tuple[nn.Module, ...]:
    convolution = nn.Conv2d(channels_in, channels_out, 3, padding=1, bias=False)
    return convolution, nn.BatchNorm2d(channels_out), nn.GELU()


@torch.no_grad()
def accuracy(network: nn.Module, images: Tensor, labels: Tensor) -> float:
    """Return the share of images whose label (n,) is the network's first choice.

    Raises
    ------
    ValueError
        If there is not one label for each image.
    """
    if labels.shape != (len(images),):
        raise ValueError(
            f"labels have shape {tuple(labels.shape)}: "
            f"expected one for each of the {len(images)} images"
        )
    predicted = torch.cat([network(batch).argmax(dim=1) for batch in images.split(1000)])
    return (predicted == labels).double().mean().item()


def weights(name: str, dataset: str = "mnist") -> Path:
    """Return where the weights of a classifier stand, or belong."""
    return WEIGHTS / f"{'' if dataset == 'mnist' else f'{dataset}-'}{name}.safetensors"


@cache
def load(name: str, dataset: str = "mnist") -> nn.Sequential:
    """Return the classifier "features" or "judge" of a dataset, in evaluation mode."""
    network = build(name)
    tensors, _ = storage.load(weights(name, dataset))
    network.load_state_dict(tensors)
    return network.eval().requires_grad_(False)
