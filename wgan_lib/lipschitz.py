r"""How a critic is kept 1-Lipschitz, or near it; and how to measure whether it is.

Everywhere in this module `critic` maps a batch, (n, ...), to one score for each example.
"""

import math

import torch
from torch import Tensor, nn

from wgan_lib.arrays import check_epsilon


@torch.no_grad()
def clip_weights(critic: nn.Module, c: float) -> None:
    r"""Clamp every parameter of `critic` to [-c, c], in place, *after* the optimiser's step.

    It bounds the Lipschitz constant by some number that depends on the architecture, not by 1. A
    bound that is not positive and finite raises ValueError. WGAN (2017), Algorithm 1, line 7, with
    c = 0.01. Chapter 5 derives it.

    >>> critic = nn.Linear(100, 1)
    >>> clip_weights(critic, 0.01)
    >>> critic.weight.abs().max() <= 0.01
    tensor(True)
    """
    if not 0 < c < math.inf:
        raise ValueError(f"c = {c}: the clipping bound must be positive; WGAN uses 0.01")
    for parameter in critic.parameters():
        parameter.clamp_(-c, c)


def gradient_penalty(
    critic: nn.Module,
    real: Tensor,
    fake: Tensor,
    *,
    target: float = 1.0,
    one_sided: bool = False,
    epsilon: Tensor | None = None,
    rng: torch.Generator | None = None,
) -> Tensor:
    r"""The penalty of WGAN-GP, without its factor λ, between pairs of real x and generated x̃.

    .. math:: \mathbb{E}\, (\lVert \nabla f(\hat x) \rVert_2 - 1)^2,
              \qquad \hat x = \epsilon x + (1 - \epsilon) \tilde x, \quad \epsilon \sim U[0, 1]

    A scalar that can be differentiated. Gulrajani et al. (2017), eq. 3. Chapter 6 derives it.

    Parameters
    ----------
    critic : nn.Module
        Without batch norm, else ValueError: the penalty is on each example's own gradient.
    real, fake : Tensor, equal shapes (n, ...)
        The two batches, which are mixed in pairs.
    target : float
        The norm asked for: 1, or 0 for a zero-centred penalty.
    one_sided : bool
        Penalise only norms above `target` (Petzka et al. 2018, WGAN-LP).
    epsilon : Tensor, shape (n, 1, ..., 1), optional
        One number in [0, 1] for each example, else ValueError.
    rng : torch.Generator, optional
        Source of ε if it is left out; torch's global one if this is left out, too.

    Examples
    --------
    >>> gradient_penalty(lambda x: 3 * x, torch.ones(8, 1), torch.zeros(8, 1)).item()
    4.0
    """
    if real.shape != fake.shape:
        shapes = f"real has shape {tuple(real.shape)} and fake {tuple(fake.shape)}"
        raise ValueError(f"{shapes}: they are mixed in pairs")
    if mixes_examples(critic):
        mixed = "the critic has batch norm, so that an example's slope depends on the others"
        raise ValueError(f"{mixed}: use layer norm")
    one_each = (len(real),) + (1,) * (real.dim() - 1)  # (n, 1, ..., 1)
    if epsilon is not None:
        check_epsilon(epsilon, one_each)
    else:
        epsilon = torch.rand(one_each, generator=rng, dtype=real.dtype, device=real.device)
    # Between points that the optimal plan pairs, an optimal critic has slope 1. These pairs are
    # random, so that the penalty asks for more than the theorem gives.
    mixed = torch.lerp(fake.detach(), real.detach(), epsilon)
    excess = gradient_norms(critic, mixed, create_graph=True) - target
    return (excess.relu() if one_sided else excess).square().mean()


def mixes_examples(critic: nn.Module) -> bool:
    """Return whether batch norm lets scores depend on other examples. Chapter 6 shows the harm.

    >>> mixes_examples(nn.BatchNorm1d(2)), mixes_examples(nn.BatchNorm1d(2).eval())
    (True, False)
    """
    layers = critic.modules() if isinstance(critic, nn.Module) else ()
    batch_norm = nn.modules.batchnorm._BatchNorm  # the class above those of 1, 2 and 3 dimensions
    return any(isinstance(layer, batch_norm) and layer.training for layer in layers)


def r1_penalty(critic: nn.Module, real: Tensor) -> Tensor:
    r"""Half the mean squared slope at `real` (n, ...), without its factor γ: a scalar.

    .. math:: R_1 = \tfrac{1}{2}\, \mathbb{E}_{x \sim p_\text{real}} \lVert \nabla f(x) \rVert_2^2

    It asks the critic to be flat where the data are, so that a generator that has arrived is no
    longer pushed. Mescheder et al. (2018), eq. 9. Chapter 4 derives it.

    >>> r1_penalty(lambda x: 3 * x, torch.ones(8, 1)).item()
    4.5
    """
    return gradient_norms(critic, real, create_graph=True).square().mean() / 2


def spectral_norm(critic: nn.Module) -> nn.Module:
    """Divide every weight matrix of `critic` by its largest singular value, at each use.

    The critic is changed in place, by torch's own parametrisation, and returned. A perceptron with
    1-Lipschitz activations is then 1-Lipschitz, up to the error of the one power iteration that
    each pass in training mode makes. A kernel counts as the matrix (channels out, all else), as in
    the paper; the convolution can stretch an image further, by up to ⌈kernel size / stride⌉. Miyato
    et al. (2018), eq. 8. Chapter 8 derives it.

    >>> critic = nn.Linear(2, 2)
    >>> critic.weight.data = torch.tensor([[4.0, 0.0], [0.0, 1.0]])
    >>> spectral_norm(critic).eval().weight.detach().round(decimals=3)[1]
    tensor([0.0000, 0.2500])
    """
    for layer in _weighted_layers(critic):
        nn.utils.parametrizations.spectral_norm(layer)
    return critic


@torch.no_grad()
def singular_values(critic: nn.Module) -> list[Tensor]:
    """Return, for each linear and convolutional layer, its singular values, largest first.

    Kernels count as in `spectral_norm`. The product of the largest values bounds the Lipschitz
    constant of a perceptron with 1-Lipschitz activations. Put a spectrally normalised critic in
    evaluation mode first: in training mode each reading changes a weight. Chapter 8 derives it.

    >>> critic = nn.Linear(2, 2)
    >>> critic.weight.data = torch.tensor([[0.0, 4.0], [1.0, 0.0]])
    >>> singular_values(critic)
    [tensor([4., 1.])]
    """
    matrices = [layer.weight.flatten(1) for layer in _weighted_layers(critic)]
    return [torch.linalg.svdvals(matrix) for matrix in matrices]


def _weighted_layers(network: nn.Module) -> list[nn.Module]:
    return [layer for layer in network.modules() if isinstance(layer, (nn.Linear, nn.Conv2d))]


def gradient_norms(critic: nn.Module, x: Tensor, *, create_graph: bool = False) -> Tensor:
    r"""The critic's slope at each of `x` (n, ...), :math:`\lVert \nabla f(x_i) \rVert_2`.

    Shape (n,); NaN for an example that holds a NaN or an infinity. With `create_graph` the lengths
    can themselves be differentiated (double backward); where one is exactly 0, so is its derivative
    (a subgradient, never NaN). Chapter 2 shows why it is 1.

    >>> gradient_norms(lambda x: x.square().sum(dim=1), torch.tensor([[3.0, 4.0], [0.0, 0.0]]))
    tensor([10.,  0.])
    """
    x = x.detach()
    # 0, but NaN for an example that is not finite: a ReLU would answer it with a finite slope.
    broken = 0 * x.reshape(len(x), -1).sum(dim=1)
    x = x.requires_grad_()
    # No score depends on another example, so the slope of the sum holds each one's own slope.
    total = critic(x).sum()
    (slopes,) = torch.autograd.grad(total, x, create_graph=create_graph)
    lengths = torch.linalg.vector_norm(slopes.reshape(len(x), -1), dim=1)
    return lengths + broken
