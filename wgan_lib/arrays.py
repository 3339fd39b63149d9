r"""Numbers as they come in: NumPy arrays, torch tensors or lists, made float64 or refused."""

import numpy as np
from torch import Tensor


def float64(values: object, name: str) -> np.ndarray:
    """Return `values` as float64 in NumPy: the precision of the exact solvers, whatever that of the data.

    Parameters
    ----------
    values : array
        A NumPy array, a torch tensor on any device, or a nested list.
    name : str
        What to call it in an error.

    Raises
    ------
    ValueError
        If the numbers are complex or masked, which a conversion would drop without a word, or are no numbers.
    """
    if isinstance(values, np.ma.MaskedArray):
        raise ValueError(f"{name} is a masked array, whose mask would be ignored: give `{name}.compressed()`")
    array = np.asarray(values.detach().cpu() if isinstance(values, Tensor) else values)
    if array.dtype.kind not in "fiub":
        raise ValueError(f"{name} has the type {array.dtype}: expected real numbers")
    return array.astype(np.float64, copy=False)
