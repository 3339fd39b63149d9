"""What is no answer to any exercise gets a sentence, and never a traceback."""

import math

import numpy as np
import pytest
import torch

from wgan_lib import checks


def stops(*arguments):
    """Fail as a reader's function may."""
    return undefined  # noqa: F821


NUMBERS = [1 + 2j, math.nan, [math.inf, 1], ([1, math.inf], [0, 0]), *([math.nan] * n for n in (2, 3, 4, 5, 9, 12))]
SHAPES = [
    [],
    [[1, 2]],
    [1, [2, 3]],
    [1, 2, 3, 4, 5, 6, 7],
    ([], []),
    np.zeros(0),
    np.zeros((2, 3, 4)),
    torch.zeros(5, 1),
]
OTHERS = [None, "two", {}, object(), np.linalg, [1, "two"], (None, None), ("places", "shares")]
FUNCTIONS = [
    stops,
    len,
    dict,
    lambda: 1,
    lambda *_: None,
    lambda *_: math.nan,
    lambda *_: "much",
    lambda *_: [[1], [2]],
]


@pytest.mark.parametrize("exercise", checks.exercises())
@pytest.mark.parametrize("answers", [NUMBERS, SHAPES, OTHERS, FUNCTIONS], ids=["number", "shape", "other", "function"])
def test_what_is_no_answer_gets_a_sentence(told, exercise, answers):
    said = [told(exercise, answer) for answer in answers]
    assert [each for each in said if not each.startswith("not yet. ")] == []
