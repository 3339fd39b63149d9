r"""Exact optimal transport, the referee of this book: a thin, typed face on POT.

The distance is that of Wasserstein and of the "earth mover"; W1 with the Euclidean metric unless another is asked for.
(POT's own default is the *squared* Euclidean cost.) Functions take NumPy arrays or torch tensors, and answer in kind.
"""

import warnings
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
import ot
import torch
from scipy.spatial.distance import cdist
from torch import Tensor

from wgan_lib.arrays import float64

Array = TypeVar("Array", np.ndarray, Tensor)


@dataclass(frozen=True)
class Transport:
    r"""An optimal transport between n and m points: what `emd` returns.

    Attributes
    ----------
    cost : float
        The optimal value :math:`\langle P, C \rangle`.
    coupling : array, shape (n, m)
        The optimal plan P: how much mass moves from each x to each y.
    potentials : tuple of two arrays, shapes (n,) and (m,)
        An optimal dual pair (u, v): :math:`u_i + v_j \le C_{ij}`, and
        :math:`\langle a, u \rangle + \langle b, v \rangle` = `cost`.
    """

    cost: float
    coupling: np.ndarray | Tensor
    potentials: tuple[np.ndarray | Tensor, np.ndarray | Tensor]


def cost_matrix(x: Array, y: Array, *, metric: str = "euclidean") -> Array:
    """Return the (n, m) cost of moving a unit of mass from each row of `x` to each row of `y`.

    Parameters
    ----------
    x, y : array, shapes (n, d) and (m, d)
        Points; NumPy arrays or torch tensors.
    metric : str
        A metric known to `scipy.spatial.distance.cdist`: "euclidean", "sqeuclidean", "cityblock", …

    Raises
    ------
    ValueError
        If the dimensions do not match, or a coordinate is NaN or infinite.
    """
    _check_points(x, "x")
    _check_points(y, "y")
    if isinstance(x, Tensor) != isinstance(y, Tensor):
        raise ValueError("x and y must both be NumPy arrays, or both torch tensors")
    if x.shape[1] != y.shape[1]:
        raise ValueError(f"x has {x.shape[1]} columns and y has {y.shape[1]}: points must live in the same space")
    if not isinstance(x, Tensor):
        return cdist(x, y, metric)
    if metric == "euclidean":  # ot.dist goes through squares, and loses half the digits where points are close
        return torch.cdist(x, y, compute_mode="donot_use_mm_for_euclid_dist")
    return ot.dist(x, y, metric=metric)


def emd(x: Array, y: Array, a: Array | None = None, b: Array | None = None, *, metric: str = "euclidean") -> Transport:
    r"""Solve Kantorovich's problem exactly (network simplex): the earth mover's distance between weighted points.

    .. math:: \min_{P \ge 0} \sum_{ij} P_{ij} C_{ij} \quad\text{with}\quad P 1 = a, \; P^\top 1 = b

    Parameters
    ----------
    x, y : array, shapes (n, d) and (m, d)
        Points; NumPy arrays or torch tensors.
    a, b : array, shapes (n,) and (m,), optional
        Weights, non-negative, each summing to 1. Uniform if left out.
    metric : str
        The cost of moving a unit of mass, as `cost_matrix` takes it. With "euclidean" the value is W1; with
        "sqeuclidean" it is the *square* of W2.

    Returns
    -------
    Transport
        `cost`, `coupling` (n, m) and `potentials` (u, v); float64, the arrays of the kind of `x` and on its device.

    Raises
    ------
    ValueError
        On mismatched dimensions, NaN, or weights that are empty, negative or do not sum to 1.
    RuntimeError
        If the solver stops before the optimum, or its answer fails the proof by duality.

    Notes
    -----
    The answer is proved, not trusted: the potentials give a lower bound on every plan's cost, and it must be the cost
    that was found, to a millionth. Where costs differ by fifteen orders of magnitude, float64 cannot keep that.

    References
    ----------
    Peyré and Cuturi (2019), Computational Optimal Transport, chapters 2 and 3. Flamary et al. (2021), POT.
    """
    points_x, points_y = float64(x, "x"), float64(y, "y")
    costs = cost_matrix(points_x, points_y, metric=metric)
    a, b = _weights(a, len(points_x), "a"), _weights(b, len(points_y), "b")
    coupling, u, v = _solve(a, b, costs)
    cost = float((coupling * costs).sum())
    _prove(cost, a, b, costs, u)

    def like_x(array: np.ndarray) -> np.ndarray | Tensor:
        return torch.from_numpy(array).to(x.device) if isinstance(x, Tensor) else array

    return Transport(cost, like_x(coupling), (like_x(u), like_x(v)))


def _solve(a: np.ndarray, b: np.ndarray, costs: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return POT's plan and potentials, found at costs of about 1: its tolerances are absolute."""
    if not np.isfinite(costs).all():
        raise ValueError("a cost is infinite or NaN: the points are too far apart for float64; divide them all")
    unit = np.ldexp(1.0, int(np.frexp(costs.max())[1]))  # a power of 2, so that no digit changes
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # POT warns and goes on; below, a warning is an error
        coupling, log = ot.emd(a, b, costs / unit, numItermax=10_000_000, log=True)
    if log["warning"] is not None:
        raise RuntimeError(f"the transport between {len(a)} and {len(b)} points was not solved: {log['warning']}")
    return coupling, log["u"] * unit, log["v"] * unit


def _prove(cost: float, a: np.ndarray, b: np.ndarray, costs: np.ndarray, u: np.ndarray) -> None:
    """Raise unless `cost` meets the lower bound that u and its best answer v give, to 1e-6 of it.

    A cost near 0 is allowed 1e-12 of the typical (median) cost instead, which is what rounding leaves of 0.
    """
    used = a > 0  # rows without mass constrain nothing
    v = (costs[used] - u[used, None]).min(axis=0)
    gap = cost - (a @ u + b @ v)
    if not gap <= max(1e-6 * cost, 1e-12 * float(np.median(costs))):
        raise RuntimeError(
            f"the transport between {len(a)} and {len(b)} points costs {cost:.6g}, of which {cost - gap:.6g} is "
            f"proved: the costs, up to {costs.max():.3g}, differ too much for float64. Is there an outlier?"
        )


def emd_loss(x: Tensor, y: Tensor) -> Tensor:
    r"""W1 between two uniform batches, as a torch scalar that can be minimised.

    The plan is found exactly and then held fixed: by the envelope theorem the gradient of the optimal value is that of
    :math:`\sum_{ij} P_{ij} \lVert x_i - y_j \rVert` at the optimal P.

    Parameters
    ----------
    x, y : Tensor, shapes (n, d) and (m, d)
        Points. Gradients flow to both.

    Returns
    -------
    Tensor, shape ()
        In the dtype of `x`; where a point of `x` lies exactly on its target the gradient is taken as 0.
    """
    coupling = emd(x.detach(), y.detach()).coupling
    return (coupling.to(x) * cost_matrix(x, y)).sum()


def wasserstein_1d(x: Array, y: Array, a: Array | None = None, b: Array | None = None, p: float = 1) -> float:
    r"""W_p between points on the line, through quantiles; no linear programme is needed.

    .. math:: W_p = \Big( \int_0^1 |F_x^{-1}(t) - F_y^{-1}(t)|^p \, dt \Big)^{1/p}

    Parameters
    ----------
    x, y : array, shapes (n,) and (m,)
        Positions.
    a, b : array, shapes (n,) and (m,), optional
        Weights, each summing to 1. Uniform if left out.
    p : float
        The order, at least 1.

    Returns
    -------
    float
        W_p, in the units of `x`. (POT's `wasserstein_1d` returns its p-th power.)

    Raises
    ------
    ValueError
        If `x` or `y` is not flat, `p` < 1, or the weights are no distribution.

    References
    ----------
    Peyré and Cuturi (2019), Computational Optimal Transport, chapter 2.
    """
    _check_order(p)
    x, y = float64(x, "x"), float64(y, "y")
    for name, points in (("x", x), ("y", y)):
        if points.ndim != 1:
            raise ValueError(f"{name} has shape {points.shape}: wasserstein_1d takes flat arrays of positions")
        _check_points(points[:, None], name)
    a, b = _weights(a, len(x), "a"), _weights(b, len(y), "b")
    plan = ot.emd_1d(x, y, a, b, metric="euclidean", dense=False)  # the monotone plan, as a sparse matrix
    distance = np.abs(x[plan.row] - y[plan.col])
    longest = distance.max()
    if longest == 0:
        return 0.0
    return float(longest * (plan.data @ (distance / longest) ** p) ** (1 / p))  # so that no power leaves float64


def sliced_wasserstein(
    x: Array,
    y: Array,
    a: Array | None = None,
    b: Array | None = None,
    *,
    p: float = 1,
    projections: int = 200,
    seed: int = 0,
) -> float:
    r"""W_p averaged over random directions, :math:`(\mathbb{E}_\theta W_p^p(\theta^\top x, \theta^\top y))^{1/p}`.

    Parameters
    ----------
    x, y : array, shapes (n, d) and (m, d)
        Points.
    a, b : array, shapes (n,) and (m,), optional
        Weights, each summing to 1. Uniform if left out.
    p : float
        The order, at least 1.
    projections : int
        Number of directions drawn uniformly from the sphere.
    seed : int
        Seed of those directions.

    Returns
    -------
    float
        Never more than W_p(x, y).

    Raises
    ------
    ValueError
        As `wasserstein_1d`; also if the p-th powers of the distances leave the range of float64.

    References
    ----------
    Bonneel et al. (2015), Sliced and Radon Wasserstein Barycenters of Measures.
    """
    _check_order(p)
    if projections < 1:
        raise ValueError(f"projections = {projections}: at least one direction is needed")
    x, y = float64(x, "x"), float64(y, "y")
    _check_points(x, "x")
    _check_points(y, "y")
    if x.shape[1] != y.shape[1]:
        raise ValueError(f"x has {x.shape[1]} columns and y has {y.shape[1]}: points must live in the same space")
    a, b = _weights(a, len(x), "a"), _weights(b, len(y), "b")
    largest = np.abs(np.concatenate([x, y])).max() or 1.0  # the p-th powers of what is left are at most 2^p
    options = {"n_projections": projections, "seed": seed}

    def mean(order: float) -> float:
        return float(ot.sliced_wasserstein_distance(x / largest, y / largest, a, b, p=order, **options))

    value = mean(p)
    if not np.isfinite(value) or (value == 0 and mean(1) > 0):
        raise ValueError(f"p = {p}: the p-th powers of these distances leave the range of float64; take a smaller p")
    return largest * value


def c_transform(potential: Array, cost: Array) -> Array:
    r"""Return the best price against `potential`: :math:`v^c_i = \min_j C_{ij} - v_j`.

    With the cost from *any* point to the points y that carry an optimal v, it extends the potential u of `emd` to the
    whole space; for a metric cost the extension is 1-Lipschitz.

    Parameters
    ----------
    potential : array, shape (m,)
        A dual potential v on the columns of `cost`.
    cost : array, shape (n, m)
        The cost matrix.

    Returns
    -------
    array, shape (n,)

    References
    ----------
    Peyré and Cuturi (2019), Computational Optimal Transport, chapter 5.
    """
    if potential.ndim != 1 or cost.ndim != 2 or cost.shape[1] != len(potential):
        raise ValueError(f"a potential of shape {tuple(potential.shape)} needs a cost of as many columns, "
                         f"not one of shape {tuple(cost.shape)}")  # fmt: skip
    gap = cost - potential
    return gap.amin(dim=1) if isinstance(gap, Tensor) else gap.min(axis=1)


def _check_order(p: float) -> None:
    if not 1 <= p < np.inf:
        raise ValueError(f"p = {p}: the order of a Wasserstein distance is at least 1, and finite")


def _check_points(x: np.ndarray | Tensor, name: str) -> None:
    if x.ndim != 2 or len(x) == 0:
        raise ValueError(f"{name} has shape {tuple(x.shape)}: expected at least one point, as an array of shape (n, d)")
    finite = torch.isfinite(x).all() if isinstance(x, Tensor) else np.isfinite(x).all()
    if not finite:
        raise ValueError(f"{name} holds NaN or infinite coordinates: remove those points first")


def _weights(weights: np.ndarray | Tensor | None, n: int, name: str) -> np.ndarray:
    """Return the n checked weights, uniform if None, summing to exactly the same total for both sides."""
    if weights is None:
        return np.full(n, 1 / n)
    weights = float64(weights, name)
    if weights.shape != (n,):
        raise ValueError(f"{name} has shape {weights.shape}: expected one weight for each of the {n} points")
    if not (weights >= 0).all():
        raise ValueError(f"{name} holds a negative or NaN weight: weights are masses, at least 0")
    if abs(weights.sum() - 1) > 1e-6:
        raise ValueError(f"{name} sums to {weights.sum():.6g}: weights must sum to 1; divide by their sum")
    return weights / weights.sum()
