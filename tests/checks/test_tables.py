"""Every exercise has a table of wrong answers, with the hint that each must get, in the file of its chapter."""

from collections import Counter
from importlib import import_module
from pathlib import Path

import pytest

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
