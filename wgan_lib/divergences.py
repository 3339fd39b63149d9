r"""Divergences that compare two distributions point by point: KL, Jensen-Shannon, total variation.

All use the natural logarithm. They are told the two densities at the same points and nothing of the
distance between those points, which is why they saturate where W does not.

They take two histograms p and q on the same bins, flat arrays (n,), non-negative, each summing to
1, and raise ValueError if what they are given is not that.
"""

import numpy as np

from wgan_lib.arrays import float64, histograms

LOG_2 = float(np.log(2))


def kl(p: np.ndarray, q: np.ndarray) -> float:
    r"""Kullback-Leibler divergence :math:`\sum_i p_i \log (p_i / q_i)`, in nats.

    At least 0; infinite where p has mass and q has none. Chapter 3 derives it.

    >>> round(kl([0.5, 0.5], [0.25, 0.75]), 4), kl([0.5, 0.5], [1, 0])
    (0.1438, inf)
    """
    p, q = histograms(p, q)
    mass = p > 0  # 0 log 0 = 0
    p, q = p[mass], q[mass]
    with np.errstate(divide="ignore"):
        nats = np.log(p / q)
    return float(np.sum(p * nats))


def js(p: np.ndarray, q: np.ndarray) -> float:
    r"""Jensen-Shannon divergence, in nats, with the mixture :math:`m = \tfrac12(p + q)`.

    .. math:: \tfrac12 KL(p, m) + \tfrac12 KL(q, m)

    At most log 2, if p and q share no bin. (WGAN 2017 prints no ½.) Chapter 3 derives it.

    >>> round(js([1, 0, 0], [0, 1, 0]), 4), round(js([1, 0, 0], [0, 0, 1]), 4)
    (0.6931, 0.6931)
    """
    p, q = histograms(p, q)
    middle = (p + q) / 2
    return (kl(p, middle) + kl(q, middle)) / 2


def tv(p: np.ndarray, q: np.ndarray) -> float:
    r"""Total variation distance :math:`\tfrac12 \sum_i |p_i - q_i|`: the mass they disagree on.

    Between 0 and 1. Chapter 3 derives it.

    >>> tv([0.5, 0.5], [0.25, 0.75])
    0.25
    """
    p, q = histograms(p, q)
    return float(np.abs(p - q).sum() / 2)


def optimal_discriminator(p: np.ndarray, q: np.ndarray) -> np.ndarray:
    r"""Return the discriminator that best tells p from q, :math:`D^* = p / (p + q)`.

    Here p and q are densities of real and generated at the same points, arrays of any one shape.
    The answer is the probability that a point is real; NaN where neither has density, or one is NaN
    or infinite. Goodfellow et al. (2014), Proposition 1. Chapter 3 derives it.

    >>> optimal_discriminator([3.0, 1.0, 0.0], [1.0, 1.0, 2.0])
    array([0.75, 0.5 , 0.  ])
    """
    p, q = float64(p, "p"), float64(q, "q")
    if p.shape != q.shape:
        needed = "two densities at the same points are needed"
        raise ValueError(f"p has shape {p.shape} and q {q.shape}: {needed}")
    for name, density in (("p", p), ("q", q)):
        if (density < 0).any():
            raise ValueError(f"{name} holds a negative value: a density is at least 0")
    with np.errstate(invalid="ignore"):
        return p / (p + q) + 0 * q  # the last term is 0, but NaN where q is infinite and p is not
