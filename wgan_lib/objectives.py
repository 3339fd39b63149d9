r"""What critic and generator minimise, as pure functions of the critic's scores.

A score is the last linear output of the critic, with no sigmoid: for a GAN it is the logit of "this
is real", for a WGAN the value of a potential. Scores are tensors of any shape, one number for each
real point x or generated point x̃ = g(z). Every loss is a scalar, and is to be *minimised*.
"""

from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor

from wgan_lib.divergences import LOG_2


class Objective(NamedTuple):
    """The two sides of a game, and the distance it estimates. Chapter 4 compares them.

    >>> game = OBJECTIVES["wasserstein"]
    >>> game.estimate(game.critic_loss(torch.tensor([3.0, 1.0]), torch.tensor([0.5])))
    tensor(1.5000)
    """

    critic_loss: Callable[[Tensor, Tensor], Tensor]  # of real and fake scores
    generator_loss: Callable[[Tensor], Tensor]  # of fake scores
    estimate: Callable[[Tensor], Tensor]  # of the critic's loss: how far apart the two are


def wasserstein_critic_loss(real_scores: Tensor, fake_scores: Tensor) -> Tensor:
    r"""Minus the dual objective, :math:`\mathbb{E} f(\tilde x) - \mathbb{E} f(x)`.

    WGAN (2017), eq. 2. Chapter 2 derives it.

    >>> wasserstein_critic_loss(torch.tensor([3.0, 1.0]), torch.tensor([0.5]))
    tensor(-1.5000)
    """
    return fake_scores.mean() - real_scores.mean()


def wasserstein_generator_loss(fake_scores: Tensor) -> Tensor:
    r"""Minus the critic's mean score, :math:`-\mathbb{E} f(g(z))`.

    WGAN (2017), Theorem 3. Chapter 5 derives it.

    >>> wasserstein_generator_loss(torch.tensor([1.0, 2.0]))
    tensor(-1.5000)
    """
    return -fake_scores.mean()


def logistic_critic_loss(real_scores: Tensor, fake_scores: Tensor) -> Tensor:
    r"""The cross-entropy of D = sigmoid(score), of "real" against "generated".

    .. math:: -\mathbb{E} \log D(x) - \mathbb{E} \log(1 - D(\tilde x))

    Goodfellow et al. (2014), eq. 1. Chapter 3 derives it.

    >>> logistic_critic_loss(torch.zeros(2), torch.zeros(3))  # torn: 2 log 2
    tensor(1.3863)
    """
    # softplus(-s) = -log sigmoid(s), so that no logarithm of 0 is ever taken.
    softplus = torch.nn.functional.softplus
    return softplus(-real_scores).mean() + softplus(fake_scores).mean()


def minimax_generator_loss(fake_scores: Tensor) -> Tensor:
    r"""The original cost, :math:`\mathbb{E} \log(1 - D(g(z)))`: no slope where D is sure.

    Goodfellow et al. (2014), eq. 1. Chapter 4 derives it.

    >>> minimax_generator_loss(torch.zeros(2))
    tensor(-0.6931)
    """
    return -torch.nn.functional.softplus(fake_scores).mean()  # log(1 - sigmoid(s))


def non_saturating_generator_loss(fake_scores: Tensor) -> Tensor:
    r"""The cost used in practice, :math:`-\mathbb{E} \log D(g(z))`: slope 1 where D is sure.

    Goodfellow et al. (2014), section 3. Chapter 4 derives it.

    >>> non_saturating_generator_loss(torch.zeros(2))
    tensor(0.6931)
    """
    return torch.nn.functional.softplus(-fake_scores).mean()  # -log sigmoid(s)


def wasserstein_estimate(critic_loss: Tensor) -> Tensor:
    """Return the critic's estimate of W: minus its loss. Chapter 2 derives it.

    >>> wasserstein_estimate(torch.tensor(-1.5))
    tensor(1.5000)
    """
    return -critic_loss


def js_estimate(critic_loss: Tensor) -> Tensor:
    r"""Return log 2 − ½ loss: the Jensen-Shannon divergence at the optimal D, else less.

    Goodfellow et al. (2014), Theorem 1; the curve of WGAN (2017), Fig. 4. Chapter 3 derives it.

    >>> js_estimate(torch.tensor(0.0))  # no loss at all: nothing in common
    tensor(0.6931)
    """
    return LOG_2 - critic_loss / 2  # an undecided critic, with a loss of 2 log 2, sees no distance


_WASSERSTEIN = (wasserstein_critic_loss, wasserstein_generator_loss, wasserstein_estimate)
OBJECTIVES = {
    "wasserstein": Objective(*_WASSERSTEIN),
    "minimax": Objective(logistic_critic_loss, minimax_generator_loss, js_estimate),
    "non-saturating": Objective(logistic_critic_loss, non_saturating_generator_loss, js_estimate),
}
