r"""Exact optimal transport, the referee of this book: a thin, typed face on POT.

The distance is that of Wasserstein and of the "earth mover": W1 with the Euclidean metric, unless
another is asked for. (POT's own default is the *squared* Euclidean cost.) Functions take NumPy
arrays or torch tensors, and answer in kind.
"""

import warnings
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
import ot
import torch
from scipy.spatial.distance import cdist
from torch import Tensor

from wgan_lib.arrays import check_order, check_same_space, float64, positions, weights

Array = TypeVar("Array", np.ndarray, Tensor)
MOST_PIVOTS = 10_000_000  # of the network simplex, before it gives up


@dataclass(frozen=True)
class Transport:
    r"""An optimal transport between n and m points: what `emd` returns. Chapter 1 derives it.

    Attributes
    ----------
    cost : float
        The optimal value :math:`\langle P, C \rangle`.
    coupling : array, shape (n, m)
        The optimal plan P: how much mass moves from each x to each y.
    potentials : tuple of two arrays, shapes (n,) and (m,)
        An optimal dual pair (u, v): :math:`u_i + v_j \le C_{ij}`, and
        :math:`\langle a, u \rangle + \langle b, v \rangle` = `cost`.

    Examples
    --------
    >>> plan = emd(np.array([[0.0], [1.0]]), np.array([[3.0]]))
    >>> plan.coupling.tolist()
    [[0.5], [0.5]]
    """

    cost: float
    coupling: np.ndarray | Tensor
    potentials: tuple[np.ndarray | Tensor, np.ndarray | Tensor]


def cost_matrix(x: Array, y: Array, *, metric: str = "euclidean") -> Array:
    """Return the (n, m) cost of moving a unit of mass from each row of `x` to each row of `y`.

    The points, (n, d) and (m, d), are both NumPy arrays or both torch tensors, and finite, else
    ValueError. `metric` is one that `scipy.spatial.distance.cdist` knows: "euclidean",
    "sqeuclidean", "cityblock", … Chapter 1 builds it.

    >>> cost_matrix(np.array([[0.0, 0.0], [3.0, 0.0]]), np.array([[0.0, 4.0]]))
    array([[4.],
           [5.]])
    """
    check_same_space(x, y)
    if isinstance(x, Tensor) != isinstance(y, Tensor):
        raise ValueError("x and y must both be NumPy arrays, or both torch tensors")
    if not isinstance(x, Tensor):
        return cdist(x, y, metric)
    if metric == "euclidean":  # through squares, half the digits are lost where points are close
        return torch.cdist(x, y, compute_mode="donot_use_mm_for_euclid_dist")
    return ot.dist(x, y, metric=metric)


def emd(
    x: Array,
    y: Array,
    a: Array | None = None,
    b: Array | None = None,
    *,
    metric: str = "euclidean",
) -> Transport:
    r"""Solve Kantorovich's problem exactly: the earth mover's distance between weighted points.

    .. math:: \min_{P \ge 0} \sum_{ij} P_{ij} C_{ij} \quad\text{with}\quad P 1 = a, \; P^\top 1 = b

    Peyré and Cuturi (2019), eq. 2.11, by POT's network simplex. Chapter 1 derives it.

    Parameters
    ----------
    x, y : array, shapes (n, d) and (m, d)
        Points; both NumPy arrays or both torch tensors.
    a, b : array, shapes (n,) and (m,), optional
        Weights, non-negative, each summing to 1. Uniform if left out.
    metric : str
        As `cost_matrix` takes it. With "euclidean" the value is W1, in the units of `x`; with
        "sqeuclidean" it is the *square* of W2.

    Raises
    ------
    ValueError, RuntimeError
        On NaN, other dimensions or weights that are no distribution; if the answer is not proved
        optimal. Costs that differ by fifteen orders of magnitude can fail so.

    Examples
    --------
    >>> emd(np.array([[0.0], [1.0]]), np.array([[1.0], [4.0]])).cost
    2.0
    """
    costs = cost_matrix(float64(x, "x"), float64(y, "y"), metric=metric)
    a = weights(a, len(x), "a")
    b = weights(b, len(y), "b")
    coupling, u, v = _solve(a, b, costs)
    cost = float((coupling * costs).sum())
    _prove(cost, a, b, costs, u)
    if isinstance(x, Tensor):  # who gives tensors gets tensors
        coupling, u, v = (torch.from_numpy(array).to(x.device) for array in (coupling, u, v))
    return Transport(cost, coupling, (u, v))


def _solve(a: np.ndarray, b: np.ndarray, costs: np.ndarray) -> tuple[np.ndarray, ...]:
    """Return POT's plan, (n, m), and potentials, (n,) and (m,)."""
    if not np.isfinite(costs).all():
        far = "the points are too far apart for float64; divide them all"
        raise ValueError(f"a cost is infinite or NaN: {far}")
    # POT's tolerances are absolute, so that it solves best at costs of about 1. The unit is a power
    # of 2, by which no digit changes.
    _, exponent = np.frexp(costs.max())
    unit = np.ldexp(1.0, exponent)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # POT warns and goes on; below, a warning is an error
        coupling, log = ot.emd(a, b, costs / unit, numItermax=MOST_PIVOTS, log=True)
    if log["warning"] is not None:
        sizes = f"between {len(a)} and {len(b)} points"
        raise RuntimeError(f"the transport {sizes} was not solved: {log['warning']}")
    return coupling, log["u"] * unit, log["v"] * unit


def _prove(cost: float, a: np.ndarray, b: np.ndarray, costs: np.ndarray, u: np.ndarray) -> None:
    """Raise unless `cost` is proved optimal, to a millionth.

    The potential u and its best answer v bound the cost of every plan from below (weak duality). A
    plan that reaches the bound is optimal, whoever found it.
    """
    used = a > 0  # rows without mass constrain nothing
    v = c_transform(u[used], costs[used].T)  # (m,)
    gap = cost - (a @ u + b @ v)
    # Of a cost near 0 rounding leaves up to 1e-12 of the typical (median) cost.
    rounding = 1e-12 * float(np.median(costs))
    if not gap <= max(1e-6 * cost, rounding):
        raise RuntimeError(
            f"the transport between {len(a)} and {len(b)} points costs {cost:.6g}, of which "
            f"{cost - gap:.6g} is proved: the costs, up to {costs.max():.3g}, differ too much for "
            "float64. Is there an outlier?"
        )


def emd_loss(x: Tensor, y: Tensor) -> Tensor:
    r"""W1 between two uniform batches, as a torch scalar that can be minimised.

    The plan is found exactly and then held fixed: by the envelope theorem the gradient of W1 is
    that of :math:`\sum_{ij} P_{ij} \lVert x_i - y_j \rVert` at the optimal P. It flows to both
    `x` (n, d) and `y` (m, d); where a point lies on its target, it is 0. Chapter 1 derives it.

    >>> x = torch.tensor([[0.0], [5.0]], requires_grad=True)
    >>> emd_loss(x, torch.tensor([[1.0], [7.0]])).backward()
    >>> x.grad.tolist()
    [[-0.5], [-0.5]]
    """
    coupling = emd(x.detach(), y.detach()).coupling
    return (coupling.to(x) * cost_matrix(x, y)).sum()


def wasserstein_1d(
    x: Array,
    y: Array,
    a: Array | None = None,
    b: Array | None = None,
    p: float = 1,
) -> float:
    r"""W_p between points on the line, through quantiles; no linear programme is needed.

    .. math:: W_p = \Big( \int_0^1 |F_x^{-1}(t) - F_y^{-1}(t)|^p \, dt \Big)^{1/p}

    In the units of `x`. (POT's `wasserstein_1d` returns the p-th power.) As `emd`, but the points
    are positions, (n,) and (m,), and the order p is at least 1, else ValueError. Peyré and Cuturi
    (2019), remark 2.30. Chapter 1 derives it.

    >>> wasserstein_1d([0, 1, 2], [5, 3, 4])
    3.0
    """
    check_order(p)
    x, y = positions(x, "x"), positions(y, "y")
    a = weights(a, len(x), "a")
    b = weights(b, len(y), "b")
    plan = ot.emd_1d(x, y, a, b, metric="euclidean", dense=False)  # monotone, as a sparse matrix
    distance = np.abs(x[plan.row] - y[plan.col])
    longest = distance.max() or 1.0
    relative = distance / longest  # at most 1, so that no power leaves float64
    return float(longest * (plan.data @ relative**p) ** (1 / p))


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
    r"""W_p averaged over directions, along each of which points are on a line.

    .. math:: (\mathbb{E}_\theta\, W_p^p(\theta^\top x, \theta^\top y))^{1/p}

    In the units of `x`, and never more than W_p(x, y). As `emd`, with an order p of at least 1 and
    as many directions, uniform on the sphere, as `projections` says; ValueError, too, if the p-th
    powers of the distances leave float64. Bonneel et al. (2015). Chapter 14 tries it.

    >>> x = np.eye(3)
    >>> 0 < sliced_wasserstein(x, x + 1) < emd(x, x + 1).cost
    True
    """
    check_order(p)
    if projections < 1:
        raise ValueError(f"projections = {projections}: at least one direction is needed")
    x, y = float64(x, "x"), float64(y, "y")
    check_same_space(x, y)
    a = weights(a, len(x), "a")
    b = weights(b, len(y), "b")
    # Of coordinates up to 1, the p-th powers of distances are at most 2^p for each direction.
    largest = np.abs(np.concatenate([x, y])).max() or 1.0
    options = {"n_projections": projections, "seed": seed}

    def mean(p: float) -> float:
        return float(ot.sliced_wasserstein_distance(x / largest, y / largest, a, b, p=p, **options))

    value = mean(p)
    # A mean that is 0 for this order alone was lost on the way: its powers are too small.
    if not np.isfinite(value) or (value == 0 and mean(1) > 0):
        range_left = "the p-th powers of these distances leave the range of float64"
        raise ValueError(f"p = {p}: {range_left}; take a smaller p")
    return float(largest * value)


def c_transform(potential: Array, cost: Array) -> Array:
    r"""Return the best price against `potential`, (n,): :math:`v^c_i = \min_j C_{ij} - v_j`.

    The potential v (m,) belongs to the columns of `cost` (n, m), else ValueError. With the cost
    from *any* point to the points that carry an optimal v, it extends u of `emd` to all of space:
    1-Lipschitz, if the cost is a metric. Peyré and Cuturi (2019), eq. 5.1. Chapter 2 derives it.

    >>> c_transform(np.array([0.0, 1.0]), np.array([[3.0, 2.0], [0.0, 5.0]]))
    array([1., 0.])
    """
    if potential.ndim != 1 or cost.ndim != 2 or cost.shape[1] != len(potential):
        raise ValueError(
            f"a potential of shape {tuple(potential.shape)} needs a cost of as many columns, "
            f"not one of shape {tuple(cost.shape)}"
        )
    gap = cost - potential
    return gap.amin(dim=1) if isinstance(gap, Tensor) else gap.min(axis=1)
