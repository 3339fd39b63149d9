r"""Numbers as they come in, NumPy arrays, torch tensors or lists: made float64, or refused.

NaN is refused wherever a sum, a sort or a solver would make a finite number of it.
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
            f"{name} is a masked array, whose mask would be ignored: give `{name}.compressed()`",
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


def weights(values: np.ndarray | Tensor | None, n: int, name: str) -> np.ndarray:
    """Return the masses of `n` points: uniform if None, else non-negative with sum 1, or ValueError.

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
        raise ValueError(f"{name} holds a negative or NaN weight: weights are masses, at least 0")
    total = masses.sum()
    if abs(total - 1) > 1e-6:
        raise ValueError(f"{name} sums to {total:.6g}: weights must sum to 1; divide by their sum")
    return masses / total
