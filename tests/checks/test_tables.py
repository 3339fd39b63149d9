"""Every exercise has a table of wrong answers, with the hint that each must get, in the file of its chapter."""

import ast
from collections import Counter
from importlib import import_module
from pathlib import Path

import pytest

from wgan_lib import checks
from wgan_lib.checks import exercises

TABLES = sorted(path.stem for path in Path(__file__).parent.glob("test_[ac]*_[0-9]*.py"))


def wrong(table):
    """Return the rows of one chapter: (exercise, answer, fragment of the hint)."""
    return import_module(table).WRONG


@pytest.mark.parametrize("table", TABLES)
def test_each_exercise_of_a_chapter_has_four_wrong_answers_or_more(table):
    rows = Counter(exercise for exercise, *_ in wrong(table))
    chapter = table.removeprefix("test_").replace("assignment_", "A").replace("chapter_", "").lstrip("0")
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
    path = Path(checks.__file__).parent / f"{table.removeprefix('test_')}.py"
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
