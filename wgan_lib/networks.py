r"""Generators and critics, small enough to read: multilayer perceptrons and DCGAN-style convolutional networks.

Images are (n, 1, 28, 28) with values in [-1, 1] everywhere in this book; points are (n, d). A critic ends in one linear
score per example, of shape (n,), and never in a sigmoid.
"""

import numpy as np
import torch
from torch import Tensor, nn

from wgan_lib.randomness import noise as noise
from wgan_lib.randomness import stream as random_stream  # noqa: F401 (the name that chapters still use)

IMAGE_SHAPE = (1, 28, 28)


def mlp(*sizes: int, activation: type[nn.Module] = nn.ReLU) -> nn.Sequential:
    """Return a multilayer perceptron with the given layer sizes, linear at the end.

    Parameters
    ----------
    *sizes : int
        Input size, hidden sizes, output size: at least two.
    activation : type of nn.Module
        What stands between the linear layers.

    Raises
    ------
    ValueError
        If fewer than two sizes are given or one is not positive.
    """
    if len(sizes) < 2 or min(sizes) < 1:
        raise ValueError(f"sizes {sizes}: expected an input size, any hidden sizes and an output size, all positive")
    layers: list[nn.Module] = []
    for n_in, n_out in zip(sizes[:-1], sizes[1:], strict=True):
        layers += [nn.Linear(n_in, n_out), activation()]
    return nn.Sequential(*layers[:-1])


class LeakyReLU(nn.Module):
    """x where x > 0, else x / 5: torch's own, written as a product with a slope that is a constant to autograd.

    When a gradient penalty is differentiated, torch's version sends the slope's derivative, which is 0, back through
    every layer: an eighth of the critic's step, for nothing.
    """

    def forward(self, x: Tensor) -> Tensor:
        """Apply to each entry of `x`."""
        return x * (0.2 + 0.8 * (x > 0).to(x))


def toy_critic(dimension: int = 2, width: int = 512, depth: int = 3) -> nn.Sequential:
    """Return the critic of WGAN-GP's toy experiments: `depth` ReLU layers of `width`, He initialisation, scores (n,).

    The authors' ``gan_toy.py`` has depth 3 and width 512; the 12-layer critic of the paper's Fig. 1b is `depth=12`.

    Raises
    ------
    ValueError
        If a size is below 1, or the depth below 0.
    """
    _check_sizes(dimension=dimension, width=width)
    _check_sizes(0, depth=depth)
    critic = mlp(dimension, *[width] * depth, 1)
    for layer in critic:
        if isinstance(layer, nn.Linear):
            nn.init.kaiming_uniform_(layer.weight, nonlinearity="relu")
            nn.init.zeros_(layer.bias)
    return critic.append(nn.Flatten(0))


def toy_generator(latent_dim: int = 2, dimension: int = 2, width: int = 512, depth: int = 3) -> nn.Sequential:
    """Return the generator of WGAN-GP's toy experiments: `depth` ReLU layers of `width`, noise to points."""
    _check_sizes(latent_dim=latent_dim, dimension=dimension, width=width)
    _check_sizes(0, depth=depth)
    return mlp(latent_dim, *[width] * depth, dimension)


def mlp_generator(latent_dim: int) -> nn.Sequential:
    """Return the generator of most tutorials: 128–256–512–1024–784, batch norm after all but the first hidden layer."""
    _check_sizes(latent_dim=latent_dim)
    layers: list[nn.Module] = [nn.Linear(latent_dim, 128), nn.LeakyReLU(0.2)]
    for n_in, n_out in ((128, 256), (256, 512), (512, 1024)):
        layers += [nn.Linear(n_in, n_out), nn.BatchNorm1d(n_out), nn.LeakyReLU(0.2)]
    return nn.Sequential(*layers, nn.Linear(1024, 784), nn.Tanh(), nn.Unflatten(1, IMAGE_SHAPE))


def mlp_critic() -> nn.Sequential:
    """Return the critic of most tutorials: 784–512–256–1 with LeakyReLU 0.2."""
    return nn.Sequential(
        nn.Flatten(),                                                                   # (n, 784)
        nn.Linear(784, 512), LeakyReLU(),
        nn.Linear(512, 256), LeakyReLU(),
        nn.Linear(256, 1), nn.Flatten(0),                                               # (n,)
    )  # fmt: skip


def conv_generator(latent_dim: int, width: int) -> nn.Sequential:
    """Return a DCGAN-style generator: 4w×4×4 → 2w×7×7 → w×14×14 → 1×28×28, batch norm, ReLU, and tanh last.

    After Radford et al. (2016), on the feature maps of WGAN-GP's ``gan_mnist.py``.
    """
    _check_sizes(latent_dim=latent_dim, width=width)
    return nn.Sequential(
        nn.Unflatten(1, (latent_dim, 1, 1)),
        nn.ConvTranspose2d(latent_dim, 4 * width, 4, bias=False),                       # (n, 4w, 4, 4)
        nn.BatchNorm2d(4 * width), nn.ReLU(),
        nn.ConvTranspose2d(4 * width, 2 * width, 3, stride=2, padding=1, bias=False),   # (n, 2w, 7, 7)
        nn.BatchNorm2d(2 * width), nn.ReLU(),
        nn.ConvTranspose2d(2 * width, width, 4, stride=2, padding=1, bias=False),       # (n, w, 14, 14)
        nn.BatchNorm2d(width), nn.ReLU(),
        nn.ConvTranspose2d(width, 1, 4, stride=2, padding=1), nn.Tanh(),                # (n, 1, 28, 28)
    )  # fmt: skip


def conv_critic(width: int, *, batch_norm: bool) -> nn.Sequential:
    """Return a DCGAN-style critic: w×14×14 → 2w×7×7 → 4w×4×4 → one score, LeakyReLU 0.2.

    Parameters
    ----------
    width : int
        Number of feature maps w of the first layer; 64 in the papers.
    batch_norm : bool
        Batch norm behind the second and third convolution, as DCGAN has it. Never with a gradient penalty: it mixes the
        examples of a batch, and the penalty is on each example's own gradient.
    """
    _check_sizes(width=width)

    def norm(channels: int) -> nn.Module:
        return nn.BatchNorm2d(channels) if batch_norm else nn.Identity()

    return nn.Sequential(
        nn.Conv2d(1, width, 5, stride=2, padding=2), LeakyReLU(),                           # (n, w, 14, 14)
        nn.Conv2d(width, 2 * width, 5, stride=2, padding=2), norm(2 * width), LeakyReLU(),  # (n, 2w, 7, 7)
        nn.Conv2d(2 * width, 4 * width, 5, stride=2, padding=2), norm(4 * width), LeakyReLU(),  # (n, 4w, 4, 4)
        nn.Flatten(), nn.Linear(4 * width * 4 * 4, 1), nn.Flatten(0),                             # (n,)
    )  # fmt: skip


def _check_sizes(least: int = 1, **sizes: int) -> None:
    for name, size in sizes.items():
        if not isinstance(size, (int, np.integer)) or size < least:
            raise ValueError(f"{name} = {size!r}: expected a whole number, at least {least}")


def halved(weights: dict[str, Tensor]) -> dict[str, Tensor]:
    """Return `weights` in half precision: enough to draw from, and half the size."""
    return {name: tensor.half() if tensor.is_floating_point() else tensor for name, tensor in weights.items()}


class SelfAttention(nn.Module):
    r"""Self-attention over the positions of a feature map (Zhang et al. 2019, SAGAN, eqs. 1–3).

    .. math:: \beta_{ji} = \operatorname{softmax}_i\, f(x_i) \cdot g(x_j), \qquad
              y_j = x_j + \gamma\, v\Big(\sum_i \beta_{ji} h(x_i)\Big)

    A convolution sees its neighbourhood; here each position j draws on all positions i. At the start γ = 0, so the
    block does nothing until it has learnt to.

    Parameters
    ----------
    channels : int
        Channels C of the feature map; f, g and h have C / 8, at least 1.
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        if channels < 1:
            raise ValueError(f"channels = {channels}: expected at least 1")
        inner = max(1, channels // 8)
        self.key, self.query, self.content = (nn.Conv2d(channels, inner, 1) for _ in range(3))  # f, g, h
        self.out = nn.Conv2d(inner, channels, 1)  # v
        self.gamma = nn.Parameter(torch.zeros(()))

    def maps(self, x: Tensor) -> Tensor:
        """Return β for features (n, C, height, width): (n, positions, positions), where each row j sums to 1."""
        similarity = self.query(x).flatten(2).transpose(1, 2) @ self.key(x).flatten(2)  # (n, j, i)
        return similarity.softmax(dim=2)

    def forward(self, x: Tensor) -> Tensor:
        """Add to each position what it attends to."""
        drawn = self.content(x).flatten(2) @ self.maps(x).transpose(1, 2)  # (n, C/8, j)
        return x + self.gamma * self.out(drawn.unflatten(2, x.shape[2:]))


def parameter_count(network: nn.Module) -> int:
    """Return the number of trainable numbers in `network`."""
    return sum(p.numel() for p in network.parameters() if p.requires_grad)


def sample(generator: nn.Module, latent: Tensor) -> Tensor:
    """Return what `generator` makes of `latent` in evaluation mode, and leave its mode and statistics as they were."""
    training = generator.training
    generator.eval()
    try:
        with torch.no_grad():
            return generator(latent)
    finally:
        generator.train(training)
