"""A chapter on paper: what a teacher hands out. The PDF is read back by asking the page itself, laid out for print."""

import re
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tools"))

import pdf  # noqa: E402

HTML = ROOT / "_build" / "html"
CHAPTERS = sorted(path.relative_to(HTML).as_posix() for path in (HTML / "book").glob("*/[0-9]*.html"))
SHEET = {"width": 658, "height": 974}  # the text of an A4 page, 174 by 258 mm, in CSS pixels
VISIBLE = """selector => [...document.querySelectorAll(selector)].filter(
    element => element.getBoundingClientRect().height > 0 && element.checkVisibility()
).map(element => element.outerHTML.slice(0, 100))"""
TOO_WIDE = """width => [...document.querySelectorAll("article *")].filter(
    element => !element.closest("math, svg") && element.getBoundingClientRect().right > width + 2
).map(element => element.outerHTML.slice(0, 120))"""
TOO_TALL = """height => [...document.querySelectorAll("article :is(img, figure)")].filter(
    element => element.getBoundingClientRect().height > height).map(element => element.outerHTML.slice(0, 120))"""
COLOURS = """() => [...document.querySelectorAll("article :is(h1, h2, p, li, pre, a, td)")].filter(
    element => element.checkVisibility()).map(element => getComputedStyle(element).color)"""
WAYS = "nav, button, footer, .bd-sidebar-primary, .bd-sidebar-secondary, .headerlink, .all-code, input, select"


@pytest.fixture
def paper(browser):
    """Return a function that opens a chapter as it is printed, in light or dark."""
    context = browser.new_context(viewport=SHEET)

    def open_page(name, theme="light"):
        page = context.new_page()
        page.emulate_media(media="print", color_scheme=theme)
        page.goto((HTML / name).as_uri(), wait_until="load")
        page.evaluate("theme => document.documentElement.dataset.theme = theme", theme)
        return page

    yield open_page
    context.close()


def pages_of(file):
    """Count the pages of a PDF that Chromium wrote."""
    return len(re.findall(rb"/Type\s*/Page\b(?!s)", file.read_bytes()))


def test_there_are_chapters():
    """Without them there would be nothing to fail."""
    assert len(CHAPTERS) >= 12, "make book first"


@pytest.mark.parametrize("name", CHAPTERS)
def test_a_chapter_on_paper(paper, name):
    """No ways through the book, no solutions, no code that was folded; nothing cut, and black on white in the dark."""
    page = paper(name)
    assert page.evaluate(VISIBLE, WAYS) == []
    assert page.evaluate(VISIBLE, "details:not([open], .predict, .exercise, .grounds, .reading, .aims)") == []
    assert page.evaluate(VISIBLE, "details.predict > :not(summary)") == []
    assert page.evaluate(TOO_WIDE, SHEET["width"]) == []
    assert page.evaluate(TOO_TALL, SHEET["height"]) == []
    text, colours = page.inner_text("article"), page.evaluate(COLOURS)
    dark = paper(name, "dark")
    assert dark.inner_text("article") == text and dark.evaluate(COLOURS) == colours
    assert dark.evaluate("() => getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"


def test_make_pdf(browser, tmp_path):
    """A chapter is a dozen or two of pages, with its title at their heads and as the name of the document."""
    file = tmp_path / "chapter.pdf"
    page = browser.new_page()
    page.goto((HTML / next(name for name in CHAPTERS if "05-" in name)).as_uri())
    pdf.print_page(page, file)
    page.close()
    assert 8 <= pages_of(file) <= 24
    assert "05-clipping" in str(pdf.page_of("5")) and pdf.page_of("05") == pdf.page_of("5")


@pytest.mark.parametrize("number", ["99", "nonsense"])
def test_a_chapter_that_is_not_there(number):
    """It is said in one line."""
    with pytest.raises(SystemExit, match="make pdf N=05"):
        pdf.page_of(number)


def test_without_chromium(monkeypatch):
    """What to install is said in one line."""
    monkeypatch.setattr(pdf.shutil, "which", lambda name: None)
    with pytest.raises(SystemExit, match="apt install chromium"):
        pdf.chromium()
