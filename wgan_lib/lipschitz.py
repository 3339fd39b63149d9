r"""How a critic is kept 1-Lipschitz, or near it; and how to measure whether it is."""

import math

import torch
from torch import Tensor, nn


@torch.no_grad()
def clip_weights(critic: nn.Module, c: float) -> None:
    r"""Clamp every parameter of `critic` to [-c, c], in place (WGAN 2017, Algorithm 1, line 7).

    It bounds the Lipschitz constant by some number that depends on the architecture, not by 1.

    Parameters
    ----------
    critic : nn.Module
        Call this *after* the optimiser's step, so that the generator meets a clipped critic.
    c : float
        The bound, positive; 0.01 in the paper.

    Raises
    ------
    ValueError
        If `c` is not positive and finite.
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
    r"""The penalty of WGAN-GP, without its factor λ (Gulrajani et al. 2017, eq. 3).

    .. math:: \mathbb{E}\, (\lVert \nabla f(\hat x) \rVert_2 - 1)^2,
              \qquad \hat x = \epsilon x + (1 - \epsilon) \tilde x, \quad \epsilon \sim U[0, 1]

    Parameters
    ----------
    critic : nn.Module
        Maps a batch to one score per example, with no layer that mixes examples (no batch norm): the penalty is on each
        example's own gradient.
    real, fake : Tensor, equal shapes (n, ...)
        A batch x of real and a batch x̃ of generated examples, of any shape behind the first axis.
    target : float
        The norm asked for: 1, or 0 for a zero-centred penalty.
    one_sided : bool
        Penalise only norms above `target` (Petzka et al. 2018, WGAN-LP).
    epsilon : Tensor, shape (n, 1, ..., 1), optional
        One number in [0, 1] for each example.
    rng : torch.Generator, optional
        Source of ε if it is left out; torch's global one if this is left out, too.

    Returns
    -------
    Tensor, shape ()
        Differentiable with respect to the critic's parameters.

    Raises
    ------
    ValueError
        If the shapes differ, ε is not one number in [0, 1] for each example, or the critic has batch norm.
    """
    if real.shape != fake.shape:
        raise ValueError(f"real has shape {tuple(real.shape)} and fake {tuple(fake.shape)}: they are mixed in pairs")
    if mixes_examples(critic):
        raise ValueError("the critic has batch norm, so that an example's slope depends on the others: use layer norm")
    one_per_example = (len(real),) + (1,) * (real.dim() - 1)
    if epsilon is not None:
        _check_epsilon(epsilon, one_per_example)
    else:
        epsilon = torch.rand(one_per_example, generator=rng, dtype=real.dtype, device=real.device)
    mixed = torch.lerp(fake.detach(), real.detach(), epsilon)
    excess = gradient_norms(critic, mixed, create_graph=True) - target
    return (excess.relu() if one_sided else excess).square().mean()


def mixes_examples(critic: nn.Module) -> bool:
    """Return whether a critic scores an example by the company it is in: whether it has batch norm, in training."""
    layers = critic.modules() if isinstance(critic, nn.Module) else ()
    return any(isinstance(layer, nn.modules.batchnorm._BatchNorm) and layer.training for layer in layers)


def _check_epsilon(epsilon: Tensor, shape: tuple[int, ...]) -> None:
    if tuple(epsilon.shape) != shape:
        raise ValueError(f"epsilon has shape {tuple(epsilon.shape)}: expected one number an example, {shape}")
    if epsilon.device.type != "cpu":  # a GPU would have to stop and tell, at every step
        return
    if not bool(((epsilon >= 0) & (epsilon <= 1)).all()):
        raise ValueError(f"epsilon reaches from {epsilon.min():.3g} to {epsilon.max():.3g}: expected numbers in [0, 1]")


def r1_penalty(critic: nn.Module, real: Tensor) -> Tensor:
    r"""Half the mean squared slope on real data, without its factor γ (Mescheder et al. 2018, eq. 9).

    .. math:: R_1 = \tfrac{1}{2}\, \mathbb{E}_{x \sim p_\text{real}} \lVert \nabla f(x) \rVert_2^2

    It asks the critic to be flat where the data are, so that a generator that has arrived is no longer pushed.

    Parameters
    ----------
    critic : nn.Module
        Maps a batch to one score per example, with no layer that mixes examples.
    real : Tensor, shape (n, ...)
        A batch of real examples.

    Returns
    -------
    Tensor, shape ()
        Differentiable with respect to the critic's parameters.
    """
    return gradient_norms(critic, real, create_graph=True).square().mean() / 2


def spectral_norm(critic: nn.Module) -> nn.Module:
    """Divide every weight matrix of `critic` by its largest singular value, at each use (Miyato et al. 2018, eq. 8).

    With 1-Lipschitz activations a multilayer perceptron is then 1-Lipschitz, up to the error of one power iteration a
    step: it is made by each pass in training mode. The kernel of a convolution counts as the matrix (channels out, all
    else), as in the paper. The convolution itself can stretch an image further, by up to ⌈kernel size / stride⌉.

    Parameters
    ----------
    critic : nn.Module
        Changed in place: each linear and convolutional layer gets torch's own `spectral_norm` parametrisation.

    Returns
    -------
    nn.Module
        The same critic.
    """
    for layer in _weighted_layers(critic):
        nn.utils.parametrizations.spectral_norm(layer)
    return critic


@torch.no_grad()
def singular_values(critic: nn.Module) -> list[Tensor]:
    """Return, for each linear and convolutional layer, the singular values of its weight matrix, largest first.

    A kernel counts as the matrix (channels out, all else). The product of the largest ones bounds the Lipschitz
    constant of a multilayer perceptron with 1-Lipschitz activations.

    Put a spectrally normalised critic in evaluation mode first: in training mode each reading of a weight makes another
    power iteration, and changes it a little.
    """
    return [torch.linalg.svdvals(layer.weight.flatten(1)) for layer in _weighted_layers(critic)]


def _weighted_layers(network: nn.Module) -> list[nn.Module]:
    return [layer for layer in network.modules() if isinstance(layer, (nn.Linear, nn.Conv2d))]


def gradient_norms(critic: nn.Module, x: Tensor, *, create_graph: bool = False) -> Tensor:
    r"""The length of the critic's slope at each example, :math:`\lVert \nabla f(x_i) \rVert_2`.

    Parameters
    ----------
    critic : nn.Module
        Maps a batch to one score per example.
    x : Tensor, shape (n, ...)
        Where to measure.
    create_graph : bool
        Keep the graph, so that the norms can themselves be differentiated (double backward).

    Returns
    -------
    Tensor, shape (n,)
        Where the gradient is exactly 0, so is the derivative of the norm (a subgradient; never NaN). NaN for an example
        that holds a NaN or an infinity, which a ReLU would otherwise answer with a finite slope.
    """
    x = x.detach()
    broken = 0 * x.reshape(len(x), -1).sum(dim=1)  # 0, but NaN for an example that is not finite
    x = x.requires_grad_()
    (slopes,) = torch.autograd.grad(critic(x).sum(), x, create_graph=create_graph)
    return torch.linalg.vector_norm(slopes.reshape(len(x), -1), dim=1) + broken
