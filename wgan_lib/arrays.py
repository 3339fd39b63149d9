r"""Numbers as they come in, NumPy arrays, torch tensors or lists: made float64, or refused.

NaN is refused wherever a sum, a sort or a solver would make a finite number of it. What the ideas
of the hall ask of their arguments is checked here, so that they can speak of the idea alone. Every
check raises ValueError, which names the argument and says what was expected.
"""

import numpy as np
import torch
from torch import Tensor


def float64(values: object, name: str) -> np.ndarray:
    """Return `values` as float64 in NumPy: the precision of the exact solvers. Chapter 1 uses it.

    Parameters
    ----------
    values : array
        A NumPy array, a torch tensor on any device, or a nested list.
    name : str
        What to call it in an error.

    Raises
    ------
    ValueError
        If the numbers are complex or masked, which a conversion would drop without a word, or are
        no numbers.

    Examples
    --------
    >>> float64(torch.tensor([1, 2]), "x")
    array([1., 2.])
    """
    if isinstance(values, np.ma.MaskedArray):
        raise ValueError(
            f"{name} is a masked array, whose mask would be ignored: give `{name}.compressed()`"
        )
    array = np.asarray(values.detach().cpu() if isinstance(values, Tensor) else values)
    if array.dtype.kind not in "fiub":
        raise ValueError(f"{name} has the type {array.dtype}: expected real numbers")
    return array.astype(np.float64, copy=False)


def check_points(x: np.ndarray | Tensor, name: str) -> None:
    """Raise ValueError unless `x` is (n, d), n at least 1, and finite. Chapter 1 uses it.

    >>> check_points(np.array([[0.0, np.nan]]), "x")
    Traceback (most recent call last):
    ValueError: x holds NaN or infinite coordinates: remove those points first
    """
    if x.ndim != 2 or len(x) == 0:
        expected = "expected at least one point, as an array of shape (n, d)"
        raise ValueError(f"{name} has shape {tuple(x.shape)}: {expected}")
    finite = torch.isfinite(x).all() if isinstance(x, Tensor) else np.isfinite(x).all()
    if not finite:
        raise ValueError(f"{name} holds NaN or infinite coordinates: remove those points first")


def check_same_space(x: np.ndarray | Tensor, y: np.ndarray | Tensor) -> None:
    """Raise ValueError unless `x` (n, d) and `y` (m, d) are points of one space. Chapter 1 uses it.

    >>> check_same_space(np.zeros((2, 3)), np.zeros((2, 4)))
    Traceback (most recent call last):
    ValueError: x has 3 columns and y has 4: points must live in the same space
    """
    check_points(x, "x")
    check_points(y, "y")
    if x.shape[1] != y.shape[1]:
        columns = f"x has {x.shape[1]} columns and y has {y.shape[1]}"
        raise ValueError(f"{columns}: points must live in the same space")


def positions(values: object, name: str) -> np.ndarray:
    """Return `values` in float64, if they are finite and flat, (n,). Chapter 1 uses it.

    >>> positions(np.zeros((2, 2)), "x")
    Traceback (most recent call last):
    ValueError: x has shape (2, 2): expected a flat array of positions
    """
    array = float64(values, name)
    if array.ndim != 1:
        raise ValueError(f"{name} has shape {array.shape}: expected a flat array of positions")
    check_points(array[:, None], name)
    return array


def check_order(p: float) -> None:
    """Raise ValueError unless there is a Wasserstein distance of order `p`. Chapter 1 uses it.

    >>> check_order(0.5)
    Traceback (most recent call last):
    ValueError: p = 0.5: the order of a Wasserstein distance is at least 1, and finite
    """
    if not 1 <= p < np.inf:
        raise ValueError(f"p = {p}: the order of a Wasserstein distance is at least 1, and finite")


def weights(values: np.ndarray | Tensor | None, n: int, name: str) -> np.ndarray:
    """Return the masses of `n` points, uniform if None; ValueError if they do not sum to 1.

    What little the sum is off by is divided out, so that both sides of a transport weigh the same.
    Chapter 1 uses it.

    >>> weights(None, 4, "a")
    array([0.25, 0.25, 0.25, 0.25])
    """
    if values is None:
        return np.full(n, 1 / n)
    masses = float64(values, name)
    if masses.shape != (n,):
        expected = f"expected one weight for each of the {n} points"
        raise ValueError(f"{name} has shape {masses.shape}: {expected}")
    if not (masses >= 0).all():  # so that a NaN is caught too
        raise ValueError(f"{name} holds a negative or NaN value: masses are at least 0")
    total = masses.sum()
    if abs(total - 1) > 1e-6:
        raise ValueError(f"{name} sums to {total:.6g}: masses must sum to 1; divide by their sum")
    return masses / total


def histograms(p: np.ndarray, q: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return `p` and `q` in float64, if they are masses on the same bins. Chapter 3 uses it.

    >>> histograms([1, 0], [0.2, 0.3, 0.5])
    Traceback (most recent call last):
    ValueError: p has shape (2,) and q (3,): expected two flat histograms on the same bins
    """
    p, q = float64(p, "p"), float64(q, "q")
    if p.shape != q.shape or p.ndim != 1 or p.size == 0:
        expected = "expected two flat histograms on the same bins"
        raise ValueError(f"p has shape {p.shape} and q {q.shape}: {expected}")
    return weights(p, len(p), "p"), weights(q, len(q), "q")


def check_sizes(least: int = 1, **sizes: int) -> None:
    """Raise ValueError unless all `sizes` are whole numbers, at least `least`. Chapter 4 uses it.

    >>> check_sizes(width=0)
    Traceback (most recent call last):
    ValueError: width = 0: expected a whole number, at least 1
    """
    for name, size in sizes.items():
        if not isinstance(size, (int, np.integer)) or size < least:
            raise ValueError(f"{name} = {size!r}: expected a whole number, at least {least}")


def check_epsilon(epsilon: Tensor, shape: tuple[int, ...]) -> None:
    """Raise ValueError unless `epsilon` has a number in [0, 1] for each example. Chapter 6 uses it.

    >>> check_epsilon(torch.tensor([[0.5], [2.0]]), (2, 1))
    Traceback (most recent call last):
    ValueError: epsilon reaches from 0.5 to 2: expected numbers in [0, 1]
    """
    if tuple(epsilon.shape) != shape:
        given = f"epsilon has shape {tuple(epsilon.shape)}"
        raise ValueError(f"{given}: expected one number an example, {shape}")
    if epsilon.device.type != "cpu":  # a GPU would have to stop and tell, at every step
        return
    if not bool(((epsilon >= 0) & (epsilon <= 1)).all()):  # so that a NaN is caught too
        reach = f"epsilon reaches from {epsilon.min():.3g} to {epsilon.max():.3g}"
        raise ValueError(f"{reach}: expected numbers in [0, 1]")


def check_finite(values: Tensor, name: str) -> None:
    """Raise ValueError if one of `values` is NaN or infinite. Chapter 10 uses it.

    >>> check_finite(torch.tensor([1.0, torch.inf]), "features")
    Traceback (most recent call last):
    ValueError: features holds a NaN or an infinite number: is the generator's output finite?
    """
    if not torch.isfinite(values).all():
        problem = f"{name} holds a NaN or an infinite number"
        raise ValueError(f"{problem}: is the generator's output finite?")


def check_features(real: Tensor, fake: Tensor) -> None:
    """Raise ValueError unless these are finite features, (n, d) and (m, d). Chapter 10 uses it.

    >>> check_features(torch.zeros(9, 2), torch.zeros(1, 2))  # one example has no covariance
    Traceback (most recent call last):
    ValueError: real has shape (9, 2) and fake (1, 2): expected features (n, d) and (m, d), n, m ≥ 2
    """
    flat = real.dim() == fake.dim() == 2 and real.shape[1] == fake.shape[1]
    if not flat or min(len(real), len(fake)) < 2:
        shapes = f"real has shape {tuple(real.shape)} and fake {tuple(fake.shape)}"
        raise ValueError(f"{shapes}: expected features (n, d) and (m, d), n, m ≥ 2")
    check_finite(real, "real")
    check_finite(fake, "fake")
