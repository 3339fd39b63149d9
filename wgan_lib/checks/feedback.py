r"""What every check is made of."""

from collections.abc import Callable

import numpy as np


class Hint(Exception):
    """What to try next: the answer is not right yet."""


CHECKS: dict[str, Callable[[object], None]] = {}


def check(exercise: str, answer: object) -> None:
    """Print whether `answer` solves `exercise`, and a hint if it does not.

    Parameters
    ----------
    exercise : str
        Its number, as "1.2" for the second exercise of chapter 1.
    answer : object
        A number, an array or a function, as the exercise asks; `...` for not answered yet.

    Raises
    ------
    KeyError
        If there is no such exercise.
    """
    if exercise not in CHECKS:
        raise KeyError(f"there is no exercise {exercise!r}; there are {', '.join(CHECKS)}")
    if answer is ...:
        print(f"Exercise {exercise}: replace the dots with your answer, then run this cell again.")
        return
    try:
        CHECKS[exercise](answer)
    except Hint as hint:
        print(f"Exercise {exercise}: not yet. {hint}")
    except Exception as error:  # the answer has the wrong form, and the reader wants to know how
        print(f"Exercise {exercise}: your answer could not be used ({type(error).__name__}: {error}).")
    else:
        print(f"Exercise {exercise}: right.")


def exercise(number: str) -> Callable[[Callable[[object], None]], Callable[[object], None]]:
    """Register a function as the check of exercise `number`."""

    def register(function: Callable[[object], None]) -> Callable[[object], None]:
        CHECKS[number] = function
        return function

    return register


def expect(true: bool, hint: str) -> None:
    """Raise `Hint` unless `true`."""
    if not true:
        raise Hint(hint)


def close(answer: object, value: float | np.ndarray, tolerance: float = 1e-6) -> bool:
    """Return whether `answer` has the shape of `value` and agrees with it to within `tolerance`."""
    answer, value = np.asarray(answer, dtype=float), np.asarray(value, dtype=float)
    return answer.shape == value.shape and bool(np.allclose(answer, value, rtol=tolerance, atol=tolerance))


def w1_on_line(x: np.ndarray, y: np.ndarray, a: np.ndarray, b: np.ndarray) -> float:
    """Return the area between the two CDFs."""
    points = np.concatenate([x, y])
    order = np.argsort(points)
    gap = np.cumsum(np.concatenate([a, -b])[order])[:-1]  # F - G between neighbouring points
    return float(np.abs(gap) @ np.diff(points[order]))
