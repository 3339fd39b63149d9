r"""What critic and generator minimise, as pure functions of the critic's scores.

A score is the last linear output of the critic, with no sigmoid: for a GAN it is the logit of "this is real", for a
WGAN the value of a potential. Every loss is to be *minimised*.
"""

from collections.abc import Callable
from typing import NamedTuple

import torch.nn.functional as F
from torch import Tensor

from wgan_lib.divergences import LOG_2


class Objective(NamedTuple):
    """The two sides of a game, and what the critic's loss claims to measure.

    Attributes
    ----------
    critic_loss : callable
        (real scores, fake scores) → scalar for the critic to minimise.
    generator_loss : callable
        (fake scores) → scalar for the generator to minimise.
    claim : callable
        (critic loss) → the distance that the critic claims lies between real and generated.
    """

    critic_loss: Callable[[Tensor, Tensor], Tensor]
    generator_loss: Callable[[Tensor], Tensor]
    claim: Callable[[Tensor], Tensor]


def wasserstein_critic_loss(real_scores: Tensor, fake_scores: Tensor) -> Tensor:
    r"""Minus the dual objective, :math:`\mathbb{E} f(\tilde x) - \mathbb{E} f(x)` (WGAN 2017, eq. 2).

    Parameters
    ----------
    real_scores, fake_scores : Tensor, any shapes
        The critic f at real points x and at generated points x̃.
    """
    return fake_scores.mean() - real_scores.mean()


def wasserstein_generator_loss(fake_scores: Tensor) -> Tensor:
    r"""Minus the critic's mean score, :math:`-\mathbb{E} f(g(z))` (WGAN 2017, Theorem 3)."""
    return -fake_scores.mean()


def logistic_critic_loss(real_scores: Tensor, fake_scores: Tensor) -> Tensor:
    r"""The cross-entropy of D = sigmoid(score), :math:`-\mathbb{E} \log D(x) - \mathbb{E} \log(1 - D(\tilde x))`.

    Goodfellow et al. (2014), eq. 1; written with softplus, so that no logarithm of 0 is ever taken.
    """
    return F.softplus(-real_scores).mean() + F.softplus(fake_scores).mean()


def minimax_generator_loss(fake_scores: Tensor) -> Tensor:
    r"""The original cost, :math:`\mathbb{E} \log(1 - D(g(z)))` (Goodfellow et al. 2014, eq. 1)."""
    return -F.softplus(fake_scores).mean()


def non_saturating_generator_loss(fake_scores: Tensor) -> Tensor:
    r"""The cost used in practice, :math:`-\mathbb{E} \log D(g(z))` (Goodfellow et al. 2014, section 3)."""
    return F.softplus(-fake_scores).mean()


def wasserstein_claim(critic_loss: Tensor) -> Tensor:
    """Return the critic's estimate of W: minus its loss."""
    return -critic_loss


def js_claim(critic_loss: Tensor) -> Tensor:
    r"""Return log 2 − ½ loss, which is the Jensen-Shannon divergence at the optimal discriminator, else less.

    Goodfellow et al. (2014), Theorem 1; the curve of WGAN 2017, Fig. 4.
    """
    return LOG_2 - critic_loss / 2


OBJECTIVES = {
    "wasserstein": Objective(wasserstein_critic_loss, wasserstein_generator_loss, wasserstein_claim),
    "minimax": Objective(logistic_critic_loss, minimax_generator_loss, js_claim),
    "non-saturating": Objective(logistic_critic_loss, non_saturating_generator_loss, js_claim),
}
