"""What waits behind a line: it is there, it opens for whoever follows a link into it, and paper shows it."""

import html
import re
from pathlib import Path

import pytest

HTML = Path(__file__).resolve().parent.parent / "_build" / "html"
CHAPTERS = sorted(path.relative_to(HTML).as_posix() for path in (HTML / "book").glob("*/[0-9]*.html"))
CHAPTER = "book/critics/04-gan.html"
FOLDS = ".exercise, .grounds, .reading, .aims"


@pytest.fixture
def visit(browser):
    """Return a function that opens a page as a file, perhaps without scripts."""
    contexts = []

    def open_page(name, **options):
        contexts.append(browser.new_context(viewport={"width": 1440, "height": 900}, **options))
        page = contexts[-1].new_page()
        path, _, anchor = name.partition("#")
        page.goto(f"{(HTML / path).as_uri()}#{anchor}" if anchor else (HTML / path).as_uri())
        return page

    yield open_page
    for context in contexts:
        context.close()


def test_there_are_chapters():
    """Without them there would be nothing to fail."""
    assert len(CHAPTERS) >= 13, "make book first"


@pytest.mark.parametrize("name", CHAPTERS)
def test_every_exercise_and_every_claim_is_a_line_that_opens(name):
    """A line for each check of an exercise, in their order, and one for each claim."""
    page = (HTML / name).read_text("utf-8")
    checks = re.findall(
        r'\bcheck\(\s*"(\d+\.\d+)"', html.unescape(re.sub("<[^>]+>", "", page[page.index('id="exercises"') :]))
    )
    folds = re.findall(r'<details class="exercise" id="exercise-(\d+-\d+)">\s*<summary><strong>(\d+\.\d+)', page)
    assert [number for _, number in folds] == list(dict.fromkeys(checks)) and len(folds) >= 3
    assert [anchor.replace("-", ".") for anchor, _ in folds] == [number for _, number in folds]
    claims = re.findall(r'<div class="claim [^"]+" id="claim-[^"]+">\s*<details class="grounds">', page)
    assert len(claims) == page.count('<div class="claim ')
    assert page.count('<details class="aims">') == 1


@pytest.mark.parametrize("anchor", ["exercise-4-3", "claim-r1-converges-locally"])
@pytest.mark.parametrize("later", [False, True])
def test_a_link_opens_what_it_leads_to(visit, anchor, later):
    """From another page, and from the page itself."""
    page = visit(CHAPTER if later else f"{CHAPTER}#{anchor}")
    if later:
        assert page.evaluate(f"document.querySelectorAll('details:is({FOLDS})[open]').length") == 0
        page.evaluate("anchor => { location.hash = anchor; }", anchor)
    fold = page.locator(f"#{anchor}")
    page.wait_for_function(
        "anchor => document.getElementById(anchor).closest('details, .claim').matches('[open], :has([open])')",
        arg=anchor,
    )
    assert -2 <= fold.bounding_box()["y"] < 700


def test_what_is_searched_for_or_linked_opens_without_scripts_too(visit):
    """The browser itself opens a fold for what lies inside it."""
    page = visit(CHAPTER, java_script_enabled=False)
    page.locator("#exercise-4-3 > summary").click()
    assert page.locator("#exercise-4-3 .cell_input").is_visible()
    page.locator("#claim-r1-converges-locally summary").first.click()
    assert page.locator("#claim-r1-converges-locally p.ground").is_visible()


def test_the_switch_opens_what_holds_code(visit):
    page = visit(CHAPTER)
    page.get_by_role("switch", name="Show all code").check()
    assert page.locator("details.hide:not(:has(> :visible:not(summary)))").count() == 0
    assert page.locator("details.exercise[open]").count() == 0


def test_paper_shows_what_is_folded(visit):
    """A sheet for the hand has no line to tap on."""
    page = visit(CHAPTER)
    page.emulate_media(media="print")
    for part in ("#exercise-4-3 .cell_input", "#claim-r1-converges-locally p.ground", ".aims ul"):
        box = page.locator(part).first.bounding_box()
        assert box and box["height"] > 10, part
