"""Each chapter's exercises, as a reader meets them: unanswered first, then with the folded solution put in."""

import contextlib
import io
import sys
from pathlib import Path

import nbformat
import pytest

from wgan_lib import figures, widgets
from wgan_lib.checks import exercises

ROOT = Path(__file__).resolve().parent.parent
BOOK = ROOT / "book"
sys.path.insert(0, str(ROOT / "tools"))

import classroom  # noqa: E402


@pytest.fixture(scope="module", params=sorted(BOOK.rglob("[0-9A]*.ipynb")), ids=lambda path: path.stem)
def chapter(request):
    """Return one notebook after the other."""
    return request.param


@pytest.fixture(scope="module")
def answers(chapter):
    """Run a chapter and return what its checks printed: {exercise: (left unanswered, with the folded solution)}."""
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(chapter.parent)
        patch.setattr(figures, "show", lambda fig, alt, caption="": figures.plt.close(fig))
        patch.setattr(widgets, "slider", lambda *args, **options: None)
        return run(nbformat.read(chapter, as_version=4))


def run(notebook):
    """Run all code but the cell for Colab and what is tagged slow; each exercise twice."""
    namespace, printed = {"__name__": "__main__"}, {}
    asked = {exercise.cell: exercise for exercise in classroom.exercises(notebook)}
    for number, cell in enumerate(notebook.cells):
        tags = cell.metadata.get("tags", [])
        if cell.cell_type != "code" or "slow" in tags or "remove-cell" in tags:
            continue
        untouched = output(cell.source, namespace)
        if exercise := asked.get(number):
            answered = classroom.with_answer(cell.source, exercise, exercise.solution)
            printed[exercise.number] = untouched, output(answered, namespace)
    return printed


def output(source, namespace):
    """Run one cell and return what it printed."""
    with contextlib.redirect_stdout(io.StringIO()) as printed:
        exec(compile(source, "<cell>", "exec"), namespace)
    return printed.getvalue()


def test_every_chapter_has_three_exercises_or_more_and_asks_all_that_are_checked(answers, chapter):
    assert len(answers) >= 3
    assert set(answers) == {
        exercise for exercise in exercises() if exercise.split(".")[0] == chapter.stem[:2].lstrip("0")
    }


def test_an_exercise_that_was_not_touched_asks_to_replace_the_dots(answers):
    assert {number: said for number, (said, _) in answers.items() if "replace the dots" not in said} == {}


def test_every_folded_solution_is_right(answers):
    assert {number: said for number, (_, said) in answers.items()} == {n: f"Exercise {n}: right.\n" for n in answers}


def test_a_wrong_answer_in_place_of_a_solution_is_noticed():
    """The harness above can fail."""
    exercise = nbformat.v4.new_code_cell('from wgan_lib.checks import check\nmy_plan = ...\ncheck("1.1", my_plan)')
    wrong = nbformat.v4.new_markdown_cell(
        "<details><summary>Solution</summary>\n\n```python\nmy_plan = [[0] * 3] * 3\n```\n\n</details>"
    )
    ((untouched, answered),) = run(nbformat.v4.new_notebook(cells=[exercise, wrong])).values()
    assert "replace the dots" in untouched and "not yet" in answered
