r"""Networks that are told the label: a generator, and critics by concatenation and by projection.

They take labels (n,), int64, beside their usual input. `given` holds the labels, so that what is
left is a network of images or of noise alone: the two steps of `training`, the penalty and
`networks.sample` need not know that there are labels. Chapter 11 builds and trains them.
"""

import torch
from torch import Tensor, nn
from torch.nn.functional import one_hot

from wgan_lib import mnist, networks, randomness
from wgan_lib.settings import Config

CLASSES = 10
# Of the 60,000 training images, how many have the label 0, 1, and so on
COUNTS = {
    "mnist": (5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949),
    "fashion-mnist": (6000,) * CLASSES,
}


class ConditionalGenerator(nn.Module):
    """A generator whose noise is continued by the label, one-hot.

    Mirza and Osindero (2014), arXiv:1411.1784.

    Parameters
    ----------
    generator : nn.Module
        Of noise with `CLASSES` numbers more than are drawn.

    Examples
    --------
    >>> generator = ConditionalGenerator(nn.Linear(2 + CLASSES, 3))
    >>> generator(torch.zeros(5, 2), torch.arange(5)).shape
    torch.Size([5, 3])
    """

    def __init__(self, generator: nn.Module) -> None:
        super().__init__()
        self.generator = generator

    def forward(self, latent: Tensor, labels: Tensor | None = None) -> Tensor:
        """Return an example of each label, or of all in turn, from noise (n, latent_dim)."""
        labels = in_turn(len(latent)).to(latent.device) if labels is None else labels
        return self.generator(torch.cat([latent, one_hot(labels, CLASSES).to(latent)], dim=1))


class ConcatenationCritic(nn.Module):
    """A critic that sees the label as further channels of the image, each constant.

    Mirza and Osindero (2014), arXiv:1411.1784.

    Parameters
    ----------
    critic : nn.Module
        Of images with `CLASSES` channels more than they have.

    Examples
    --------
    >>> eleven = nn.Sequential(nn.Flatten(), nn.Linear(11 * 4, 1), nn.Flatten(0))
    >>> ConcatenationCritic(eleven)(torch.zeros(5, 1, 2, 2), torch.arange(5)).shape
    torch.Size([5])
    """

    def __init__(self, critic: nn.Module) -> None:
        super().__init__()
        self.critic = critic

    def forward(self, images: Tensor, labels: Tensor) -> Tensor:
        """Return the score (n,) of each image (n, C, height, width) with its label."""
        maps = one_hot(labels, CLASSES).to(images)[:, :, None, None]
        maps = maps.expand(-1, -1, *images.shape[2:])
        return self.critic(torch.cat([images, maps], dim=1))


class ProjectionCritic(nn.Module):
    r"""A critic that adds to an image's score how far its features point to its label.

    Miyato and Koyama (2018), arXiv:1802.05637.

    .. math:: f(x, y) = \psi(\phi(x)) + \langle v_y, \phi(x) \rangle

    with a direction :math:`v_y` of its own for each label. They start at 0, which is our choice: at
    first the label says nothing.

    Parameters
    ----------
    critic : nn.Sequential
        One that ends in a linear layer ψ and the flattening of its score, as those of `networks`
        do; what comes before is φ.

    Examples
    --------
    >>> layers = nn.Sequential(nn.Linear(2, 8), nn.ReLU(), nn.Linear(8, 1), nn.Flatten(0))
    >>> ProjectionCritic(layers)(torch.zeros(5, 2), torch.arange(5)).shape
    torch.Size([5])
    """

    def __init__(self, critic: nn.Sequential) -> None:
        super().__init__()
        self.features, self.score = critic[:-2], critic[-2:]
        self.directions = nn.Embedding(CLASSES, critic[-2].in_features)
        nn.init.zeros_(self.directions.weight)

    def forward(self, x: Tensor, labels: Tensor) -> Tensor:
        """Return the score (n,) of each example with its label."""
        features = self.features(x)
        return self.score(features) + (self.directions(labels) * features).sum(dim=1)


class Given(nn.Module):
    """A conditional network whose labels are given, once or for several batches of them."""

    def __init__(self, network: nn.Module, labels: Tensor) -> None:
        super().__init__()
        self.network, self.labels = network, labels
        self.training = network.training  # a mode that is put back is the network's own

    def forward(self, x: Tensor) -> Tensor:
        """Return what the network makes of `x`, (k · n, ...), with the n labels k times over."""
        if len(self.labels) == 0 or len(x) % len(self.labels):
            expected = "expected as many, or a multiple"
            raise ValueError(f"{len(x)} examples for {len(self.labels)} labels: {expected}")
        return self.network(x, self.labels.repeat(len(x) // len(self.labels)))


def players(config: Config) -> tuple[nn.Module, nn.Module]:
    """Return the generator and critic of a config whose players are told the label.

    >>> told = Config(network="conv", conditioning="projection", width=4)
    >>> players(told)[1].directions.weight.shape
    torch.Size([10, 256])
    """
    generator = networks.conv_generator(config.latent_dim + CLASSES, config.width)
    channels = 1 + CLASSES if config.conditioning == "concatenation" else 1
    critic = networks.conv_critic(config.width, batch_norm=config.batch_norm, channels=channels)
    kinds = {"concatenation": ConcatenationCritic, "projection": ProjectionCritic}
    return ConditionalGenerator(generator), kinds[config.conditioning](critic)


def labels(
    config: Config, images: Tensor, labels: Tensor | None
) -> tuple[Tensor | None, Tensor | None]:
    """Return the labels of `images` and of the test digits, where they lie; no labels if untold.

    Raises ValueError if there are fewer `labels` than `images`; left out, they are MNIST's.
    """
    if config.conditioning == "none":
        return None, None
    labels = mnist.labels(**config.source) if labels is None else labels
    if len(labels) < len(images):
        raise ValueError(f"{len(labels)} labels for {len(images)} images: expected one for each")
    unseen = mnist.labels("test", **config.source, device=images.device)
    return labels[: len(images)].to(images.device), unseen


def given(network: nn.Module, labels: Tensor | None) -> nn.Module:
    """Return a network of images or noise alone: `network` with `labels`, or itself if None.

    >>> generator = ConditionalGenerator(nn.Linear(2 + CLASSES, 3))
    >>> given(generator, torch.arange(5))(torch.zeros(10, 2)).shape
    torch.Size([10, 3])
    """
    return network if labels is None else Given(network, labels)


def in_turn(n: int) -> Tensor:
    """Return labels 0, 1, …, 9, 0, …: in a grid ten wide, a column for each digit.

    >>> in_turn(12)
    tensor([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 0, 1])
    """
    return torch.arange(n) % CLASSES


def drawn(n: int, seed: int, dataset: str = "mnist") -> Tensor:
    """Return labels drawn as often as the training images have them, from the stream "labels".

    >>> drawn(5, seed=0).shape
    torch.Size([5])
    """
    shares = torch.tensor(COUNTS[dataset], dtype=torch.float64)
    source = randomness.stream(seed, "labels")
    return torch.multinomial(shares, n, replacement=True, generator=source)
