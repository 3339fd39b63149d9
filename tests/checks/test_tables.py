"""Every exercise has a table of answers in `answers`: wrong ones get the hint about their mistake, right ones pass."""

import ast
from collections import Counter
from importlib import import_module
from pathlib import Path

import pytest

from wgan_lib import checks
from wgan_lib.checks import exercises

TABLES = sorted(path.stem for path in Path(__file__).parent.glob("answers/*_[0-9]*.py"))


def wrong(table):
    """Return the rows of one chapter: (exercise, answer, fragment of the hint)."""
    return import_module(f"answers.{table}").WRONG


def right(table):
    """Return the rows of one chapter: (exercise, answer)."""
    return import_module(f"answers.{table}").RIGHT


def parameters(kind):
    """Return the rows of all chapters as parameters, named by their exercise."""
    return [pytest.param(*row, id=f"{row[0]}-{at}") for table in TABLES for at, row in enumerate(kind(table))]


@pytest.mark.filterwarnings("ignore::RuntimeWarning")  # some take the logarithm of 0: that is their mistake
@pytest.mark.parametrize(("exercise", "answer", "fragment"), parameters(wrong))
def test_a_wrong_answer_is_told_what_is_wrong_with_it(told, exercise, answer, fragment):
    said = told(exercise, answer)
    assert said.startswith("not yet. ") and fragment in said


@pytest.mark.parametrize(("exercise", "answer"), parameters(right))
def test_a_right_answer_is_right_in_every_form(told, exercise, answer):
    assert told(exercise, answer) == "right."


@pytest.mark.parametrize("table", TABLES)
def test_each_exercise_of_a_chapter_has_four_wrong_answers_or_more(table):
    rows = Counter(exercise for exercise, *_ in wrong(table))
    chapter = table.replace("assignment_", "A").replace("chapter_", "").lstrip("0")
    assert {exercise: rows[exercise] for exercise in exercises() if exercise.split(".")[0] == chapter} == rows
    assert min(rows.values()) >= 4


def test_there_are_three_hundred_wrong_answers_in_all():
    assert sum(len(wrong(table)) for table in TABLES) >= 300
    assert len(TABLES) == len({exercise.split(".")[0] for exercise in exercises()})


def texts(node):
    """Yield the strings of a piece of code, but for docstrings; each in pieces, cut where a value is put in."""
    if isinstance(node, ast.JoinedStr):
        yield tuple(piece.value for piece in node.values if isinstance(piece, ast.Constant))
    elif isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield tuple(node.value.split("{}"))
    elif not (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)):
        for child in ast.iter_child_nodes(node):
            yield from texts(child)


def hints(table):
    """Return how often each (exercise, hint) stands in the checks of a part; the exercise is "" in their helpers."""
    path = Path(checks.__file__).parent / f"{table}.py"
    return Counter(
        (getattr(statement, "name", "").partition("exercise_")[2], text)
        for statement in ast.parse(path.read_text(encoding="utf-8")).body
        for text in texts(statement)
        if len("".join(text)) >= 15 and " " in "".join(text)
    )


def names(fragment, hint):
    """Return whether a row's fragment is part of a hint, or holds a good piece of it, with a value before or after."""
    return any(fragment in piece or (len(piece) >= 8 and piece.strip() in fragment) for piece in hint)


@pytest.mark.parametrize("table", TABLES)
def test_each_hint_is_earned_by_a_wrong_answer_of_its_own(table):
    """A row earns the hint that its fragment alone names; as many rows as there are places that give it."""
    given, earned = hints(table), Counter()
    for exercise, _, fragment in wrong(table):
        of_exercise = [each for each in given if each[0] in ("", exercise.split(".")[1])]
        named = [each for each in of_exercise if names(fragment, each[1])]
        earned.update(named if len(named) == 1 else [])
    assert given - earned == Counter()
