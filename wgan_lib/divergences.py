r"""Divergences that compare two distributions point by point: KL, Jensen-Shannon, total variation.

All use the natural logarithm. They are told the two densities at the same points and nothing of the distance between
those points, which is why they saturate where W does not.
"""

import numpy as np

from wgan_lib.arrays import float64

LOG_2 = float(np.log(2))


def kl(p: np.ndarray, q: np.ndarray) -> float:
    r"""Kullback-Leibler divergence :math:`\sum_i p_i \log (p_i / q_i)`, in nats.

    Parameters
    ----------
    p, q : array, shape (n,)
        Histograms on the same bins: non-negative, each summing to 1.

    Returns
    -------
    float
        At least 0; infinite where p has mass and q has none.

    Raises
    ------
    ValueError
        If p or q is no histogram, or their shapes differ.
    """
    p, q = _histograms(p, q)
    mass = p > 0  # 0 log 0 = 0
    with np.errstate(divide="ignore"):
        return float(np.sum(p[mass] * np.log(p[mass] / q[mass])))


def js(p: np.ndarray, q: np.ndarray) -> float:
    r"""Jensen-Shannon divergence in nats, :math:`\tfrac12 KL(p, m) + \tfrac12 KL(q, m)`, :math:`m = \tfrac12(p + q)`.

    Parameters
    ----------
    p, q : array, shape (n,)
        Histograms on the same bins: non-negative, each summing to 1.

    Returns
    -------
    float
        Between 0 and log 2; log 2 if and only if p and q share no bin. (Arjovsky et al. 2017 print it without the ½.)

    Raises
    ------
    ValueError
        If p or q is no histogram, or their shapes differ.
    """
    p, q = _histograms(p, q)
    middle = (p + q) / 2
    return (kl(p, middle) + kl(q, middle)) / 2


def tv(p: np.ndarray, q: np.ndarray) -> float:
    r"""Total variation distance :math:`\tfrac12 \sum_i |p_i - q_i|`: the mass on which p and q disagree.

    Parameters
    ----------
    p, q : array, shape (n,)
        Histograms on the same bins: non-negative, each summing to 1.

    Returns
    -------
    float
        Between 0 and 1.

    Raises
    ------
    ValueError
        If p or q is no histogram, or their shapes differ.
    """
    p, q = _histograms(p, q)
    return float(np.abs(p - q).sum() / 2)


def optimal_discriminator(p: np.ndarray, q: np.ndarray) -> np.ndarray:
    r"""Return the discriminator that best tells p from q, :math:`D^* = p / (p + q)` (Goodfellow 2014, Proposition 1).

    Parameters
    ----------
    p, q : array, any equal shapes
        Densities of the real and of the generated distribution at the same points.

    Returns
    -------
    array, same shape
        The probability that a point is real; NaN where neither has density, and where one is NaN or infinite.

    Raises
    ------
    ValueError
        If a density is negative, or the shapes differ.
    """
    p, q = float64(p, "p"), float64(q, "q")
    if p.shape != q.shape:
        raise ValueError(f"p has shape {p.shape} and q {q.shape}: two densities at the same points are needed")
    for name, density in (("p", p), ("q", q)):
        if (density < 0).any():
            raise ValueError(f"{name} holds a negative value: a density is at least 0")
    with np.errstate(invalid="ignore"):
        return p / (p + q) + 0 * q  # the last term is 0, but NaN where q is infinite and p is not


def _histograms(p: np.ndarray, q: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return p and q as float64 arrays, checked."""
    p, q = float64(p, "p"), float64(q, "q")
    if p.shape != q.shape or p.ndim != 1 or p.size == 0:
        raise ValueError(f"p has shape {p.shape} and q {q.shape}: two flat histograms on the same bins are needed")
    for name, histogram in (("p", p), ("q", q)):
        if not (histogram >= 0).all():
            raise ValueError(f"{name} holds a negative or NaN value: a histogram is at least 0")
        if abs(histogram.sum() - 1) > 1e-6:
            raise ValueError(f"{name} sums to {histogram.sum():.6g}: a histogram must sum to 1; divide by its sum")
    return p / p.sum(), q / q.sum()
