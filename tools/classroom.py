"""Make three editions of each notebook that has exercises, and put them into one zip: ``make classroom``.

The source is the book's own notebook: an exercise is a code cell ``name = ...`` with its ``check``, and its solution
lies folded between ``<details><summary>Solution</summary>`` and ``</details>`` in the Markdown below. Out of it come

- ``student/``: the solutions and all outputs taken out; the checks stay, so that each answer gets its hint at once;
- ``instructor/``: the solutions put in, each with its explanation;
- ``nbgrader/``: a course's ``source`` folder. The same checks judge an answer three times over, in hidden tests.

Points: 3 for an exercise that asks for a function, 2 for any other, unless the line with the dots says ``# 8 points``;
a report says its own.
"""

import copy
import re
import shutil
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import nbformat
from nbformat import NotebookNode
from notebooks import ROOT, chapters, repository

OUT = ROOT / "_build" / "classroom"
ASSIGNMENTS = ROOT / "book" / "classroom" / "assignments"
CHECK = re.compile(r'^check\("(A?\d+\.\d+)", (\w+)\)', re.M)
SOLUTION = re.compile(r"<details>\s*<summary>Solution.*?</summary>(.*?)</details>\s*", re.S)
CODE = re.compile(r"```python\n(.*?)```", re.S)
REPORT = re.compile(r"<!-- report: (\d+) points -->\s*")
LINK = re.compile(r"\]\((?!https?:|#|attachment:)([^)\s]+)\)")
CONFIG = '''\
"""The settings of an nbgrader course. Run `nbgrader generate_assignment NAME` in this folder."""

c = get_config()  # noqa: F821
c.CourseDirectory.course_id = "wasserstein-gans-computed"
c.ClearSolutions.code_stub = {"python": "# Replace the dots, or write your answer here."}
c.ExecutePreprocessor.timeout = 600  # seconds for a cell: some train
'''
START_HERE = """\
# Wasserstein GANs, computed: the classroom

- `student/` to hand out: notebooks without solutions. Each opens in Colab, JupyterLab or Jupyter Notebook.
- `instructor/` to teach from: the same with every solution and its explanation.
- `nbgrader/` a course folder: `cd nbgrader`, then `nbgrader generate_assignment 05-clipping`, collect, `nbgrader
  autograde 05-clipping`. It needs `wgan_lib` in the grader's Python: `pip install {url}/archive/{branch}.zip`

How to teach with them: the book's page "Teaching with this book".
"""


@dataclass
class Exercise:
    """Where an exercise stands in a notebook, and what solves it."""

    number: str  # "5.1"
    name: str  # the variable that holds the answer
    cell: int
    solution: str
    stated: int = 0  # points

    @property
    def points(self) -> int:
        """Say what it is worth."""
        if self.stated:
            return self.stated
        return 3 if re.search(rf"^def {self.name}\(|^{self.name} = lambda", self.solution, re.M) else 2


def exercises(notebook: NotebookNode) -> Iterator[Exercise]:
    """Find each exercise, with the solution that lies folded in the cell below it."""
    for at, cell in enumerate(notebook.cells):
        if cell.cell_type == "code" and (found := CHECK.search(cell.source)):
            number, name = found.groups()
            folded = SOLUTION.match(notebook.cells[at + 1].source) if at + 1 < len(notebook.cells) else None
            code = CODE.search(folded[1]) if folded else None
            if not code:
                raise ValueError(f"exercise {number}: expected a folded solution with a python block in the cell below")
            dots = re.search(rf"^{name} = \.\.\.(?:.*?(\d+) points)?", cell.source, re.M)
            if not dots:
                raise ValueError(f"exercise {number}: expected a line `{name} = ...` to replace")
            yield Exercise(number, name, at, code[1].strip(), int(dots[1] or 0))


def student(notebook: NotebookNode) -> NotebookNode:
    """Return the notebook without its solutions and without what it printed."""
    edition = copy.deepcopy(notebook)
    for cell in edition.cells:
        if cell.cell_type == "markdown":
            cell.source = _unsolved(cell.source)
        else:
            cell.outputs, cell.execution_count = [], None
    edition.cells = [cell for cell in edition.cells if cell.source.strip()]
    edition.metadata.pop("widgets", None)
    return edition


def _unsolved(source: str) -> str:
    return SOLUTION.sub("", source).replace(" Solutions are folded below each.", "")


def instructor(notebook: NotebookNode) -> NotebookNode:
    """Return the notebook with each solution in its place, and what it says of the solution open below."""
    edition = copy.deepcopy(notebook)
    for exercise in exercises(notebook):
        cell = edition.cells[exercise.cell]
        cell.source = with_answer(cell.source, exercise, exercise.solution)
        cell.outputs = [nbformat.v4.new_output("stream", text=f"Exercise {exercise.number}: right.\n")]
    for cell in edition.cells:
        if cell.cell_type == "markdown":
            cell.source = SOLUTION.sub(lambda found: CODE.sub("", found[1]).strip() + "\n\n", cell.source).strip()
    edition.cells = [cell for cell in edition.cells if cell.source]
    return edition


def assignment(notebook: NotebookNode) -> NotebookNode:
    """Return nbgrader's source: solutions between its markers, and each exercise's check once more as a hidden test."""
    found = {exercise.cell: exercise for exercise in exercises(notebook)}
    edition, cells = student(notebook), []
    for at, cell in enumerate(notebook.cells):
        if at in found:
            cells += _graded(cell, found[at])
        elif cell.cell_type == "markdown" and (points := REPORT.search(cell.source)):
            cells.append(_reported(cell, int(points[1]), at))
        elif source := _unsolved(cell.source).strip():
            new = nbformat.v4.new_markdown_cell if cell.cell_type == "markdown" else nbformat.v4.new_code_cell
            cells.append(new(source, id=cell.id, metadata=cell.metadata))
    edition.cells = cells
    return edition


def _graded(cell: NotebookNode, exercise: Exercise) -> list[NotebookNode]:
    """Return a cell for the answer and one for its test."""
    number, name = exercise.number, exercise.name
    dots = re.search(rf"^{name} = \.\.\..*$", cell.source, re.M)[0]
    between = f"{dots}\n### BEGIN SOLUTION\n{exercise.solution}\n### END SOLUTION"
    answer = with_answer(CHECK.sub("", cell.source).strip(), exercise, between)
    test = (
        f'check("{number}", {name})\n### BEGIN HIDDEN TESTS\nfrom wgan_lib.checks import grade\n\n'
        f'grade("{number}", {name})\n### END HIDDEN TESTS'
    )
    return [
        _marked(nbformat.v4.new_code_cell(answer, id=f"{cell.id}-answer"), f"answer-{number}", solution=True),
        _marked(
            nbformat.v4.new_code_cell(test, id=f"{cell.id}-test"),
            f"test-{number}",
            grade=True,
            locked=True,
            points=exercise.points,
        ),
    ]


def _reported(cell: NotebookNode, points: int, at: int) -> NotebookNode:
    """Return a cell for a piece of writing, which a person marks."""
    written = nbformat.v4.new_markdown_cell(REPORT.sub("", _unsolved(cell.source)).strip(), id=cell.id)
    return _marked(written, f"report-{at}", grade=True, solution=True, points=points)


def _marked(cell: NotebookNode, grade_id: str, **marks: bool | int) -> NotebookNode:
    """Return the cell with nbgrader's metadata (schema version 3)."""
    plain = {"grade": False, "solution": False, "locked": False, "task": False, "schema_version": 3}
    cell.metadata["nbgrader"] = plain | {"grade_id": grade_id.replace(".", "-")} | marks
    return cell


def with_answer(source: str, exercise: Exercise, by: str) -> str:
    """Return an exercise's cell with an answer in place of the dots."""
    return re.sub(rf"^{exercise.name} = \.\.\..*$", lambda _: by, source, count=1, flags=re.M)


def read(path: Path) -> NotebookNode:
    """Return a notebook whose links to the book's files lead to the repository: elsewhere there are none beside it."""
    notebook, place = nbformat.read(path, as_version=4), repository()

    def absolute(found: re.Match) -> str:
        target = (path.parent / found[1]).resolve().relative_to(ROOT)
        return f"]({place['url']}/blob/{place['branch']}/{target.as_posix()})"

    notebook.cells = [part for cell in notebook.cells for part in _parts(cell)]
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            cell.source = LINK.sub(absolute, cell.source)
    return notebook


def _parts(cell: NotebookNode) -> list[NotebookNode]:
    """Cut a Markdown cell before each report in it: nbgrader marks whole cells."""
    if cell.cell_type != "markdown" or not REPORT.search(cell.source):
        return [cell]
    sources = [part.strip() for part in re.split(r"(?=<!-- report:)", cell.source) if part.strip()]
    return [nbformat.v4.new_markdown_cell(part, id=f"{cell.id}-{at}") for at, part in enumerate(sources)]


def sources() -> list[Path]:
    """Return the notebooks with exercises: the chapters, then the assignments."""
    return [path for path in chapters() if "check(" in path.read_text("utf-8")] + sorted(ASSIGNMENTS.glob("*.ipynb"))


def editions(path: Path) -> dict[str, str]:
    """Return the three editions of one notebook, by their place in the zip."""
    notebook, name = read(path), path.stem
    made = {
        f"student/{name}.ipynb": student(notebook),
        f"instructor/{name}.ipynb": instructor(notebook),
        f"nbgrader/source/{name}/{name}.ipynb": assignment(notebook),
    }
    return {place: nbformat.writes(edition) + "\n" for place, edition in made.items()}


def main() -> None:
    """Write all editions into `_build/classroom`, and the zip beside it."""
    files = {"START-HERE.md": START_HERE.format(**repository()), "nbgrader/nbgrader_config.py": CONFIG}
    for path in sources():
        files |= editions(path)
    shutil.rmtree(OUT, ignore_errors=True)
    archive = OUT.with_suffix(".zip")
    archive.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, text in sorted(files.items()):
            (OUT / name).parent.mkdir(parents=True, exist_ok=True)
            (OUT / name).write_text(text, encoding="utf-8")
            packed.writestr(zipfile.ZipInfo(f"wgan-classroom/{name}"), text, zipfile.ZIP_DEFLATED)  # no date in it
    print(f"{len(sources())} notebooks in three editions: {archive.relative_to(ROOT)}")


if __name__ == "__main__":
    main()
