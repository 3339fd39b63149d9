r"""Two small networks that know digits: one gives the features of the metrics, the other judges what is readable.

They share nothing but the training images, so that a generator which pleases one has not thereby pleased the other.
Their weights stand beside this file; `python -m wgan_lib classifiers` makes them anew.
"""

import math
from functools import cache
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from tqdm.auto import trange

from wgan_lib import checkpoints, mnist, networks, randomness

WEIGHTS = Path(__file__).parent / "weights"
FEATURES = 64  # numbers that describe an image, in `features`
CLASSES = 10
NAMES = ("features", "judge")


def build(name: str) -> nn.Sequential:
    """Return an untrained classifier: "features" or "judge", images (n, 1, 28, 28) in [-1, 1] to logits (n, 10).

    The last layer of "features" is linear on the 64 averages over space that `features` returns. Its activations are
    smooth, since a Fréchet distance fits Gaussians to what they give.

    Raises
    ------
    ValueError
        If `name` is another.
    """
    if name == "features":
        return nn.Sequential(
            *_block(1, 16), nn.AvgPool2d(2),                                    # (n, 16, 14, 14)
            *_block(16, 32), *_block(32, FEATURES), nn.AvgPool2d(2),            # (n, 64, 7, 7)
            *_block(FEATURES, FEATURES),
            nn.AdaptiveAvgPool2d(1), nn.Flatten(),                              # (n, 64)
            nn.Linear(FEATURES, CLASSES),
        )  # fmt: skip
    if name == "judge":  # after LeNet-5
        return nn.Sequential(
            nn.Conv2d(1, 12, 5, padding=2), nn.ReLU(), nn.MaxPool2d(2),         # (n, 12, 14, 14)
            nn.Conv2d(12, 24, 5), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(),     # (n, 24·5·5)
            nn.Linear(600, 100), nn.ReLU(), nn.Linear(100, CLASSES),
        )  # fmt: skip
    raise ValueError(f"name = {name!r}: expected one of {', '.join(NAMES)}")


def _block(channels_in: int, channels_out: int) -> tuple[nn.Module, ...]:
    convolution = nn.Conv2d(channels_in, channels_out, 3, padding=1, bias=False)
    return convolution, nn.BatchNorm2d(channels_out), nn.GELU()


def fit(name: str, *, epochs: int = 6, seed: int = 0, data: str | Path | None = None) -> nn.Sequential:
    """Return a classifier trained on all 60,000 training images, each time a little moved, turned and scaled.

    Parameters
    ----------
    name : str
        "features" or "judge".
    epochs : int
        How often each image is seen.
    seed : int
        Seed of the first weights, the order of the images and their moves.
    data : path, optional
        Directory of the four MNIST files.
    """
    images, labels = mnist.images(data=data), mnist.labels(data=data)
    rng = randomness.stream(seed, name)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        network = build(name)
    batches = math.ceil(len(images) / 128)
    optimizer = torch.optim.AdamW(network.parameters(), weight_decay=0.01)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, max_lr=4e-3, total_steps=epochs * batches)
    for _ in trange(epochs, desc=name, unit="epoch", disable=None):
        for which in torch.randperm(len(images), generator=rng).split(128):
            loss = F.cross_entropy(network(_moved(mnist.scale(images[which]), rng)), labels[which])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
    return network.eval()


def _moved(images: Tensor, rng: torch.Generator) -> Tensor:
    """Turn each image by up to 10°, scale it by up to a tenth, and shift it by up to two pixels."""
    turn, scale, right, down = (2 * torch.rand(4, len(images), generator=rng) - 1).unbind()
    cos, sin = (1 + 0.1 * scale) * torch.cos(turn * math.radians(10)), torch.sin(turn * math.radians(10))
    affine = torch.stack([cos, -sin, right / 7, sin, cos, down / 7], dim=1).reshape(-1, 2, 3)  # 2 pixels = 4 / 28
    moved = F.grid_sample(images + 1, F.affine_grid(affine, list(images.shape), align_corners=False),
                          align_corners=False)  # fmt: skip
    return moved - 1  # what comes in from outside is 0 before this, so it is background now


@torch.no_grad()
def accuracy(network: nn.Module, images: Tensor, labels: Tensor) -> float:
    """Return the share of images (n, 1, 28, 28), in [-1, 1], whose label (n,) is the network's first choice.

    Raises
    ------
    ValueError
        If there is not one label for each image.
    """
    if labels.shape != (len(images),):
        raise ValueError(f"labels have shape {tuple(labels.shape)}: expected one for each of the {len(images)} images")
    predicted = torch.cat([network(batch).argmax(dim=1) for batch in images.split(1000)])
    return (predicted == labels).double().mean().item()


def save(name: str, network: nn.Module, **facts: float) -> None:
    """Write the weights in half precision to where `load` finds them, with what is to be said of them."""
    WEIGHTS.mkdir(exist_ok=True)
    checkpoints.save(WEIGHTS / f"{name}.safetensors", networks.halved(network.state_dict()), **facts)


@cache
def load(name: str) -> nn.Sequential:
    """Return the trained classifier "features" or "judge", in evaluation mode."""
    network = build(name)
    tensors, _ = checkpoints.load(WEIGHTS / f"{name}.safetensors")
    network.load_state_dict(tensors)
    return network.eval().requires_grad_(False)
