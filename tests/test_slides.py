"""Slides: every figure and every question of a chapter once, in a deck that needs nothing but a browser."""

import re
import sys
from pathlib import Path

import nbformat
import pytest

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tools"))

import slides  # noqa: E402
from notebooks import chapters  # noqa: E402

CHAPTERS = [path for path in chapters() if path.stem[:2].isdigit()]
READY = "() => document.fonts.ready.then(() => new Promise((done) => setTimeout(done)))"
PLACE = "() => [document.querySelector('output').textContent, document.querySelector('section.now').className]"
OVERFULL = """() => [...document.querySelectorAll("section")].filter(({ firstElementChild: slide }) =>
    slide.scrollHeight > slide.clientHeight + 1 || slide.scrollWidth > slide.clientWidth + 1
).map((section) => section.textContent.slice(0, 80))"""


@pytest.fixture(scope="module", params=CHAPTERS, ids=lambda path: path.stem)
def chapter(request):
    """Return a chapter's notebook, and its slides."""
    notebook = nbformat.read(request.param, as_version=4)
    return notebook, slides.slides(notebook), slides.deck(notebook)


def cards(notebook):
    """Return the questions of a chapter, before its summary."""
    text = "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")
    return re.findall(r'<details class="predict"><summary>(.*?)</summary>', text, re.S)


def alts(notebook):
    """Return for each figure its alt text, or that of the first of its pictures."""
    found = []
    for output in (output for cell in notebook.cells for output in cell.get("outputs", [])):
        words = [output.metadata[kind]["alt"] for kind in output.get("data", {}) if kind.startswith("image/")]
        found += words or (["slider"] if slides.VIEW in output.get("data", {}) else [])
    return found


def test_a_deck_shows_every_figure_once_and_in_its_order(chapter):
    notebook, made, page = chapter
    shown = [slide for slide in made if slide.kind == "figure"]
    assert ["slider" if slide.label else slide.pictures[0].alt for slide in shown] == alts(notebook)
    number = int(made[0].text[2:4])
    numbers = re.findall(r'class="number">Figure ([\d.]+)<', page)
    assert numbers == [f"{number}.{count}" for count in range(1, len(shown) + 1)]


def test_a_deck_asks_every_question_and_its_answer_comes_a_step_later(chapter):
    notebook, made, _ = chapter
    assert [slide.question for slide in made if slide.kind == "ask"] == cards(notebook)
    answered = [slide.question for slide in made if slide.answer]
    assert answered == cards(notebook)
    for ask, after in zip(made, made[1:], strict=False):
        if ask.kind == "ask" and not ask.answer:
            assert after.kind == "figure" and after.question == ask.question


def test_the_number_of_slides_is_what_the_chapter_holds(chapter):
    notebook, made, page = chapter
    summaries = [slide for slide in made if slide.kind == "summary"]
    points = sum(slide.text.count("\n") + 1 for slide in summaries)
    assert all(slide.text.count("\n") < slides.POINTS for slide in summaries)
    assert points == len(re.findall(r"^- ", notebook.cells[-1].source.split("## Sources")[0], re.M))
    assert page.count("<section ") == 2 + len(cards(notebook)) + len(alts(notebook)) + len(summaries)


def test_a_slider_is_steps_from_its_first_value_to_its_last(chapter):
    notebook, made, _ = chapter
    states = notebook.metadata.get("widgets", {}).get(slides.WIDGETS, {}).get("state", {}).values()
    values = [each["state"]["_options_labels"] for each in states if each["model_name"] == "SelectionSliderModel"]
    shown = [[picture.value for picture in slide.pictures] for slide in made if slide.label]
    assert sorted(steps[0] for steps in shown) == sorted(each[0] for each in values)
    assert sorted(steps[-1] for steps in shown) == sorted(each[-1] for each in values)
    assert sorted(map(len, shown)) == sorted(min(len(each), slides.STEPS) for each in values)


def test_a_deck_asks_for_nothing(chapter):
    *_, page = chapter
    assert "{{" not in page and "merror" not in page
    assert re.findall(r'(?:src|href)="(?!data:image/)[^"]{0,60}|url\("(?!data:font/)[^"]{0,60}|@import', page) == []


@pytest.fixture(scope="module")
def opened(chapter, browser, tmp_path_factory):
    """Open a deck from a file, and collect its complaints."""
    path = tmp_path_factory.mktemp("slides") / "deck.html"
    path.write_text(chapter[2], encoding="utf-8")
    page = browser.new_page(viewport={"width": 1280, "height": 720}, color_scheme="light")
    page.complaints = []
    page.on("console", lambda message: message.type == "error" and page.complaints.append(message.text))
    page.on("pageerror", lambda error: page.complaints.append(str(error)))
    page.on("request", lambda asked: asked.url.startswith(("file:", "data:")) or page.complaints.append(asked.url))
    page.goto(path.as_uri())
    page.evaluate(READY)
    yield page
    page.close()


def test_arrows_move_through_every_step_and_nothing_runs_over(chapter, opened):
    _, made, _ = chapter
    steps = sum(max(len(slide.pictures), 1) - 1 + bool(slide.answer) for slide in made)
    opened.evaluate("() => show(0)")
    assert opened.evaluate(PLACE) == [f"1 / {len(made)}", "title now"]
    assert opened.evaluate(OVERFULL) == []
    for _ in range(len(made) - 1 + steps):
        assert opened.evaluate(PLACE)[0] != f"{len(made)} / {len(made)}"
        opened.keyboard.press("ArrowRight")
    assert opened.evaluate(PLACE) == [f"{len(made)} / {len(made)}", "summary now"]
    opened.keyboard.press("ArrowLeft")
    opened.keyboard.press("Home")
    opened.keyboard.press("ArrowDown")
    assert opened.evaluate(PLACE) == [f"2 / {len(made)}", "opening now"]
    assert opened.complaints == []


def test_an_answer_is_hidden_until_it_is_asked_for(chapter, opened):
    _, made, _ = chapter
    at = next(at for at, slide in enumerate(made) if slide.answer)
    opened.evaluate(f"() => show({at})")
    answer = opened.locator("section.now .answer")
    assert not answer.is_visible()
    for _ in range(max(len(made[at].pictures), 1)):
        opened.keyboard.press("ArrowRight")
    assert answer.is_visible() and opened.evaluate(PLACE)[0] == f"{at + 1} / {len(made)}"


def test_a_printed_deck_has_a_page_for_each_slide(chapter, opened):
    pages = re.findall(rb"/Type\s*/Page\b", opened.pdf(prefer_css_page_size=True, print_background=True))
    assert len(pages) == len(chapter[1])


def test_night_shows_the_drawings_of_the_night(chapter, opened):
    _, made, _ = chapter
    drawn = [any(picture.day != picture.night for picture in slide.pictures) for slide in made]
    opened.evaluate(f"() => show({drawn.index(True)})")
    frame = opened.locator("section.now .frame:not([hidden])")
    assert frame.locator(".day").is_visible() and not frame.locator(".night").is_visible()
    opened.keyboard.press("d")
    assert frame.locator(".night").is_visible() and not frame.locator(".day").is_visible()
    assert opened.evaluate("() => getComputedStyle(document.body).backgroundColor") == "rgb(20, 23, 26)"
    opened.keyboard.press("d")
