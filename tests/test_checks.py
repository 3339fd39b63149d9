"""The checker itself. That every folded solution passes its check is shown in test_solutions.py."""

import numpy as np
import pytest

from wgan_lib import checks
from wgan_lib.checks import CHECKS, check, close


def test_says_when_an_exercise_is_unanswered_right_wrong_or_unusable(capsys, monkeypatch):
    def is_two(answer):
        checks.expect(close(answer, 2), "think of one plus one")

    monkeypatch.setitem(CHECKS, "0.1", is_two)
    for answer, said in [(..., "replace the dots"), (2, "right"), (3, "one plus one"), ("two", "could not be used")]:
        check("0.1", answer)
        assert said in capsys.readouterr().out


def test_unknown_exercise_is_named():
    with pytest.raises(KeyError, match="99.9"):
        check("99.9", 1)


def test_close_wants_the_right_shape():
    assert close([1, 2], np.array([1, 2 + 1e-9]))
    assert not close(1, np.array([1, 1]))
    assert not close(np.nan, 1)
