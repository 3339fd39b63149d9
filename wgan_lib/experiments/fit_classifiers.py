r"""How the two classifiers were trained; ``python -m wgan_lib classifiers`` trains them anew."""

import math
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from tqdm.auto import trange

from wgan_lib import classifiers, mnist, randomness
from wgan_lib.engine import storage


def fit(
    name: str,
    *,
    epochs: int = 6,
    seed: int = 0,
    dataset: str = "mnist",
    data: str | Path | None = None,
) -> nn.Sequential:
    """Return a classifier trained on all training images, each time a little moved and turned.

    Parameters
    ----------
    name : str
        "features" or "judge".
    epochs : int
        How often each image is seen.
    seed : int
        Seed of the first weights, the order of the images and their moves.
    dataset : str
        "mnist" or "fashion-mnist".
    data : path, optional
        Directory of its four files.
    """
    images, labels = (read(dataset=dataset, data=data) for read in (mnist.images, mnist.labels))
    rng = randomness.stream(seed, name)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        network = classifiers.build(name)
    batches = math.ceil(len(images) / 128)
    optimizer = torch.optim.AdamW(network.parameters(), weight_decay=0.01)
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimizer, max_lr=4e-3, total_steps=epochs * batches
    )
    for _ in trange(epochs, desc=name, unit="epoch", disable=None):
        for which in torch.randperm(len(images), generator=rng).split(128):
            loss = F.cross_entropy(network(_moved(mnist.scale(images[which]), rng)), labels[which])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
    return network.eval()


def _moved(images: Tensor, rng: torch.Generator) -> Tensor:
    """Turn each image by up to 10°, scale it by up to a tenth, shift it by up to two pixels."""
    turn, scale, right, down = (2 * torch.rand(4, len(images), generator=rng) - 1).unbind()
    cos = (1 + 0.1 * scale) * torch.cos(turn * math.radians(10))
    sin = torch.sin(turn * math.radians(10))
    # 2 pixels = 4 / 28
    affine = torch.stack([cos, -sin, right / 7, sin, cos, down / 7], dim=1).reshape(-1, 2, 3)
    moved = F.grid_sample(
        images + 1,
        F.affine_grid(affine, list(images.shape), align_corners=False),
        align_corners=False,
    )
    return moved - 1  # what comes in from outside is 0 before this, so it is background now


def save(name: str, network: nn.Module, dataset: str = "mnist", **facts: float) -> None:
    """Write the weights, in half precision, and their facts to where `classifiers.load` looks."""
    classifiers.WEIGHTS.mkdir(exist_ok=True)
    storage.save(classifiers.weights(name, dataset), storage.halved(network.state_dict()), **facts)
