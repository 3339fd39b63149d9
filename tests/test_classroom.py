"""The three editions of a notebook, and nbgrader itself at work on one."""

import os
import re
import sys
from pathlib import Path

import nbformat
import pytest
from nbgrader.nbgraderformat import ValidationError
from nbgrader.nbgraderformat import read as read_graded

pytestmark = pytest.mark.filterwarnings(
    "ignore::sqlalchemy.exc.SAWarning", "ignore::nbformat.warnings.MissingIDFieldWarning"
)

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tools"))

import classroom  # noqa: E402

SMALL = [
    nbformat.v4.new_markdown_cell("See [the first chapter](01-earth-mover.ipynb#exercises)."),
    nbformat.v4.new_code_cell("from wgan_lib.checks import check"),
    nbformat.v4.new_markdown_cell("**1.4** W on a line."),
    nbformat.v4.new_code_cell('my_w1 = ...\ncheck("1.4", my_w1)'),
    nbformat.v4.new_markdown_cell(
        "<details><summary>Solution</summary>\n\n```python\nimport numpy as np\n\n\ndef my_w1(x, y):\n"
        "    return np.abs(np.sort(x) - np.sort(y)).mean()\n```\n\nSort first.\n\n</details>\n\n**5.3** Steady."
    ),
    nbformat.v4.new_code_cell('steady_c = ...  # a number\ncheck("5.3", steady_c)'),
    nbformat.v4.new_markdown_cell(
        "<details><summary>Solution</summary>\n\n```python\nsteady_c = 1 / 64\n```\n\n</details>\n\nWell done."
    ),
    nbformat.v4.new_markdown_cell(
        "<!-- report: 5 points -->\nSay why.\n\n<details><summary>Solution</summary>Because.</details>"
    ),
]


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    """Return a notebook with two exercises and a report, at a place in the book."""
    path = ROOT / "book" / "distances" / "small.ipynb"
    notebook = nbformat.v4.new_notebook(cells=SMALL)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(classroom.nbformat, "read", lambda *_, **__: notebook)
        return classroom.read(path)


@pytest.fixture(params=classroom.sources(), ids=lambda path: path.stem)
def notebook(request):
    """Return one notebook with exercises after the other."""
    return classroom.read(request.param)


def text(notebook):
    """Return all sources of a notebook."""
    return "\n".join(cell.source for cell in notebook.cells)


def test_a_students_notebook_has_every_check_and_no_solution(notebook):
    given = text(classroom.student(notebook))
    found = list(classroom.exercises(notebook))
    assert len(found) >= 3
    assert len(classroom.CHECK.findall(given)) == len(found)
    assert "<summary>Solution" not in given and "olutions are folded" not in given
    for exercise in found:
        assert exercise.solution not in given
        assert re.search(rf"^{exercise.name} = \.\.\.", given, re.M)


def test_a_students_notebook_shows_no_output_and_opens_in_colab(notebook):
    edition = classroom.student(notebook)
    code = [cell for cell in edition.cells if cell.cell_type == "code"]
    assert [cell.outputs for cell in code] == [[]] * len(code)
    assert "google.colab" in code[0].source
    nbformat.validate(edition)


def test_an_instructors_notebook_has_each_solution_in_its_place_and_keeps_its_explanation(notebook):
    edition = classroom.instructor(notebook)
    for exercise in classroom.exercises(notebook):
        (cell,) = [cell for cell in edition.cells if f'check("{exercise.number}",' in cell.source]
        assert exercise.solution in cell.source
        assert f"{exercise.name} = ..." not in cell.source
        compile(cell.source, "<cell>", "exec")
    assert "<summary>Solution" not in text(edition)
    nbformat.validate(edition)


def test_what_a_solution_explains_is_open_to_the_instructor(small):
    assert "Sort first." in text(classroom.instructor(small)) and "```python" not in text(classroom.instructor(small))


def test_nothing_but_solutions_is_lost(notebook, small):
    assert "Well done." in text(classroom.student(small)) and "**5.3** Steady." in text(classroom.student(small))
    expected = classroom.SOLUTION.sub("", text(notebook)).replace(" Solutions are folded below each.", "")
    kept = [line for line in expected.splitlines() if line.strip()]
    assert [line for line in text(classroom.student(notebook)).splitlines() if line.strip()] == kept


def test_a_link_to_another_chapter_leads_to_the_repository(small):
    place = classroom.repository()
    expected = f"({place['url']}/blob/{place['branch']}/book/distances/01-earth-mover.ipynb#exercises)"
    assert expected in text(classroom.student(small))


def test_nbgrader_accepts_every_assignment(notebook, tmp_path):
    path = tmp_path / "a.ipynb"
    nbformat.write(classroom.assignment(notebook), path)
    try:
        marks = [cell.metadata.nbgrader for cell in read_graded(path, 4).cells if "nbgrader" in cell.metadata]
    except ValidationError as error:
        pytest.fail(str(error))
    ids = [mark.grade_id for mark in marks]
    assert len(set(ids)) == len(ids)
    points = sum(mark.get("points", 0) for mark in marks)
    assert points == sum(exercise.points for exercise in classroom.exercises(notebook)) + sum(
        map(int, classroom.REPORT.findall(text(notebook)))
    )


@pytest.mark.parametrize(
    ("cells", "said"),
    [
        ([*SMALL[:4], SMALL[2]], "exercise 1.4: expected a folded solution"),
        (SMALL[:4], "exercise 1.4: expected a folded solution"),
        ([nbformat.v4.new_code_cell('x = 3\ncheck("5.3", x)'), SMALL[6]], "exercise 5.3: expected a line `x = ...`"),
    ],
)
def test_an_exercise_that_is_not_whole_is_named(cells, said):
    with pytest.raises(ValueError, match=re.escape(said)):
        list(classroom.exercises(nbformat.v4.new_notebook(cells=cells)))


def test_the_zip_depends_on_the_book_alone(tmp_path, monkeypatch):
    monkeypatch.setattr(classroom, "ROOT", tmp_path)
    monkeypatch.setattr(classroom, "sources", lambda: [ROOT / "book" / "distances" / "01-earth-mover.ipynb"])
    monkeypatch.setattr(classroom, "read", lambda path: nbformat.read(path, as_version=4))
    made = []
    for folder in ("a", "b"):
        monkeypatch.setattr(classroom, "OUT", tmp_path / folder / "classroom")
        classroom.main()
        made.append((tmp_path / folder / "classroom.zip").read_bytes())
    assert made[0] == made[1]


# nbgrader itself


@pytest.fixture(scope="module")
def open_course(tmp_path_factory):
    """Return a function that makes a course of one notebook, released by nbgrader."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PATH", f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")  # it calls alembic
        patch.setenv("PYTHONPATH", str(ROOT))

        def make(name, notebook):
            root = tmp_path_factory.mktemp(name)
            (root / "source" / name).mkdir(parents=True)
            nbformat.write(classroom.assignment(notebook), root / "source" / name / f"{name}.ipynb")
            patch.chdir(root)
            return Course(root, name)

        yield make


@pytest.fixture(scope="module")
def course(open_course, small):
    """Return the course of the small notebook."""
    return open_course("small", small)


class Course:
    """A course folder in which one assignment has been released."""

    def __init__(self, root, name):
        from nbgrader.apps import NbGraderAPI
        from traitlets.config import Config

        self.root, self.name, settings = root, name, Config()
        exec(classroom.CONFIG, {"get_config": lambda: settings})
        settings.CourseDirectory.root = str(root)
        self.api = NbGraderAPI(config=settings)
        made = self.api.generate_assignment(name)
        assert made["success"], made["log"]

    def notebook(self, kind):
        """Return the assignment as its source or as it was released."""
        return nbformat.read(self.root / kind / self.name / f"{self.name}.ipynb", as_version=4)

    def marks(self, student, notebook):
        """Let a student hand in a notebook, and return the points and what they could have been."""
        from nbgrader.api import Gradebook

        folder = self.root / "submitted" / student / self.name
        folder.mkdir(parents=True)
        nbformat.write(notebook, folder / f"{self.name}.ipynb")
        done = self.api.autograde(self.name, student)
        assert done["success"], done["log"]
        with Gradebook(f"sqlite:///{self.root}/gradebook.db") as book:
            submission = book.find_submission(self.name, student)
            return submission.score, submission.max_score


def test_what_nbgrader_releases_holds_no_solution(course):
    released = text(course.notebook("release"))
    assert "np.sort" not in released and "1 / 64" not in released and "grade(" not in released
    assert 'check("1.4", my_w1)' in released and "my_w1 = ..." in released and "steady_c = ...  # a number" in released


def test_nbgrader_gives_the_solutions_all_points_but_those_of_the_report(course):
    assert course.marks("solver", course.notebook("source")) == (5, 10)


def test_nbgrader_gives_untouched_dots_nothing(course):
    assert course.marks("sleeper", course.notebook("release")) == (0, 10)


@pytest.mark.parametrize(
    ("student", "answer", "points"),
    [
        ("half", "my_w1 = lambda x, y: abs(np.sort(x) - np.sort(y)).mean()", 3),
        ("unsorted", "my_w1 = lambda x, y: abs(x - y).mean()", 0),
        ("raiser", "raise SystemError('lost')", 0),
        ("typo", "my_w1 = lambda x, y: abs(", 0),
    ],
)
def test_nbgrader_gives_partly_right_work_its_part(course, student, answer, points):
    work = course.notebook("release")
    (cell,) = [cell for cell in work.cells if cell.source.startswith("my_w1 = ...")]
    cell.source = f"import numpy as np\n\n{answer}"
    assert course.marks(student, work) == (points, 10)


@pytest.mark.parametrize("path", sorted(classroom.ASSIGNMENTS.glob("*.ipynb")), ids=lambda path: path.stem)
def test_an_assignment_gives_its_solutions_all_points_and_untouched_dots_none(open_course, path):
    notebook = classroom.read(path)
    checked = sum(exercise.points for exercise in classroom.exercises(notebook))
    written = sum(map(int, classroom.REPORT.findall(text(notebook))))
    assert f"**Points:** {checked} for the" in text(notebook) and f", {written} for the report" in text(notebook)
    course = open_course(path.stem, notebook)
    assert course.marks("solver", course.notebook("source")) == (checked, checked + written)
    assert course.marks("sleeper", course.notebook("release")) == (0, checked + written)
