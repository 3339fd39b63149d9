"""Each chapter's exercises, as a reader meets them: unanswered first, then with the folded solution put in."""

import ast
import contextlib
import io
import symtable
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
    """Return what a chapter's checks print: {exercise: (left unanswered, with the folded solution)}."""
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(chapter.parent)
        patch.setattr(figures, "show", lambda fig, alt, caption="": figures.plt.close(fig))
        patch.setattr(widgets, "slider", lambda *args, **options: None)
        return run(nbformat.read(chapter, as_version=4))


def run(notebook):
    """Run the code that the exercises rest on, and each exercise twice."""
    namespace, printed = {"__name__": "__main__"}, {}
    asked = {exercise.cell: exercise for exercise in classroom.exercises(notebook)}
    for number in needed(notebook, asked):
        cell = notebook.cells[number]
        untouched = output(cell.source, namespace)
        if exercise := asked.get(number):
            answered = classroom.with_answer(cell.source, exercise, exercise.solution)
            printed[exercise.number] = untouched, output(answered, namespace)
    return printed


def needed(notebook, asked):
    """Return the numbers of the cells of exercises, and of those that set a name which one of these takes."""
    wanted, found = set(), []
    for number, cell in reversed(list(enumerate(notebook.cells))):
        if cell.cell_type != "code" or "remove-cell" in cell.metadata.get("tags", []):
            continue
        taken, given = names(cell.source + "\n" + (asked[number].solution if number in asked else ""))
        if number in asked or given & wanted:
            wanted = (wanted - given) | taken
            found.append(number)
    return sorted(found)


def names(source):
    """Return the global names that a cell takes from those before it, and those that it sets."""
    taken, given = set(), set()
    for statement in ast.parse(source).body:
        read, written = of_statement(ast.unparse(statement))
        first = set() if isinstance(statement, ast.Assign | ast.AugAssign) else written  # as a loop sets its variable
        taken |= read - first - given
        given |= written
    return taken, given


def of_statement(source):
    """Return the global names that one statement reads, functions in it included, and those that it sets."""
    module = symtable.symtable(source, "<cell>", "exec")
    read, scopes = set(), [module]
    for scope in scopes:
        scopes += scope.get_children()
        read |= {n.get_name() for n in scope.get_symbols() if n.is_referenced() and (scope is module or n.is_global())}
    return read, {name.get_name() for name in module.get_symbols() if name.is_assigned() or name.is_imported()}


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
