"""The teacher's guide is true: exercises and figures exist, numbers are the book's, links start the laboratory."""

import html
import json
import re
import sys
from pathlib import Path
from urllib.parse import parse_qs

import pytest

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tools"))

import challenge  # noqa: E402
import classroom  # noqa: E402
from notebooks import chapters, repository  # noqa: E402

FOLDER = ROOT / "book" / "classroom"
HTML = ROOT / "_build" / "html" / "book"
GUIDE = (FOLDER / "teaching.md").read_text("utf-8")
PAGE = (FOLDER / "assignments.md").read_text("utf-8")
CHAPTERS = {path.stem[:2]: path.read_text("utf-8") for path in chapters() if path.stem[:2].isdigit()}
LESSONS = dict(re.findall(r"^### (\d\d) · [^\n]*\n(.*?)(?=^##)", GUIDE, re.M | re.S))
FIGURES = r"Figures? \d+\.\d+(?:(?:, | and )\d+\.\d+)*"
LINK = r"\{lab\}`[^<`]+<([^>`]+)>`"
BENCHES = re.findall(LINK, GUIDE)
SHOWN = """() => Object.fromEntries([...document.querySelectorAll(".play-settings label")].map((label) => [
    label.querySelector("span").textContent,
    label.hidden ? null : (label.querySelector("select") ?? label.querySelector("output")).value,
]))"""


def test_each_chapter_has_its_lesson():
    """A misconception, a question with wrong answers, and at least two questions to discuss."""
    assert sorted(LESSONS) == sorted(CHAPTERS)
    for number, lesson in LESSONS.items():
        words = ("**What students believe.**", "**Ask.**", "Expect ", "**In the laboratory:**")
        assert [word for word in words if word not in lesson] == [], number
        assert len(re.findall(r"^- \*[^*]+\?\*", lesson, re.M)) >= 2, number


def test_every_exercise_that_the_guide_names_exists():
    known = {found[1] for text in CHAPTERS.values() for found in re.finditer(r'check\(\\"(\d+\.\d+)\\"', text)}
    courses = GUIDE[GUIDE.index("## Ninety minutes") : GUIDE.index("## Chapter by chapter")]
    named = set(re.findall(r"(?<![\w.])(\d{1,2}\.\d)(?![\d.])", re.sub(rf"{FIGURES}|{LINK}", "", courses)))
    named |= set(re.findall(r"exercises? (\d{1,2}\.\d)", GUIDE))
    assert len(named) > 25
    assert named - known - {"0.2"} == set()  # a slope


def test_every_figure_that_the_guide_names_exists():
    pages = {page.stem[:2]: page.read_text("utf-8") for page in HTML.glob("*/[01]*.html")}
    named = re.findall(r"\d+\.\d+", " ".join(re.findall(FIGURES, GUIDE)))
    assert len(named) > 30
    missing = [
        name for name in named if f'id="figure-{name.replace(".", "-")}"' not in pages[f"{int(float(name)):02d}"]
    ]
    assert missing == []


@pytest.mark.parametrize("number", sorted(LESSONS))
def test_a_lessons_numbers_are_those_that_its_chapter_prints(number):
    """Numbers with a point, and percentages, stand in the chapter's notebook as well."""
    told = re.sub(rf"{LINK}|{FIGURES}|exercise \d+\.\d+", "", LESSONS[number])
    numbers = re.findall(r"(?<![\w.])\d+\.\d+|\d+(?= %)", told)
    strange = [each for each in numbers if not re.search(rf"(?<![\d.]){re.escape(each)}(?!\d)", CHAPTERS[number])]
    assert strange == []


@pytest.fixture(scope="module")
def bench(browser):
    """Open the laboratory with settings, and return what it shows of them."""
    page = browser.new_page()
    page.goto((HTML / "critics" / "lab.html").as_uri())

    def opened(settings):
        page.goto("about:blank")
        page.goto(f"{(HTML / 'critics' / 'lab.html').as_uri()}#{settings}")
        page.wait_for_selector(".play-settings select")
        return page.evaluate(SHOWN)

    yield opened
    page.close()


def test_each_link_into_the_laboratory_starts_it_with_its_settings(bench):
    """What the address says is what the page shows; a setting that makes no sense would be left at its usual."""
    titles = dict(re.findall(r'"?([\w-]+)"?: \{\s*title: "([^"]+)"', (ROOT / "book/play/game.js").read_text("utf-8")))
    assert len(BENCHES) >= 15
    page = (HTML / "classroom" / "teaching.html").read_text("utf-8")
    assert [html.unescape(each) for each in re.findall(r'href="\.\./critics/lab\.html#([^"]+)"', page)] == BENCHES
    for settings in BENCHES:
        wanted = {name: values[0] for name, values in parse_qs(settings, strict_parsing=True).items()}
        shown = bench(settings)
        assert shown["real points"] == wanted["data"], settings
        assert wanted["method"] in titles and shown["critic"] == wanted["method"], settings
        strengths = [float(shown[name]) for name in ("λ", "c", "γ") if shown.get(name)]
        assert strengths == [float(wanted["strength"])] if "strength" in wanted else True, settings
        steps = "critic steps to one of the generator"
        assert (shown[steps], shown["seed"]) == (wanted.get("criticSteps", "5"), wanted["seed"]), settings


# The assignments' page


@pytest.mark.parametrize("path", sorted(classroom.ASSIGNMENTS.glob("*.ipynb")), ids=lambda path: path.stem)
def test_the_page_says_what_an_assignment_is_worth_and_opens_it_in_colab(path):
    notebook = classroom.read(path)
    exercises = list(classroom.exercises(notebook))
    written = sum(int(found[1]) for cell in notebook.cells for found in classroom.REPORT.finditer(cell.source))
    (row,) = [line for line in PAGE.splitlines() if line.startswith(f"| **{path.stem[1]} · ")]
    numbers = {8: "eight exercises", 5: "five tools"}[len(exercises)]
    assert f"{sum(each.points for each in exercises)} for {numbers}, {written} for the report" in row
    place = repository()
    github = place["url"].removeprefix("https://github.com/")
    file = path.relative_to(ROOT).as_posix()
    address = f"https://colab.research.google.com/github/{github}/blob/{place['branch']}/{file}"
    assert f'href="{address}"' in (HTML / "classroom" / "assignments.html").read_text("utf-8")
    assert "colab.research" not in PAGE + GUIDE and github not in PAGE + GUIDE


def test_the_rubric_is_that_of_the_project():
    points = [int(each) for each in re.findall(r"^\| \d\. [^|]+ \| (\d+) \|", PAGE, re.M)]
    source = json.loads((classroom.ASSIGNMENTS / "A3-mnist.ipynb").read_text("utf-8"))
    text = "".join("".join(cell["source"]) for cell in source["cells"])
    assert points == [int(each) for each in classroom.REPORT.findall(text)]


def test_the_rules_are_those_that_the_judge_keeps(capsys, monkeypatch):
    monkeypatch.setattr(sys, "argv", ["challenge.py", "--help"])
    with pytest.raises(SystemExit):
        challenge.main()
    options = capsys.readouterr().out
    for option in re.findall(r"`(--\w+)`", PAGE[PAGE.index("## The challenge") :]):
        assert option in options
    rules = " ".join(PAGE.split())
    assert f"{challenge.BATCH} fresh real points" in rules
    assert f"{challenge.MOST_PARAMETERS:,} parameters" in rules
    assert f"{challenge.ROUNDS} times {challenge.JUDGED:,} generated points" in rules
