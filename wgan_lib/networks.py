r"""Generators and critics, small enough to read: perceptrons, and convolutions after DCGAN.

Images are (n, 1, 28, 28) with values in [-1, 1] everywhere in this book; points are (n, d). A
generator makes them of noise (n, latent_dim). A critic ends in one linear score per example, of
shape (n,), and never in a sigmoid. A size below 1, or a depth below 0, raises ValueError.
"""

import torch
from torch import Tensor, nn

from wgan_lib.arrays import check_sizes
from wgan_lib.mnist import IMAGE_SHAPE


def mlp(*sizes: int, activation: type[nn.Module] = nn.ReLU) -> nn.Sequential:
    """Return a multilayer perceptron with an activation between its layers, and linear at the end.

    The sizes are those of the input, of any hidden layers, and of the output. Chapter 3 trains one.

    >>> mlp(2, 64, 1)(torch.zeros(5, 2)).shape
    torch.Size([5, 1])
    """
    if len(sizes) < 2 or min(sizes) < 1:
        expected = "an input size, any hidden sizes and an output size, all positive"
        raise ValueError(f"sizes {sizes}: expected {expected}")
    layers: list[nn.Module] = []
    for n_in, n_out in zip(sizes[:-1], sizes[1:], strict=True):
        layers += [nn.Linear(n_in, n_out), activation()]
    return nn.Sequential(*layers[:-1])  # without the activation behind the output


class LeakyReLU(nn.Module):
    """x where x > 0, else x / 5: torch's, but cheaper under a penalty. Chapter 9 trains with it.

    >>> LeakyReLU()(torch.tensor([-5.0, 2.0]))
    tensor([-1.,  2.])
    """

    def forward(self, x: Tensor) -> Tensor:
        """Apply to each entry of `x`."""
        # The slope is a constant to autograd. When a penalty is differentiated, torch's version
        # sends the slope's derivative, which is 0, back through every layer: an eighth of the
        # critic's step, for nothing.
        return x * (0.2 + 0.8 * (x > 0).to(x))


def toy_critic(dimension: int = 2, width: int = 512, depth: int = 3) -> nn.Sequential:
    """Return the critic of WGAN-GP's toy experiments: `depth` ReLU layers of `width`, scores (n,).

    With He's initialisation. The authors' ``gan_toy.py`` has depth 3 and width 512; the critic of
    the paper's Fig. 1b has depth 12. Chapter 6 trains it.

    >>> toy_critic(width=8)(torch.zeros(5, 2)).shape
    torch.Size([5])
    """
    check_sizes(dimension=dimension, width=width)
    check_sizes(0, depth=depth)
    critic = mlp(dimension, *[width] * depth, 1)
    for layer in critic:
        if isinstance(layer, nn.Linear):
            nn.init.kaiming_uniform_(layer.weight, nonlinearity="relu")
            nn.init.zeros_(layer.bias)
    return critic.append(nn.Flatten(0))


def toy_generator(
    latent_dim: int = 2,
    dimension: int = 2,
    width: int = 512,
    depth: int = 3,
) -> nn.Sequential:
    """Return WGAN-GP's toy generator: `depth` ReLU layers, noise to points. Chapter 4 trains it.

    >>> toy_generator(width=8)(torch.zeros(5, 2)).shape
    torch.Size([5, 2])
    """
    check_sizes(latent_dim=latent_dim, dimension=dimension, width=width)
    check_sizes(0, depth=depth)
    return mlp(latent_dim, *[width] * depth, dimension)


def mlp_generator(latent_dim: int) -> nn.Sequential:
    """Return most tutorials' generator, 128–256–512–1024–784. Chapter 9 trains it.

    >>> mlp_generator(100)(torch.zeros(5, 100)).shape
    torch.Size([5, 1, 28, 28])
    """
    check_sizes(latent_dim=latent_dim)
    # No batch norm behind the first layer. Nothing is penalised here, so torch's LeakyReLU will do.
    layers: list[nn.Module] = [nn.Linear(latent_dim, 128), nn.LeakyReLU(0.2)]
    for n_in, n_out in ((128, 256), (256, 512), (512, 1024)):
        layers += [nn.Linear(n_in, n_out), nn.BatchNorm1d(n_out), nn.LeakyReLU(0.2)]
    layers += [nn.Linear(1024, 784), nn.Tanh(), nn.Unflatten(1, IMAGE_SHAPE)]
    return nn.Sequential(*layers)


def mlp_critic() -> nn.Sequential:
    """Return the critic of most tutorials: 784–512–256–1 with LeakyReLU 0.2. Chapter 9 trains it.

    >>> mlp_critic()(torch.zeros(5, 1, 28, 28)).shape
    torch.Size([5])
    """
    layers = mlp(784, 512, 256, 1, activation=LeakyReLU)
    return nn.Sequential(nn.Flatten(), *layers, nn.Flatten(0))


def conv_generator(latent_dim: int, width: int, channels: int = 1) -> nn.Sequential:
    """Return a DCGAN-style generator, with batch norm and ReLU between. Chapter 9 trains it.

    After Radford et al. (2016), on the maps of WGAN-GP's ``gan_mnist.py``; images have `channels`.

    >>> conv_generator(100, width=4)(torch.zeros(5, 100)).shape
    torch.Size([5, 1, 28, 28])
    """
    check_sizes(latent_dim=latent_dim, width=width, channels=channels)

    # Batch norm has a shift of its own, so that the convolution needs no bias.
    def up(n_in: int, n_out: int, kernel: int, **how: int) -> list[nn.Module]:
        convolution = nn.ConvTranspose2d(n_in, n_out, kernel, bias=False, **how)
        return [convolution, nn.BatchNorm2d(n_out), nn.ReLU()]

    return nn.Sequential(
        nn.Unflatten(1, (latent_dim, 1, 1)),
        *up(latent_dim, 4 * width, 4),  # (n, 4w, 4, 4)
        *up(4 * width, 2 * width, 3, stride=2, padding=1),  # (n, 2w, 7, 7)
        *up(2 * width, width, 4, stride=2, padding=1),  # (n, w, 14, 14)
        nn.ConvTranspose2d(width, channels, 4, stride=2, padding=1),  # (n, channels, 28, 28)
        nn.Tanh(),
    )


def conv_critic(width: int, *, batch_norm: bool, channels: int = 1) -> nn.Sequential:
    """Return a DCGAN-style critic, with LeakyReLU 0.2 between. Chapter 9 trains it.

    Images have so many `channels`, the first layer `width` feature maps w; in the papers, 64.
    `batch_norm` normalises the other two, as in DCGAN: never with a gradient penalty, which is on
    each example's own gradient.

    >>> conv_critic(4, batch_norm=False)(torch.zeros(5, 1, 28, 28)).shape
    torch.Size([5])
    """
    check_sizes(width=width, channels=channels)

    def down(n_in: int, n_out: int) -> list[nn.Module]:
        convolution = nn.Conv2d(n_in, n_out, 5, stride=2, padding=2)
        norm = nn.BatchNorm2d(n_out) if batch_norm else nn.Identity()
        return [convolution, norm, LeakyReLU()]

    return nn.Sequential(
        nn.Conv2d(channels, width, 5, stride=2, padding=2),  # (n, w, 14, 14)
        LeakyReLU(),
        *down(width, 2 * width),  # (n, 2w, 7, 7)
        *down(2 * width, 4 * width),  # (n, 4w, 4, 4)
        nn.Flatten(),
        nn.Linear(4 * width * 4 * 4, 1),
        nn.Flatten(0),  # (n,)
    )


class SelfAttention(nn.Module):
    r"""Self-attention over the positions of a feature map (n, C, height, width).

    .. math:: \beta_{ji} = \operatorname{softmax}_i\, f(x_i) \cdot g(x_j), \qquad
              y_j = x_j + \gamma\, v\Big(\sum_i \beta_{ji} h(x_i)\Big)

    A convolution sees its neighbourhood; here each position j draws on all positions i. Of C
    channels, f, g and h have C / 8, at least 1. At the start γ = 0, so the block does nothing until
    it has learnt to. Zhang et al. (2019), SAGAN, eqs. 1–3. Chapter 8 derives it.

    >>> x = torch.ones(2, 16, 7, 7)
    >>> torch.equal(SelfAttention(16)(x), x)
    True
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        check_sizes(channels=channels)
        inner = max(1, channels // 8)  # so that keys and queries are cheap to compare
        self.key = nn.Conv2d(channels, inner, 1)  # f
        self.query = nn.Conv2d(channels, inner, 1)  # g
        self.content = nn.Conv2d(channels, inner, 1)  # h
        self.out = nn.Conv2d(inner, channels, 1)  # v
        self.gamma = nn.Parameter(torch.zeros(()))

    def maps(self, x: Tensor) -> Tensor:
        """Return β, (n, positions, positions), where each row j sums to 1."""
        keys = self.key(x).flatten(2)  # (n, C/8, i): a position is height and width in one
        queries = self.query(x).flatten(2).transpose(1, 2)  # (n, j, C/8)
        return (queries @ keys).softmax(dim=2)

    def forward(self, x: Tensor) -> Tensor:
        """Add to each position what it attends to."""
        content = self.content(x).flatten(2)  # (n, C/8, i)
        drawn = content @ self.maps(x).transpose(1, 2)  # (n, C/8, j)
        drawn = drawn.unflatten(2, x.shape[2:])  # (n, C/8, height, width)
        return x + self.gamma * self.out(drawn)


def parameter_count(network: nn.Module) -> int:
    """Return the number of trainable numbers in `network`. Chapter 9 counts them.

    >>> parameter_count(mlp(2, 3, 1))
    13
    """
    return sum(p.numel() for p in network.parameters() if p.requires_grad)


def sample(generator: nn.Module, latent: Tensor) -> Tensor:
    """Return what `generator` makes of `latent` in evaluation mode, and leave its mode as it was.

    So that batch norm makes each example of its own noise alone. Chapter 4 uses it.

    >>> sample(toy_generator(), torch.zeros(5, 2)).requires_grad
    False
    """
    was_training = generator.training
    generator.eval()
    try:
        with torch.no_grad():
            return generator(latent)
    finally:  # also after an error, for whoever goes on with a training
        generator.train(was_training)
