r"""What every check is made of: a comparison that knows rounding, names the mistake, and never shows a traceback."""

import copy
import re
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from types import FrameType
from typing import Any

import numpy as np

CASES = 5  # fresh random inputs on which a function must be right


class Hint(Exception):
    """What to try next: the answer is not right yet."""


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
    judge = _find(exercise)
    if answer is ...:
        print(f"Exercise {exercise}: replace the dots with your answer, then run this cell again.")
        return
    try:
        judge(answer)
    except Hint as hint:
        print(f"Exercise {exercise}: not yet. {hint}")
    else:
        print(f"Exercise {exercise}: right.")


def grade(exercise: str, answer: object, times: int = 3) -> None:
    """Raise AssertionError, with the hint, unless `answer` solves `exercise`: `check` for a grader.

    Parameters
    ----------
    exercise : str
        Its number, as for `check`.
    answer : object
        What the student gave; `...` is no answer.
    times : int
        How often it is judged. A function meets fresh random inputs each time.
    """
    judge = _find(exercise)
    if answer is ...:
        raise AssertionError(f"Exercise {exercise}: not answered.")
    for _ in range(times):
        try:
            judge(answer)
        except Hint as hint:
            raise AssertionError(f"Exercise {exercise}: {hint}") from None


def exercises() -> list[str]:
    """Return the number of every exercise in order: of the chapters "1.1", "1.2", then of the assignments "A1.1"."""
    return [f"{part}.{number}" for part in _modules() for number in _numbers_in(part)]


def _find(exercise: str) -> Callable[[object], None]:
    """Return the function that judges an exercise; its chapter is imported now, and no other."""
    known = re.fullmatch(r"(A?\d+)\.(\d+)", str(exercise))
    if known and known[1] in _modules() and int(known[2]) in _numbers_in(known[1]):
        return getattr(_module(known[1]), f"exercise_{int(known[2])}")
    raise KeyError(f"there is no exercise {exercise!r}; there are {', '.join(exercises())}")


def _modules() -> dict[str, str]:
    """Return where each part's exercises are judged: {"1": "chapter_01", ..., "A1": "assignment_1", ...}."""
    folder = Path(__file__).parent
    names = [path.stem for kind in ("chapter", "assignment") for path in sorted(folder.glob(f"{kind}_*.py"))]
    return {name.removeprefix("chapter_").replace("assignment_", "A").lstrip("0"): name for name in names}


def _numbers_in(part: str) -> list[int]:
    names = [re.fullmatch(r"exercise_(\d+)", name) for name in vars(_module(part))]
    return sorted(int(name[1]) for name in names if name)


def _module(part: str) -> Any:
    return import_module(f"wgan_lib.checks.{_modules()[part]}")


# Numbers


def expect(true: bool, hint: str) -> None:
    """Raise `Hint` unless `true`."""
    if not true:
        raise Hint(hint)


def expect_value(
    answer: object,
    value: object,
    hint: str,
    mistakes: Sequence[tuple[object, str]] = (),
    *,
    rtol: float = 1e-4,
) -> None:
    """Raise `Hint` unless `answer` is `value`, or `value` rounded to three digits or more.

    Parameters
    ----------
    answer : object
        What the reader gave.
    value : float or array
        What is right; the answer must have its shape.
    hint : str
        For an answer that is none of the known mistakes.
    mistakes : sequence of (wrong value, hint)
        What readers typically give in its place, and what to say of it. One that is right for other reasons is passed
        over.
    rtol : float
        The relative error that counts as right.
    """
    given = numbers(answer, np.shape(value))
    if _agrees(given, value, rtol) or _rounds_to(given, value, 0.005):
        return
    for wrong, advice in mistakes:
        if _agrees(given, wrong, rtol) or _rounds_to(given, wrong, 0.005):
            raise Hint(advice)
    if _rounds_to(given, value, 0.05):
        raise Hint("Right idea: give more digits, three at least.")
    for wrong, advice in mistakes:
        if _rounds_to(given, wrong, 0.05):
            raise Hint(advice)
    raise Hint(hint)


def numbers(answer: object, shape: tuple[int, ...] = ()) -> np.ndarray:
    """Return `answer` as finite float64 numbers of a shape, or raise `Hint` that says what was expected."""
    wanted = _described(shape)
    try:
        given = np.asarray(_plain(answer))
        if given.dtype.kind not in "fiub":
            raise TypeError
        given = given.astype(float)
    except (TypeError, ValueError):
        raise Hint(f"Give {wanted}.") from None
    if given.shape != shape:
        raise Hint(f"Give {wanted}; yours has {_described(given.shape).removeprefix('an ')}.")
    expect(bool(np.isfinite(given).all()), "There is a NaN or an infinity in your answer. Where does it come from?")
    return given


def close(answer: object, value: object, rtol: float = 1e-4) -> bool:
    """Return whether finite numbers of the shape of `value` agree with it to a relative `rtol`; 0 is met to 1e-9."""
    given = np.asarray(_plain(answer), dtype=float)
    return given.shape == np.shape(value) and _agrees(given, value, rtol)


def _agrees(given: np.ndarray, value: object, rtol: float) -> bool:
    value = np.asarray(_plain(value), dtype=float)
    if given.shape != value.shape or not np.isfinite(value).all():
        return False
    allowed = np.where(value == 0, 1e-9, rtol * np.abs(value))
    return bool(np.all(np.abs(given - value) <= allowed))


def _rounds_to(given: np.ndarray, value: object, rtol: float) -> bool:
    """Return whether each number is the value rounded to the decimals that it has, and no further off than `rtol`.

    A whole number of one digit is no rounding: 3 for 2.96 is rather another thought than a short one.
    """
    value = np.asarray(_plain(value), dtype=float)
    if given.shape != value.shape or not np.isfinite(value).all():
        return False
    half = np.array([0.5 * 10.0 ** -_decimals(each) for each in given.ravel()]).reshape(given.shape)
    written_out = np.array([_decimals(each) > 0 or abs(each) >= 10 for each in given.ravel()]).reshape(given.shape)
    off = np.abs(given - value)
    rounded = (off <= half * (1 + 1e-9)) & (off <= rtol * np.abs(value)) & written_out
    return bool(np.all((off <= 1e-9) | rounded))


def _decimals(number: float) -> int:
    """Return how many decimals a number was written with: 2 for 0.33, 5 for 1.2e-4; in float32 if need be."""
    digits, _, exponent = f"{number:.7g}".partition("e")
    return len(digits.partition(".")[2].rstrip("0")) - int(exponent or 0)


def _plain(answer: object) -> object:
    """Return a tensor's numbers without its graph, also inside a list, and anything else as it is."""
    if isinstance(answer, (list, tuple)):
        return [_plain(each) for each in answer]
    return answer.detach().cpu().numpy() if hasattr(answer, "detach") else answer


def _described(shape: tuple[int, ...]) -> str:
    if shape == ():
        return "one number"
    return f"{shape[0]} numbers, as a list or an array" if len(shape) == 1 else f"an array of shape {shape}"


# Functions


def expect_function(
    answer: object,
    right: Callable[..., object],
    draw: Callable[[np.random.Generator], tuple],
    hint: str,
    mistakes: Sequence[tuple[Callable[..., object], str]] = (),
    *,
    forbidden: Sequence[str] = (),
    rtol: float = 1e-4,
) -> None:
    """Raise `Hint` unless a function is right on fresh random inputs, which nobody can know beforehand.

    Parameters
    ----------
    answer : object
        What the reader gave.
    right : callable
        The function that was asked for.
    draw : callable
        Makes a tuple of arguments from a NumPy generator.
    hint : str
        For a function that makes none of the known mistakes.
    mistakes : sequence of (wrong function, hint)
        What readers typically write in its place, and what to say of it.
    forbidden : sequence of str
        Modules that must not do the work in the reader's place, as "wgan_lib.transport" or "ot".
    rtol : float
        The relative error that counts as right.
    """
    rng = np.random.default_rng()
    cases = [draw(rng) for _ in range(CASES)]
    values = [np.asarray(_plain(right(*copy.deepcopy(case))), dtype=float) for case in cases]
    given = [
        numbers(call(answer, *case, forbidden=forbidden), value.shape)
        for case, value in zip(cases, values, strict=True)
    ]
    if all(_agrees(*pair, rtol) for pair in zip(given, values, strict=True)):
        return
    for wrong, advice in mistakes:
        if all(_agrees(each, wrong(*copy.deepcopy(case)), rtol) for each, case in zip(given, cases, strict=True)):
            raise Hint(advice)
    raise Hint(hint)


def call(answer: object, *arguments: object, forbidden: Sequence[str] = ()) -> Any:
    """Return what a reader's function makes of copies of `arguments`, or raise `Hint`: it stopped, or it cheated."""
    expect(callable(answer), "Give a function: its name alone, or a lambda.")
    used: list[str] = []
    try:
        with _noting_calls(forbidden, used):
            result = answer(*copy.deepcopy(arguments))
    except Exception as error:
        shapes = ", ".join(_kind(each) for each in arguments)
        raise Hint(f"Your function stopped on arguments ({shapes}): {type(error).__name__}, {error}") from None
    if used:
        raise Hint(f"Write it yourself: yours lets {used[0]} do the work.")
    expect(result is not None, "Your function returns nothing: is a `return` missing?")
    return result


def _kind(argument: object) -> str:
    shape = getattr(argument, "shape", None)
    return type(argument).__name__ if shape is None else f"shape {tuple(shape)}"


@contextmanager
def _noting_calls(modules: Sequence[str], used: list[str]) -> Iterator[None]:
    """Note in `used` every function of the named modules that runs, however it was imported."""

    def note(frame: FrameType, event: str, _: object) -> None:
        name = frame.f_globals.get("__name__") or ""
        if name.startswith("wgan_lib.checks"):
            return
        if event == "call" and any(name == module or name.startswith(f"{module}.") for module in modules):
            used.append(f"{name}.{frame.f_code.co_name}")

    before = sys.getprofile()
    sys.setprofile(note)
    try:
        yield
    finally:
        sys.setprofile(before)


def w1_on_line(x: np.ndarray, y: np.ndarray, a: np.ndarray, b: np.ndarray) -> float:
    """Return exact W1 of two weighted samples on a line: the area between their CDFs."""
    points = np.concatenate([x, y])
    order = np.argsort(points)
    gap = np.cumsum(np.concatenate([a, -b])[order])[:-1]  # F - G between neighbouring points
    return float(np.abs(gap) @ np.diff(points[order]))
