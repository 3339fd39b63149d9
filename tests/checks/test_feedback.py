"""The checker itself. What each exercise says to wrong answers stands in the files beside this one."""

import subprocess
import sys

import numpy as np
import ot
import pytest
import torch

from wgan_lib import checks, transport
from wgan_lib.checks import feedback
from wgan_lib.checks.feedback import Hint, call, close, expect_function, expect_value


@pytest.fixture
def judged(monkeypatch, capsys):
    """Return a function that puts a made-up exercise in the book, and says what a reader with an answer is told."""

    def says(judge, answer):
        monkeypatch.setattr(feedback, "_find", lambda exercise: judge)
        checks.check("0.1", answer)
        return capsys.readouterr().out

    return says


def verdict(judge, *arguments, **options):
    """Return the hint, or "right"."""
    try:
        judge(*arguments, **options)
    except Hint as hint:
        return str(hint)
    return "right"


def test_says_when_an_exercise_is_unanswered_right_or_wrong(judged):
    for answer, said in [(..., "replace the dots"), (2, "right"), (3, "one plus one"), ("two", "Give one number")]:
        assert said in judged(lambda given: expect_value(given, 2, "think of one plus one"), answer)


def test_a_grader_is_told_by_an_error_and_asks_more_than_once(monkeypatch):
    seen = []
    monkeypatch.setattr(
        feedback, "_find", lambda exercise: lambda given: seen.append(given) or expect_value(given, 2, "no")
    )
    checks.grade("0.1", 2, times=4)
    assert seen == [2] * 4
    for answer, said in [(3, "Exercise 0.1: no"), (..., "not answered"), ("two", "Give one number")]:
        with pytest.raises(AssertionError, match=said):
            checks.grade("0.1", answer)


@pytest.mark.parametrize("unknown", ["99.9", "1.99", "chapter 1", "1"])
def test_an_exercise_that_does_not_exist_is_named_with_those_that_do(unknown):
    with pytest.raises(KeyError, match=f"no exercise {unknown!r}; there are 1.1, 1.2, .*, 16.1"):
        checks.check(unknown, 1)


def test_a_chapter_is_imported_when_it_is_asked_for_and_torch_only_where_it_is_needed():
    code = (
        "import sys, wgan_lib.checks; assert 'torch' not in sys.modules; "
        "wgan_lib.checks.check('1.1', ...); "
        "assert [n for n in sys.modules if 'chapter_' in n] == ['wgan_lib.checks.chapter_01']"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_close_is_relative_and_absolute_at_zero_alone():
    assert close([1, 2], np.array([1, 2 + 1e-9]))
    assert not close(1, np.array([1, 1]))
    assert not close(np.nan, 1)
    assert not close(1 / 65, 1 / 64, 1e-3) and not close(0.0075, 0.0085, 1e-3)
    assert close(1e-12, 0) and not close(1e-12, 2e-12)


ROUNDING = [  # value, answer, what is said
    (1 / 3, 0.333, "right"),
    (1 / 3, 0.33, "more digits"),
    (1 / 3, 0.3, "no"),  # ten per cent off: nobody knows what was meant
    (1 / 3, 0.334, "no"),
    (2 / 3, 0.67, "more digits"),
    (2 / 3, 0.66, "no"),
    (1 / 64, 1 / 63, "no"),
    (1 / 64, 0.0156, "right"),
    (1 / 64, 0.016, "more digits"),
    (0.0085, 0.0075, "no"),
    (1.18, 1, "no"),
    (1234.5, 1230, "no"),  # no decimals given, so nothing says that the last digit was rounded
    (2.958, 3, "no"),  # one digit is a guess
    (2.958, 3.0, "no"),
    (0.0498, 0.05, "right"),
    (29.6, 30, "more digits"),
    (2e-6, 2.0e-6, "right"),
    (1.25e-5, 1.2e-5, "more digits"),
    (1.25e-5, 1.0e-5, "no"),
    (0.5, 0.50005, "right"),  # on the edge of the relative tolerance
    (0, 0, "right"),
    (0, 0.001, "no"),
    ([1 / 3, 0.5], [0.333, 0.5], "right"),
    ([1 / 3, 0.5], [0.33, 0.5], "more digits"),
    ([1 / 3, 0.5], [0.33, 0.6], "no"),
    (-0.31, -0.31, "right"),
    (1 / 3, np.float32(1 / 3), "right"),
    (1 / 3, float(np.float32(0.333)), "right"),
    (1 / 3, float(np.float32(0.33)), "more digits"),
    (1 / 3, torch.tensor(1 / 3, requires_grad=True), "right"),
]


@pytest.mark.parametrize(("value", "answer", "said"), ROUNDING)
def test_one_rule_for_rounding(value, answer, said):
    assert said in verdict(expect_value, answer, value, "no")


def test_a_known_mistake_is_named_and_not_taken_for_a_rounding():
    mistakes = [(0.35, "that is the loss"), (1 / 3, "never said, for it is right")]
    assert verdict(expect_value, 0.35, 1 / 3, "no", mistakes) == "that is the loss"
    assert verdict(expect_value, 1 / 3, 1 / 3, "no", mistakes) == "right"
    assert verdict(expect_value, 0.9, 1 / 3, "no", mistakes) == "no"


def test_a_mistake_that_is_infinite_for_other_reasons_matches_nothing():
    assert verdict(expect_value, 0.5, 0.25, "no", [(np.inf, "never said")]) == "no"


UNUSABLE = ["two", None, [1, 2], [[1]], {}, 1 + 2j, float("nan"), float("inf"), [1, [2, 3]], lambda: 1, np.ma]


@pytest.mark.parametrize("answer", UNUSABLE, ids=range(len(UNUSABLE)))
def test_what_is_no_number_gets_a_sentence_and_no_traceback(answer):
    assert verdict(expect_value, answer, 0.5, "no").startswith(("Give one number", "There is a NaN"))


def w1(x, y):
    """Exact W1 of two samples of one size on a line."""
    return np.abs(np.sort(x) - np.sort(y)).mean()


def pairs(rng):
    """Two random samples, large enough that their means differ by less than W1 but hardly ever.

    Samples that interlace nowhere have W1 equal to the difference of their means: of two sets of n
    points on a line, 2 in n + 1 are so, and a check asks three times.
    """
    return rng.normal(size=50), rng.normal(size=50)


FUNCTIONS = [
    (w1, "right"),
    (lambda x, y: torch.tensor(w1(x, y), requires_grad=True), "right"),
    (lambda x, y: np.abs(x - y).mean(), "sort first"),
    (lambda x, y: abs(x.mean() - y.mean()), "no"),
    (lambda x, y: 0.5, "no"),
    (lambda x, y: None, "is a `return` missing?"),
    (lambda x: 0.5, "stopped on arguments (shape (50,), shape (50,)): TypeError"),
    (lambda x, y: np.sort(x), "Give one number; yours has 50 numbers"),
    (lambda x, y: float("nan"), "There is a NaN"),
    (lambda x, y: x.sort() or y.sort() or np.abs(x - y).mean(), "right"),  # changes its own copies only
    (0.5, "Give a function"),
    (ot.emd2_1d, "Write it yourself: yours lets ot."),
    (lambda x, y: ot.wasserstein_1d(x, y), "Write it yourself: yours lets ot."),
]


@pytest.mark.parametrize(("answer", "said"), FUNCTIONS)
def test_a_function_is_judged_on_fresh_numbers(answer, said):
    mistakes = [(lambda x, y: np.abs(x - y).mean(), "sort first")]
    assert said in verdict(expect_function, answer, w1, pairs, "no", mistakes, forbidden=["ot"])


def test_no_two_checks_use_the_same_numbers():
    seen = []
    for _ in range(2):
        expect_function(lambda x, y: seen.append(x[0]) or w1(x, y), w1, pairs, "no")
    assert len(set(seen)) == 2 * feedback.CASES


def test_the_checker_itself_is_not_taken_for_the_reader():
    assert verdict(expect_function, w1, w1, pairs, "no", forbidden=["wgan_lib"]) == "right"


def test_a_forbidden_module_is_found_behind_a_wrapper_and_the_profiler_is_left_as_it_was():
    before = sys.getprofile()
    assert verdict(call, lambda x: (lambda z: ot.dist(z))(x), np.ones((2, 2)), forbidden=["ot"]).startswith("Write it")
    assert verdict(call, lambda x: ot.nothing, np.ones(2), forbidden=["ot"]).startswith("Your function stopped")
    assert sys.getprofile() is before


def test_the_checks_own_distance_on_a_line_is_the_referees():
    rng = np.random.default_rng(0)
    for n, m in ((1, 1), (4, 3), (5, 5)):
        x, y, a, b = rng.normal(size=n), rng.normal(size=m), rng.dirichlet(np.ones(n)), rng.dirichlet(np.ones(m))
        assert feedback.w1_on_line(x, y, a, b) == pytest.approx(transport.wasserstein_1d(x, y, a, b))
