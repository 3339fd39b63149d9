"""What every committed notebook keeps to, besides printing the same again (which nbval checks)."""

import base64
import re
import sys
from pathlib import Path

import nbformat
import pytest

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tools"))

from notebooks import chapters, colab_source, minutes  # noqa: E402

MEGABYTE = 1e6
INTRO = ROOT / "book" / "intro.md"
PATH = re.compile(r"/(?:home|root|Users|tmp|work|content)/|[A-Z]:\\\\|site-packages|ipykernel_\d+")


@pytest.fixture(params=chapters(), ids=lambda path: path.stem)
def path(request):
    """Return one chapter after the other."""
    return request.param


@pytest.fixture
def notebook(path):
    """Return its content."""
    return nbformat.read(path, as_version=4)


def outputs(notebook):
    """Return all outputs."""
    return [output for cell in notebook.cells for output in cell.get("outputs", [])]


def code(notebook):
    """Return the code cells."""
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def test_it_was_run_from_top_to_bottom_without_an_error(notebook):
    """A reader sees outputs, in order."""
    assert [cell.execution_count for cell in code(notebook)] == list(range(1, len(code(notebook)) + 1)), (
        "make notebooks"
    )
    assert [output.evalue for output in outputs(notebook) if output.output_type == "error"] == []
    assert [output.text for output in outputs(notebook) if output.get("name") == "stderr"] == []


def test_it_names_no_place_and_no_time(notebook):
    """Outputs and metadata are the same wherever they are made."""
    assert [cell.source for cell in notebook.cells if PATH.search(cell.source)] == []
    texts = [output.get("text", "") + output.get("data", {}).get("text/plain", "") for output in outputs(notebook)]
    assert [text for text in texts if PATH.search(text) or " at 0x" in text] == []
    assert set(notebook.metadata) <= {"kernelspec", "language_info", "widgets"}
    assert [cell.id for cell in notebook.cells if "execution" in cell.metadata] == []


def test_every_picture_says_what_it_shows(notebook):
    """Alt text, and more of it than a file name."""
    for output in outputs(notebook):
        for kind in output.get("data", {}):
            if kind.startswith("image/"):
                assert len(output.metadata.get(kind, {}).get("alt", "").split()) >= 4


def test_every_picture_is_one_that_a_page_can_carry(notebook):
    """A drawing stays below a quarter of a megabyte, a picture below half a one, a film below one and a half."""
    for output in outputs(notebook):
        for kind, limit in (("image/svg+xml", 0.25), ("image/png", 0.5), ("image/gif", 1.5)):
            content = output.get("data", {}).get(kind, "")
            assert len(content if content.startswith("<svg") else base64.b64decode(content)) <= limit * MEGABYTE


def test_it_begins_with_a_title_and_the_cell_for_colab(notebook, path):
    """A chapter's number is that of its file; the Colab cell comes from _config.yml and is hidden in the page."""
    title = next(cell.source for cell in notebook.cells if cell.cell_type == "markdown").splitlines()[0]
    assert title.startswith(f"# {path.name[:2]} " if path.name[0].isdigit() else "# ")  # an appendix has none
    first = code(notebook)[0]
    assert first.source == colab_source(), "make notebooks"
    assert "remove-cell" in first.metadata.tags
    assert first.outputs == []


def test_it_is_small_and_its_widgets_are_stored(notebook, path):
    """A page loads quickly, and its sliders work with no kernel."""
    assert path.stat().st_size < 3 * MEGABYTE
    shown = [
        output for output in outputs(notebook) if "application/vnd.jupyter.widget-view+json" in output.get("data", {})
    ]
    state = notebook.metadata.get("widgets", {}).get("application/vnd.jupyter.widget-state+json", {}).get("state", {})
    assert all(output.data["application/vnd.jupyter.widget-view+json"]["model_id"] in state for output in shown)


def test_its_text_reads_in_colab_too(notebook):
    """No MyST directive or role, only Markdown, LaTeX and <details>; every <details> is closed."""
    text = "\n".join(
        re.sub(r"```.*?```", "", cell.source, flags=re.S) for cell in notebook.cells if cell.cell_type == "markdown"
    )
    assert re.findall(r"^:::|^```\{|\{[a-z:]+\}`", text, flags=re.M) == []
    assert text.count("<details") == text.count("</details>")
    assert len(re.findall(r"^# ", text, flags=re.M)) == 1, "one title"


def test_code_that_is_folded_says_what_it_does(notebook):
    """A form on Colab, with a title; and the code of an exercise is never folded."""
    for cell in code(notebook):
        if "hide-input" in cell.metadata.get("tags", []):
            assert re.match(r"# @title \S", cell.source), cell.source
            assert cell.metadata.get("cellView") == "form", "make notebooks"
            assert "check(" not in cell.source


def test_code_that_draws_or_judges_is_folded(notebook):
    """What teaches stays open: a cell that shows a figure or a claim does nothing else, and is folded."""
    open_cells = [cell.source for cell in code(notebook) if "hide-input" not in cell.metadata.get("tags", [])]
    assert [source for source in open_cells if re.search(r"figures\.show|widgets\.slider|^claim\(", source, re.M)] == []


def test_it_says_how_long_it_takes(notebook):
    """The minutes stated before its first section, beside the first picture, are those of `minutes`."""
    text = "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown").split("\n## ")[0]
    stated = re.search(r"\*\*Time:?\*\*:? [Aa]bout (\d+) minutes", text)
    assert stated and int(stated[1]) == minutes(notebook)


def test_the_front_page_says_how_long_each_chapter_takes():
    """Its table has every chapter, with the minutes that the chapter itself states."""
    rows = re.findall(r"^\| \[\d\d [^\]]*\]\(([^)]+)\) \|.*\| (\d+) \|$", INTRO.read_text(encoding="utf-8"), re.M)
    numbered = [path for path in chapters() if path.name[0].isdigit()]
    expected = [(path, minutes(nbformat.read(path, as_version=4))) for path in numbered]
    assert [((INTRO.parent / f"{name}.ipynb").resolve(), int(stated)) for name, stated in rows] == expected
