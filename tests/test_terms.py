"""Terms: the glossary is whole, the first use on a page leads to it, and a card shows its line."""

import re
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "book" / "_ext"))

import terms  # noqa: E402 (the book's extensions are no package)

BOOK = ROOT / "_build" / "html" / "book"
GLOSSARY = BOOK / "appendix" / "glossary.html"
CHAPTERS = sorted(BOOK.glob("*/[0-9][0-9]-*.html"))
ENTRY = re.compile(r'((?:<dt id="term-[^"]+">(?:.(?!</dt>))*.</dt>)+)<dd>(.*?)</dd>', re.S)
LINK = re.compile(r'<a class="term [^>]*href="[^"]*#(term-[^"]+)"[^>]*>(.*?)</a>', re.S)


@pytest.mark.parametrize(
    ("term", "word"),
    [
        ("critic", "Critics"),
        ("gradient penalty", "gradient penalties"),
        ("c-transform", "C-transform"),
        ("batch norm", "batch-norm"),
        ("Jensen–Shannon divergence", "Jensen-Shannon divergence"),
        ("Earth Mover's distance", "earth mover’s distance"),
        ("FID", "FIDs"),
    ],
)
def test_a_term_is_known_in_its_forms(term, word):
    """The plural, a capital at the start, one dash for another."""
    assert re.fullmatch(terms.form(term), word)


@pytest.mark.parametrize(("term", "word"), [("IS", "is"), ("R1", "r1"), ("KL", "kl"), ("critic", "critical")])
def test_a_word_that_only_looks_like_a_term(term, word):
    """An acronym is written in capitals; a longer word is another word."""
    assert not re.fullmatch(terms.form(term), word)


def test_every_entry_is_whole():
    """Chinese beside English, a line that says what it is, and the chapter that says it first; in order."""
    entries = ENTRY.findall(GLOSSARY.read_text("utf-8"))
    assert len(entries) >= 65
    names = []
    for names_html, body in entries:
        name = re.sub("<[^>]+>", "", re.search(r">(.*?)<a class", names_html, re.S)[1])
        names.append(re.sub(r"\\\W", "", name).lower())
        facts, line = re.match(r'<p class="term-facts">(.*?)</p>\s*<p>(.*?)</p>', body, re.S).groups()
        assert re.search(r'<span lang="zh">[^<]*[\u4e00-\u9fff]', facts) or "Sinkhorn" in name, name
        assert re.search(r'class="first-use [^>]*href="[^"]+#[^"]+">first in \d\d<', facts), name
        assert len(re.sub("<[^>]+>", "", line)) >= 40, name
    assert names == sorted(names)


def test_a_chapter_links_each_term_once():
    """Every chapter has its terms, none twice."""
    assert len(CHAPTERS) >= 12
    for page in CHAPTERS:
        anchors = [anchor for anchor, _ in LINK.findall(page.read_text("utf-8"))]
        assert len(anchors) >= (3 if "scoreboard" in page.stem else 8), page.name
        assert len(anchors) == len(set(anchors)), page.name


def test_no_term_is_linked_where_it_would_disturb():
    """Not in a heading, a formula, code, another link or a summary."""
    for page in CHAPTERS:
        text = page.read_text("utf-8")
        for closed in (r"<h\d.*?</h\d>", r"<code.*?</code>", r"<pre.*?</pre>", r"<summary.*?</summary>"):
            assert not any("#term-" in part for part in re.findall(closed, text, re.S)), (page.name, closed)
        assert not re.search(r"<a [^>]*>(?:(?!</a>).)*<a ", text, re.S), page.name


def test_every_card_is_in_the_page():
    """A page on a disk cannot ask for another page: the cards of its terms and papers come with it."""
    for page in CHAPTERS:
        text = page.read_text("utf-8")
        cards = set(re.findall(r'<template data-card="([^"]+)"', text))
        wanted = set(re.findall(r'href="([^"]*glossary\.html#term-[^"]+|[^"]*references\.html#cite-[^"]+)"', text))
        assert wanted <= cards, page.name


@pytest.fixture
def chapter(browser):
    """Open a chapter from the disk."""
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    page.goto((BOOK / "distances" / "02-duality.html").as_uri())
    yield page
    page.close()


def test_a_card_comes_and_goes_by_keyboard(chapter):
    """It shows on focus, says what it describes, stays inside the window, and Escape closes it."""
    link, card = chapter.locator("a.term").first, chapter.locator("#hover-card")
    chapter.keyboard.press("Tab")  # so that the browser knows of a keyboard
    link.focus()
    card.wait_for(state="visible")
    assert link.get_attribute("aria-describedby") == "hover-card"
    assert link.inner_text().lower()[:6] in card.inner_text().lower()
    box = card.bounding_box()
    assert box["x"] >= 0 and box["x"] + box["width"] <= 1280
    chapter.keyboard.press("Escape")
    card.wait_for(state="hidden")
    assert link.get_attribute("aria-describedby") is None


def test_a_card_comes_by_pointer_and_can_be_entered(chapter):
    """The pointer may move onto the card to read on; elsewhere it goes."""
    link, card = chapter.locator("a.term").first, chapter.locator("#hover-card")
    link.hover()
    card.wait_for(state="visible")
    card.hover()
    chapter.wait_for_timeout(500)
    assert card.is_visible()
    chapter.mouse.move(1270, 5)
    card.wait_for(state="hidden")


def test_a_first_tap_shows_a_second_follows(browser):
    """On a touch screen nothing hovers."""
    context = browser.new_context(viewport={"width": 390, "height": 844}, has_touch=True, reduced_motion="reduce")
    page = context.new_page()
    page.goto((BOOK / "distances" / "02-duality.html").as_uri())
    link, card = page.locator("a.term").first, page.locator("#hover-card")
    link.tap()
    card.wait_for(state="visible")
    assert "02-duality" in page.url
    assert card.evaluate("card => getComputedStyle(card).animationName") == "none"
    box = card.bounding_box()
    assert box["x"] >= 0 and box["x"] + box["width"] <= 390
    link.tap()
    page.wait_for_url("**/glossary.html#term-*")
    context.close()
